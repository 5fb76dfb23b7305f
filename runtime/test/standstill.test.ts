/** A process that is stopped for longer than anybody waits makes nothing come twice. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { CollectorProcess, freePorts, get, until } from '../testing/collector-process';
import { loopbackReceiver } from '../testing/otlp-loopback';
import { findSpans, spanIdOf, spans } from '../testing/span-builder';

const METHOD = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
/** How long everybody waits for an answer. */
const TIMEOUT_MS = 1500;

let grpc: number;
let running: CollectorProcess;

afterEach(() => CollectorProcess.killAll());

async function start(exporter: object): Promise<void> {
  let health = 0;
  [grpc, health] = await freePorts(2);
  running = new CollectorProcess(['run', '--config', `yaml:${JSON.stringify({
    receivers: { otlp: { protocols: { grpc: { endpoint: `127.0.0.1:${grpc}` } } } },
    exporters: exporter,
    extensions: { health_check: { endpoint: `127.0.0.1:${health}` } },
    service: {
      extensions: ['health_check'],
      telemetry: { metrics: { level: 'none' } },
      pipelines: { traces: { receivers: ['otlp'], exporters: Object.keys(exporter) } },
    },
  })}`]);
  await until('readiness', async () => (await get(health)).status === 200);
}

/** Sends one span as others' clients do; gives the code of the answer. */
function send(client: Client, span: string): Promise<number> {
  return new Promise((resolve) => {
    client.makeUnaryRequest(METHOD, (bytes: Buffer) => bytes, (bytes: Buffer) => bytes,
      spans([{ trace: 't', span }]), new Metadata(), { deadline: Date.now() + TIMEOUT_MS },
      (error: ServiceError | null) => resolve(error?.code ?? status.OK));
  });
}

/** Sends it until it is taken: after it stood still, a process refuses for a moment. */
function untilTaken(client: Client, span: string): Promise<void> {
  return until(`${span} is taken`, async () => await send(client, span) === status.OK);
}

/** Stops the process for so long that nobody waits any more; `meanwhile` happens then. */
async function standStill(meanwhile: () => Promise<unknown>): Promise<void> {
  running.signal('SIGSTOP');
  const past = new Promise((resolve) => setTimeout(resolve, 2 * TIMEOUT_MS));
  await meanwhile();
  await past;
  running.signal('SIGCONT');
}

test('requests that nobody waits for any more are not taken', async () => {
  const sink = loopbackReceiver();
  await sink.receiver.start();
  const { http } = sink.receiver.ports;
  await start({
    otlp_http: {
      endpoint: `http://127.0.0.1:${http}`, sending_queue: { enabled: false },
    },
  });
  const client = new Client(`127.0.0.1:${grpc}`, credentials.createInsecure());
  const arrived = (): string[] =>
    findSpans(sink.consumers.traces.bytes).map(({ spanId }) => spanId);
  expect(await send(client, 'first')).toBe(status.OK);
  await standStill(async () => {
    expect(await send(client, 'a')).toBe(status.DEADLINE_EXCEEDED);
    expect(await send(client, 'b')).toBe(status.DEADLINE_EXCEEDED);
  });
  for (const span of ['a', 'b']) await untilTaken(client, span);
  expect(arrived()).toEqual(['first', 'a', 'b'].map((span) => spanIdOf(span).toString('hex')));
  client.close();
  await sink.receiver.stop();
});

test('a process that did not stand still takes what is to be answered at once', async () => {
  await start({ nop: null });
  const session = connect(`http://127.0.0.1:${grpc}`);
  const stream = session.request({
    ':method': 'POST',
    ':path': METHOD,
    'content-type': 'application/grpc',
    'te': 'trailers',
    'grpc-timeout': '0S',
  });
  const body = spans([{ trace: 't', span: 's' }]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  stream.end(Buffer.concat([head, body]));
  const [trailers] = await once(stream, 'trailers') as [IncomingHttpHeaders];
  expect(trailers['grpc-status']).toBe(String(status.OK));
  session.close();
});

describe('an answer that came meanwhile counts', () => {
  test('over gRPC', async () => {
    const sink = loopbackReceiver();
    await sink.receiver.start();
    const { traces } = sink.consumers;
    const answer = traces.hold();
    await start({
      otlp_grpc: {
        endpoint: `127.0.0.1:${sink.receiver.ports.grpc}`,
        tls: { insecure: true },
        timeout: `${TIMEOUT_MS}ms`,
        retry_on_failure: { initial_interval: '10ms', max_interval: '50ms' },
        // One after the other.
        sending_queue: { num_consumers: 1 },
      },
    });
    const client = new Client(`127.0.0.1:${grpc}`, credentials.createInsecure());
    expect(await send(client, 'a')).toBe(status.OK);
    await until('the request is there', () => traces.calls === 1);
    await standStill(async () => answer());
    await untilTaken(client, 'b');
    await until('another one is there', () =>
      findSpans(traces.bytes).some(({ spanId }) => spanId === spanIdOf('b').toString('hex')));
    expect(traces.calls).toBe(2);
    client.close();
    await sink.receiver.stop();
  });

  test('over HTTP', async () => {
    const bodies: string[] = [];
    let answer = (): void => undefined;
    const backend: Server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
        bodies.push(...findSpans(Buffer.concat(chunks)).map(({ spanId }) => spanId));
        const now = (): unknown => response.writeHead(200).end();
        if (bodies.length > 1) now(); else answer = () => { now(); };
      });
    });
    await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
    await start({
      otlp_http: {
        endpoint: `http://127.0.0.1:${(backend.address() as AddressInfo).port}`,
        compression: 'none',
        timeout: `${TIMEOUT_MS}ms`,
        retry_on_failure: { initial_interval: '10ms', max_interval: '50ms' },
        // One after the other.
        sending_queue: { num_consumers: 1 },
      },
    });
    const client = new Client(`127.0.0.1:${grpc}`, credentials.createInsecure());
    expect(await send(client, 'a')).toBe(status.OK);
    await until('the request is there', () => bodies.length === 1);
    await standStill(async () => answer());
    await untilTaken(client, 'b');
    await until('another one is there', () => bodies.length > 1);
    expect(bodies).toEqual(['a', 'b'].map((span) => spanIdOf(span).toString('hex')));
    client.close();
    backend.closeAllConnections();
    backend.close();
  });
});
