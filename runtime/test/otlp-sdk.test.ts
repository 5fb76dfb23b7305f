/** The OpenTelemetry SDK's exporters send to our receiver: what arrives is what they sent. */
import { execFile } from 'child_process';
import { join } from 'path';
import { promisify } from 'util';
import { systemClock } from '../clock';
import { otlpReceiver } from '../config';
import type { Payload } from '../pipeline/payload';
import { createOtlpReceiver } from '../receivers/otlp/otlp';
import { receiverContext } from '../testing/component-context';
import { RecordingConsumer } from '../testing/recording-consumer';
import { itemsIn } from '../testing/sample-payload';
import type { SdkJob, SdkOutcome, Wire } from '../testing/sdk-sender';

const WIRES: readonly Wire[] = ['gRPC', 'HTTP with protobuf', 'HTTP with JSON'];
const CASES = (['traces', 'metrics', 'logs'] as const).flatMap((signal) =>
  WIRES.flatMap((wire) => (['none', 'gzip'] as const).map((compression) =>
    [signal, wire, compression] as const)));
const ITEMS = { traces: 20, metrics: 3, logs: 2 };

const consumers = {
  traces: new RecordingConsumer(),
  metrics: new RecordingConsumer(),
  logs: new RecordingConsumer(),
};
const context = receiverContext('otlp', consumers);
let outcomes: readonly SdkOutcome[] = [];

beforeAll(async () => {
  const { settings } = otlpReceiver.read({
    protocols: {
      http: { endpoint: '127.0.0.1:0' }, grpc: { endpoint: '127.0.0.1:0' },
    },
  });
  const receiver = createOtlpReceiver(settings!, { ...context, clock: systemClock });
  await receiver.start();
  const jobs: SdkJob[] = CASES.map(([signal, wire, compression]) => ({
    signal,
    wire,
    compression,
    url: wire === 'gRPC'
      ? `http://127.0.0.1:${receiver.ports.grpc}`
      : `http://127.0.0.1:${receiver.ports.http}/v1/${signal}`,
  }));
  try {
    outcomes = await send(jobs);
  } finally {
    await receiver.stop();
  }
}, 60_000);

async function send(jobs: readonly SdkJob[]): Promise<SdkOutcome[]> {
  const program = join(__dirname, '..', 'testing', 'sdk-sender.ts');
  const { stdout } = await promisify(execFile)(
    process.execPath, ['--import', 'tsx', program, JSON.stringify(jobs)], { timeout: 50_000 });
  return JSON.parse(stdout) as SdkOutcome[];
}

/** Requests were sent one after the other, so that the n-th to arrive is the n-th of its signal. */
function arrived(at: number): Payload {
  const [signal] = CASES[at];
  const before = CASES.slice(0, at).filter(([other]) => other === signal).length;
  return consumers[signal].payloads[before];
}

/** JSON leaves out what is zero or empty, and the SDK's protobuf encoder writes it. */
function withoutZeros(item: string): unknown {
  return JSON.parse(item, (_key, value: unknown) => (
    value === 0 || value === '' ? undefined : value));
}

const NUMBERED = CASES.map(([signal, wire, compression], at) =>
  [signal, wire, compression, at] as const);

it.each(NUMBERED)('takes the SDK\'s %s over %s, compression %s', (signal, wire, _, at) => {
  expect(outcomes[at].error).toBeUndefined();
  expect(outcomes[at].code).toBe(0);
  const sent = Buffer.from(outcomes[at].encoded, 'base64');
  const { chunks, items } = arrived(at);
  if (wire === 'HTTP with JSON') {
    expect(itemsIn(signal, chunks[0]).map(withoutZeros))
      .toEqual(itemsIn(signal, sent).map(withoutZeros));
  } else {
    expect(Buffer.from(chunks[0]).equals(sent)).toBe(true);
  }
  expect(items).toBe(ITEMS[signal]);
});

it('counts what came in over each protocol', () => {
  const { metrics } = context;
  const value = (name: string, transport: string): number | undefined =>
    metrics.value(`otelcol_receiver_accepted_${name}`, { receiver: 'otlp', transport });
  expect(value('spans', 'grpc')).toBe(40);
  expect(value('spans', 'http')).toBe(80);
  expect(value('metric_points', 'grpc')).toBe(6);
  expect(value('log_records', 'http')).toBe(8);
  expect(metrics.value('otelcol_receiver_refused_spans', { transport: 'http' })).toBe(0);
});
