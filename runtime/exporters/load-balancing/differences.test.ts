/** What differs from upstream on purpose: docs/compatibility.md names these tests. */
import { readFileSync } from 'fs';
import { join } from 'path';
import { LoadBalancingExporter } from './load-balancing';
import { loadBalancingExporter, LoadBalancingSettings } from '../../config';
import { PermanentError, RetryableError } from '../../errors';
import { createPayload, Payload, Signal } from '../../pipeline/payload';
import { createResolver } from '../../routing/resolvers';
import { PrometheusMetrics } from '../../telemetry/prometheus-metrics';
import { exporterContext } from '../../testing/component-context';
import { oracleLines } from '../../testing/oracle-lines';
import { decodeProto } from '../../testing/otlp-proto';
import { requestBytes } from '../../testing/routing-oracle';
import { bytesOf } from '../../testing/sample-payload';
import { ScriptedSender, withCopies } from '../../testing/scripted-sender';
import { spans } from '../../testing/span-builder';

const ID = 'load_balancing/lb';
const BACKENDS = ['a:1', 'b:1', 'c:1'];
/** What gRPC calls an error that says no more. */
const UNKNOWN = 2;

async function setUp(yaml: object, signal: Signal, hostnames = BACKENDS) {
  const { settings, problems } = loadBalancingExporter.read(
    { resolver: { static: { hostnames } }, ...yaml });
  expect(problems).toEqual([]);
  const read = settings as LoadBalancingSettings;
  const metrics = new PrometheusMetrics({ level: 'detailed' });
  const context = exporterContext(ID, [signal], { metrics });
  const backends = new Map(hostnames.map((backend) => [backend, new ScriptedSender()]));
  const exporter = new LoadBalancingExporter(read, context, {
    resolver: createResolver(read.resolver, context),
    makeSender: (endpoint) => withCopies(backends.get(endpoint) as ScriptedSender),
  });
  await exporter.start();
  const consume = async (payload: Payload): Promise<unknown> => {
    const outcome = Promise.resolve(exporter.consume(payload))
      .then(() => undefined, (error: unknown) => (error as Error).message);
    await context.clock.advance(5);
    return outcome;
  };
  return { ...context, exporter, backends: [...backends.values()], consume };
}

const NAMES = Array.from({ length: 30 }, (_, number) => `trace ${number}`);

function tracesOf(names: readonly string[]): Payload {
  return createPayload('traces',
    [spans(names.map((trace) => ({ trace, service: 'shop' })))], names.length);
}

test('a part that is refused for good is lost alone', async () => {
  const balanced = await setUp({}, 'traces');
  const [refusing, away, well] = balanced.backends;
  refusing.script.push(() => new PermanentError('too old'));
  away.script.push(() => new RetryableError('away'));
  await balanced.consume(tracesOf(NAMES));
  await balanced.clock.advance(60_000);
  expect([refusing, away, well].map(({ attempts }) => attempts.length)).toEqual([1, 2, 1]);
  const lost = refusing.attempts[0].items;
  const count = (name: string) => balanced.metrics.value(`otelcol_exporter_${name}_spans`);
  expect([count('sent'), count('send_failed')]).toEqual([NAMES.length - lost, lost]);
  await balanced.exporter.stop();
});

test('an entry goes to a backend once', async () => {
  const balanced = await setUp({ routing_key: 'attributes', routing_attributes: ['u'] }, 'logs');
  const records = NAMES.map((name) => ({
    body: { stringValue: name }, attributes: [{ key: 'u', value: { stringValue: name } }],
  }));
  const bytes = requestBytes('logs', { resourceLogs: [{ scopeLogs: [{ logRecords: records }] }] });
  await balanced.consume(createPayload('logs', [bytes], NAMES.length));
  await balanced.clock.advance(5);
  for (const { taken } of balanced.backends) {
    const { resourceLogs } = decodeProto('ExportLogsServiceRequest', bytesOf(taken)) as {
      resourceLogs: { scopeLogs: { logRecords: object[] }[] }[];
    };
    expect(resourceLogs.map(({ scopeLogs }) => scopeLogs.length)).toEqual([1]);
    expect(resourceLogs[0].scopeLogs[0].logRecords.length).toBeGreaterThan(1);
  }
  await balanced.exporter.stop();
});

test('entries without items are left out of requests that are split inside', async () => {
  const balanced = await setUp({ routing_key: 'attributes', routing_attributes: ['u'] }, 'logs');
  const records = NAMES.map((name) => ({
    attributes: [{ key: 'u', value: { stringValue: name } }],
  }));
  const bytes = requestBytes('logs', {
    resourceLogs: [
      { schemaUrl: 'empty' }, { schemaUrl: 'full', scopeLogs: [{ logRecords: records }] },
    ],
  });
  await balanced.consume(createPayload('logs', [bytes], NAMES.length));
  await balanced.clock.advance(5);
  const sent = bytesOf(balanced.backends.flatMap(({ taken }) => taken)).toString('latin1');
  expect(sent.match(/full/g)).toHaveLength(BACKENDS.length);
  expect(sent).not.toContain('empty');
  await balanced.exporter.stop();
});

interface Live {
  readonly case: string;
  readonly config_without_resolver: object;
  readonly deadline_seconds_seen_by_backend: number[];
  readonly consume_error?: string;
  readonly metrics: string[];
}

const LIVE = oracleLines<Live>('lb_live');

/** One payload of one span through an exporter that is told what the real one was. */
async function live(line: Live) {
  const balanced = await setUp(line.config_without_resolver, 'traces', ['a:1']);
  const [backend] = balanced.backends;
  if (line.consume_error !== undefined) {
    backend.fallback = () => new PermanentError('no', { code: UNKNOWN });
  }
  const error = await balanced.consume(tracesOf(['t']));
  await balanced.clock.advance(1000);
  return { ...balanced, backend, error };
}

test('the time-out of protocol.otlp holds where no other is given', async () => {
  const seen: number[] = [];
  for (const line of LIVE) {
    const { backend, exporter } = await live(line);
    seen.push(...backend.timeouts.map((ms) => ms / 1000));
    await exporter.stop();
  }
  expect(LIVE.flatMap((line) => line.deadline_seconds_seen_by_backend)).toEqual([5, 60, 5]);
  expect(seen).toEqual([60, 60, 5]);
});

/** `name{ attribute=value … } number` as the real exporter's series are listed. */
function seriesOf(text: string) {
  const [, name, attributes, value] = /^(\w+)\{(.*)\} (\d+)$/.exec(text) ?? [];
  const pairs = attributes.trim().split(' ').map((pair) => pair.split('='))
    .map(([key, held]) => [key, held === '<backend>' ? 'a:1' : held]);
  return { name, attributes: Object.fromEntries(pairs) as Record<string, string>, value };
}

test.each(LIVE)('series are those of the real exporter: $case', async (line) => {
  const { metrics, error, exporter } = await live(line);
  expect(error === undefined).toBe(line.consume_error === undefined);
  for (const { name, attributes, value } of line.metrics.map(seriesOf)) {
    expect([name, String(metrics.value(name, attributes))]).toEqual([name, value]);
  }
  await exporter.stop();
});

test('what a backend refuses is counted, and its outcome is a failure', async () => {
  const withQueue = await setUp({}, 'traces', ['a:1']);
  withQueue.backends[0].fallback = () => new PermanentError('no');
  expect(await withQueue.consume(tracesOf(['t']))).toBeUndefined();
  await withQueue.clock.advance(1000);
  const count = (name: string, attributes = {}) => withQueue.metrics.value(name, attributes) ?? 0;
  expect([
    count('otelcol_exporter_send_failed_spans'), count('otelcol_exporter_sent_spans'),
    count('otelcol_loadbalancer_backend_outcome', { success: 'false' }),
    count('otelcol_loadbalancer_backend_outcome', { success: 'true' }),
  ]).toEqual([1, 0, 1, 0]);
  await withQueue.exporter.stop();
});

test('every difference that is told has its test', () => {
  const docs = readFileSync(join(__dirname, '../../../docs/compatibility.md'), 'utf8');
  const [, section] = /\n## Load balancing\n([^]*?)(?:\n## |$)/.exec(docs) ?? [];
  const names = section.split('\n').flatMap((row) => /^\| `([^`]+)` \|/.exec(row)?.[1] ?? []);
  const tests = ['differences', 'signals', 'load-balancing', 'failover']
    .map((name) => readFileSync(join(__dirname, `${name}.test.ts`), 'utf8')).join('\n');
  expect(names.length).toBeGreaterThan(5);
  expect(names.filter((name) => !new RegExp(`\\('${name}[':]`).test(tests))).toEqual([]);
});
