/**
 * The OpenTelemetry SDK for Python sends to our receiver: what arrives is what it sent. Where it is
 * not installed (`pip install opentelemetry-sdk opentelemetry-exporter-otlp`) this is skipped, and
 * says so; the variable PYTHON names another interpreter than `python3`.
 */
import { execFile, spawnSync } from 'child_process';
import { join } from 'path';
import { promisify } from 'util';
import { systemClock } from '../clock';
import { otlpReceiver } from '../config';
import type { Signal } from '../pipeline/payload';
import { createOtlpReceiver } from '../receivers/otlp/otlp';
import { receiverContext } from '../testing/component-context';
import { RecordingConsumer } from '../testing/recording-consumer';

const PYTHON = process.env.PYTHON ?? 'python3';
const NEEDED = 'import opentelemetry.sdk, opentelemetry.exporter.otlp.proto.grpc,'
  + ' opentelemetry.exporter.otlp.proto.http';
const isInstalled = spawnSync(PYTHON, ['-c', NEEDED], { timeout: 20_000 }).status === 0;

/** Every signal over both protocols in every compression that the SDK has. */
const CASES = (['traces', 'metrics', 'logs'] as const).flatMap((signal) => [
  [signal, 'gRPC', 'none'], [signal, 'gRPC', 'gzip'],
  [signal, 'HTTP', 'none'], [signal, 'HTTP', 'gzip'], [signal, 'HTTP', 'deflate'],
] as const);
const ITEMS: Readonly<Record<Signal, number>> = { traces: 20, metrics: 3, logs: 2 };

interface Outcome {
  readonly signal: Signal;
  readonly wire: string;
  readonly compression: string;
  readonly result: string;
  readonly encoded: string;
}

const consumers = {
  traces: new RecordingConsumer(),
  metrics: new RecordingConsumer(),
  logs: new RecordingConsumer(),
};
let outcomes: readonly Outcome[] = [];

async function sendAll(): Promise<void> {
  const { settings } = otlpReceiver.read({
    protocols: {
      http: { endpoint: '127.0.0.1:0' }, grpc: { endpoint: '127.0.0.1:0' },
    },
  });
  const context = receiverContext('otlp', consumers);
  const receiver = createOtlpReceiver(settings!, { ...context, clock: systemClock });
  await receiver.start();
  try {
    const { grpc, http } = receiver.ports;
    const { stdout } = await promisify(execFile)(
      PYTHON, [join(__dirname, 'fixtures', 'sdk_sender.py'), `${grpc}`, `${http}`],
      { timeout: 50_000 });
    outcomes = JSON.parse(stdout) as Outcome[];
  } finally {
    await receiver.stop();
  }
}

if (!isInstalled) {
  console.warn(`Skipped: the OpenTelemetry SDK for Python, which ${PYTHON} does not have.`);
}

(isInstalled ? describe : describe.skip)('the OpenTelemetry SDK for Python', () => {
  beforeAll(sendAll, 60_000);

  it.each(CASES.map((names, at) => [...names, at] as const))(
    'its %s over %s, compression %s, are taken as they were sent', (signal, wire, name, at) => {
      const { encoded, result, ...sent } = outcomes[at];
      expect(sent).toEqual({ signal, wire, compression: name });
      expect(result).toBe('SUCCESS');
      const before = CASES.slice(0, at).filter(([other]) => other === signal).length;
      const { chunks, items } = consumers[signal].payloads[before];
      expect(Buffer.concat(chunks).toString('base64')).toBe(encoded);
      expect(items).toBe(ITEMS[signal]);
    });
});
