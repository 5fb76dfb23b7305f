/** Every compression that both sides know, from ours to the real collector and back. */
import type { ChildProcess } from 'child_process';
import { startUpstream } from './upstream-collector';
import { benchRequest } from '../../runtime/bench/request';
import { createPayload } from '../../runtime/pipeline/payload';
import { freePorts, get, until } from '../../runtime/testing/collector-process';
import {
  loopbackExporter, loopbackReceiver, type ExporterType, type LoopbackReceiver,
} from '../../runtime/testing/otlp-loopback';
import { itemsIn } from '../../runtime/testing/sample-payload';

const SPANS = 400;
const REQUEST = benchRequest(SPANS);
const WAYS: readonly (readonly [ExporterType, string])[] = [
  ...['gzip', 'zstd', 'snappy', 'none'].map((name) => ['otlp_grpc', name] as const),
  ...['gzip', 'zstd', 'zlib', 'deflate', 'snappy', 'x-snappy-framed', 'lz4', 'none']
    .map((name) => ['otlp_http', name] as const),
];

/** One receiver of ours for each way, in their order. */
const receivers: LoopbackReceiver[] = WAYS.map(() => loopbackReceiver());
let upstream: ChildProcess;
let theirs: Record<ExporterType, string>;

function exporterOf([type, compression]: readonly [ExporterType, string], at: number): string {
  const { ports } = receivers[at].receiver;
  const endpoint = type === 'otlp_grpc'
    ? `127.0.0.1:${ports.grpc}` : `http://127.0.0.1:${ports.http}`;
  return `  ${type}/${at}: { endpoint: "${endpoint}", compression: ${compression},`
    + ' tls: { insecure: true }, sending_queue: { enabled: false },'
    + ' retry_on_failure: { enabled: false } }';
}

beforeAll(async () => {
  await Promise.all(receivers.map(({ receiver }) => receiver.start()));
  const [grpc, http, health] = await freePorts(3);
  theirs = { otlp_grpc: `127.0.0.1:${grpc}`, otlp_http: `http://127.0.0.1:${http}` };
  upstream = startUpstream(`
receivers: { otlp: { protocols: {
  grpc: { endpoint: "127.0.0.1:${grpc}" }, http: { endpoint: "127.0.0.1:${http}" } } } }
extensions: { health_check: { endpoint: "127.0.0.1:${health}" } }
exporters:
${WAYS.map(exporterOf).join('\n')}
service:
  extensions: [health_check]
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [otlp], exporters: [${WAYS.map(([type], at) => `${type}/${at}`)}] }
`);
  await until('the real collector', async () => (await get(health)).status === 200);
}, 30_000);

afterAll(async () => {
  upstream.kill('SIGKILL');
  await Promise.all(receivers.map(({ receiver }) => receiver.stop()));
});

// What ours sends, in one way, the real collector hands back in all of them before it answers.
test.each(WAYS)('the real collector reads and writes %s with %s', async (type, compression) => {
  for (const { consumers } of receivers) consumers.traces.payloads.length = 0;
  const { exporter } = loopbackExporter(type, {
    endpoint: theirs[type],
    compression,
    sending_queue: { enabled: false },
    retry_on_failure: { enabled: false },
  });
  await exporter.start();
  await exporter.consume(createPayload('traces', [REQUEST], SPANS));
  await exporter.stop();
  const wanted = itemsIn('traces', REQUEST);
  for (const { consumers } of receivers) {
    expect(itemsIn('traces', consumers.traces.bytes)).toEqual(wanted);
  }
}, 30_000);
