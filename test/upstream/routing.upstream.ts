/** Our load-balancing exporter beside the real one: a mixed fleet must not split a trace. */
import * as http2 from 'http2';
import type { AddressInfo } from 'net';
import { startUpstream } from './upstream-collector';
import { benchRequest } from '../../runtime/bench/request';
import { SpanIndex } from '../../runtime/otlp/span-index';
import { CollectorProcess, freePorts, get, until } from '../../runtime/testing/collector-process';

const PREFIX_BYTES = 5;
const SPANS = 5000;
const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

/** The backend that each trace came to, and the number of spans. */
interface Arrivals {
  readonly backendOf: Map<string, Set<number>>;
  spans: number;
}

let arrivals: Arrivals = { backendOf: new Map(), spans: 0 };
const servers: http2.Http2Server[] = [];

function note(backend: number, message: Buffer): void {
  const index = new SpanIndex();
  index.read(message);
  arrivals.spans += index.spanCount;
  for (let span = 0; span < index.spanCount; span += 1) {
    const at = index.traceIdAt[span];
    const id = message.subarray(at, at + 16).toString('hex');
    const backends = arrivals.backendOf.get(id) ?? new Set();
    arrivals.backendOf.set(id, backends.add(backend));
  }
}

function startBackend(backend: number): Promise<number> {
  const server = http2.createServer();
  servers.push(server);
  server.on('stream', (stream) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      note(backend, Buffer.concat(chunks).subarray(PREFIX_BYTES));
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.alloc(PREFIX_BYTES));
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () =>
    resolve((server.address() as AddressInfo).port)));
}

/** A request of a thousand traces; ids are spread over all 128 bits. */
function manyTraces(): Buffer {
  const request = Buffer.from(benchRequest(SPANS));
  const index = new SpanIndex();
  index.read(request);
  let id = 1;
  for (let span = 0; span < index.spanCount; span += 1) {
    if (span % 5 === 0) id = Math.imul(id, 1_664_525) + 1_013_904_223 | 0;
    request.writeInt32BE(id, index.traceIdAt[span]);
    request.writeInt32BE(Math.imul(id, 7919), index.traceIdAt[span] + 12);
  }
  return request;
}

function send(port: number, request: Buffer): Promise<void> {
  const message = Buffer.alloc(PREFIX_BYTES + request.length);
  message.writeUInt32BE(request.length, 1);
  message.set(request, PREFIX_BYTES);
  const session = http2.connect(`http://127.0.0.1:${port}`);
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST', ':path': EXPORT, 'content-type': 'application/grpc', 'te': 'trailers',
    });
    stream.on('error', reject);
    stream.on('close', () => { session.close(); resolve(); });
    stream.resume();
    stream.end(message);
  });
}

async function arrivalsThrough(port: number, request: Buffer): Promise<Arrivals> {
  arrivals = { backendOf: new Map(), spans: 0 };
  await send(port, request);
  await until('all spans at the backends', () => arrivals.spans === SPANS);
  return arrivals;
}

const config = (otlp: number, health: number, backends: readonly number[]): string => `
receivers: { otlp: { protocols: { grpc: { endpoint: "127.0.0.1:${otlp}" } } } }
extensions: { health_check: { endpoint: "127.0.0.1:${health}" } }
exporters:
  load_balancing:
    protocol: { otlp: { compression: none, tls: { insecure: true } } }
    resolver: { static: { hostnames: [${backends.map((port) => `"127.0.0.1:${port}"`)}] } }
service:
  extensions: [health_check]
  telemetry: { metrics: { level: none } }
  pipelines: { traces: { receivers: [otlp], exporters: [load_balancing] } }
`;

afterAll(() => {
  CollectorProcess.killAll();
  for (const server of servers) server.close();
});

test('every trace goes to the backend to which the real collector sends it', async () => {
  const backends = await Promise.all([0, 1, 2].map(startBackend));
  const [theirs, theirHealth, ours, ourHealth] = await freePorts(4);
  const upstream = startUpstream(config(theirs, theirHealth, backends));
  const own = new CollectorProcess(
    ['run', '--config', `yaml:${config(ours, ourHealth, backends)}`]);
  for (const port of [theirHealth, ourHealth]) {
    await until('both collectors', async () => (await get(port)).status === 200);
  }
  const request = manyTraces();
  const wanted = await arrivalsThrough(theirs, request);
  const got = await arrivalsThrough(ours, request);
  upstream.kill('SIGKILL');
  own.signal('SIGKILL');
  await own.ended;
  expect(wanted.backendOf.size).toBe(SPANS / 5);
  expect(new Map([...got.backendOf].sort())).toEqual(new Map([...wanted.backendOf].sort()));
}, 60_000);
