/** Requests that peers find too large arrive nevertheless, in pieces. */
import { createServer } from 'http';
import type { AddressInfo } from 'net';
import * as grpc from '@grpc/grpc-js';
import { createPayload, type Payload } from '../pipeline/payload';
import { loopbackExporter, loopbackReceiver, type ExporterType } from '../testing/otlp-loopback';
import { findSpans, spans } from '../testing/span-builder';

const SPANS = 64;
const LIMIT = 1024 * 1024;
/** About 60 kB a span: four times the limit. */
const FILLER = 'x'.repeat(60_000);

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function largePayload(): { readonly payload: Payload; readonly ids: string[] } {
  const bytes = spans(Array.from({ length: SPANS }, (_, i) =>
    ({ trace: `t${i}`, span: `s${i}`, attributes: { filler: FILLER } })));
  return { payload: createPayload('traces', [bytes], SPANS), ids: idsIn([bytes]) };
}

function idsIn(requests: readonly Uint8Array[]): string[] {
  return requests.flatMap((bytes) => findSpans(bytes).map(({ spanId }) => spanId)).sort();
}

/** A peer: its endpoint, and the requests that it took. */
interface Peer {
  readonly endpoint: string;
  readonly taken: () => readonly Uint8Array[];
}

async function ownReceiver(type: ExporterType): Promise<Peer> {
  const { receiver, consumers } =
    loopbackReceiver({ max_recv_msg_size_mib: 1 }, { max_request_body_size: LIMIT });
  await receiver.start();
  ends.push(() => receiver.stop());
  const { grpc: grpcPort = 0, http: httpPort = 0 } = receiver.ports;
  return {
    endpoint: type === 'otlp_grpc' ? `127.0.0.1:${grpcPort}` : `http://127.0.0.1:${httpPort}`,
    taken: () => consumers.traces.payloads.flatMap(({ chunks }) => chunks),
  };
}

async function foreignGrpc(): Promise<Peer> {
  const taken: Buffer[] = [];
  const asIs = (bytes: Buffer): Buffer => bytes;
  const server = new grpc.Server({ 'grpc.max_receive_message_length': LIMIT });
  const handle: grpc.handleUnaryCall<Buffer, Buffer> = ({ request }, callback) => {
    taken.push(request);
    callback(null, Buffer.alloc(0));
  };
  server.addService({
    Export: {
      path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      requestStream: false as const,
      responseStream: false as const,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    },
  }, { Export: handle });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, got) => {
      if (error) reject(error); else resolve(got);
    });
  });
  ends.push(() => server.forceShutdown());
  return { endpoint: `127.0.0.1:${port}`, taken: () => taken };
}

async function foreignHttp(): Promise<Peer> {
  const taken: Buffer[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      if (body.length <= LIMIT) taken.push(body);
      response.writeHead(body.length > LIMIT ? 413 : 200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => { server.closeAllConnections(); server.close(); });
  const { port } = server.address() as AddressInfo;
  return { endpoint: `http://127.0.0.1:${port}`, taken: () => taken };
}

test.each<[string, ExporterType, () => Promise<Peer>]>([
  ['our receiver over gRPC', 'otlp_grpc', () => ownReceiver('otlp_grpc')],
  ['our receiver over HTTP', 'otlp_http', () => ownReceiver('otlp_http')],
  ['another gRPC server', 'otlp_grpc', foreignGrpc],
  ['another HTTP server', 'otlp_http', foreignHttp],
])('%s gets every item of a request beyond its limit once', async (_name, type, makePeer) => {
  const peer = await makePeer();
  const { exporter, context } = loopbackExporter(
    type, { endpoint: peer.endpoint, compression: 'none', sending_queue: { enabled: false } });
  await exporter.start();
  ends.push(() => exporter.stop());
  const { payload, ids } = largePayload();
  await exporter.consume(payload);
  expect(idsIn(peer.taken())).toEqual(ids);
  expect(context.metrics.value('otelcol_exporter_sent_spans')).toBe(SPANS);
  expect(context.metrics.value('otelcol_exporter_send_failed_spans')).toBe(0);
});
