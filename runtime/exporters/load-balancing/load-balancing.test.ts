import { LoadBalancingExporter } from './load-balancing';
import { loadBalancingExporter, LoadBalancingSettings } from '../../config';
import { PermanentError, RetryableError } from '../../errors';
import { createPayload, Payload, Signal, SIGNALS } from '../../pipeline/payload';
import type { BackendsListener, Resolver } from '../../routing/resolver';
import { exporterContext } from '../../testing/component-context';
import { componentSuite } from '../../testing/component-suite';
import { settle } from '../../testing/fake-clock';
import { oracleLines } from '../../testing/oracle-lines';
import { requestBytes } from '../../testing/routing-oracle';
import { bytesOf } from '../../testing/sample-payload';
import { ScriptedSender, withCopies } from '../../testing/scripted-sender';
import { findSpans, spans } from '../../testing/span-builder';

const ID = 'load_balancing/sampler';

function settingsOf(yaml: object): LoadBalancingSettings {
  const { settings, problems } = loadBalancingExporter.read({
    resolver: { static: { hostnames: ['unused'] } }, ...yaml,
  });
  expect(problems).toEqual([]);
  return settings as LoadBalancingSettings;
}

const WITHOUT_QUEUE = {
  protocol: { otlp: { sending_queue: { enabled: false }, retry_on_failure: { enabled: false } } },
};
const AT_ONCE = settingsOf(WITHOUT_QUEUE);

/** A resolver that a test speaks for. */
class ToldResolver implements Resolver {
  public readonly kind = 'static';
  public isStopped = false;
  public tell: BackendsListener = () => undefined;

  public constructor(private readonly first: readonly string[]) {}

  public async start(listener: BackendsListener): Promise<void> {
    this.tell = listener;
    if (this.first.length > 0) listener(this.first);
  }

  public async stop(): Promise<void> {
    this.isStopped = true;
  }
}

/** An exporter whose backends are scripts. */
function setUp(
  backends: readonly string[], settings = AT_ONCE, signals: readonly Signal[] = ['traces'],
) {
  const context = exporterContext(ID, signals);
  const made: [string, ScriptedSender][] = [];
  const scripts = new Map<string, ScriptedSender>();
  const resolver = new ToldResolver(backends);
  const exporter = new LoadBalancingExporter(settings, context, {
    resolver,
    random: () => 0.5,
    makeSender: (endpoint) => {
      if (endpoint.startsWith('bad')) throw new Error(`endpoint: must be good, got ${endpoint}`);
      const sender = scripts.get(endpoint) ?? new ScriptedSender();
      made.push([endpoint, sender]);
      return withCopies(sender);
    },
  });
  /** Consumes, and lets the parts wait for each other. */
  const consume = async (payload: Payload): Promise<unknown> => {
    const outcome = Promise.resolve(exporter.consume(payload))
      .then(() => 'taken', (error: unknown) => error);
    await context.clock.advance(5);
    return outcome;
  };
  const taken = (): Payload[] => made.flatMap(([, sender]) => sender.taken);
  return { ...context, exporter, resolver, made, scripts, consume, taken };
}

function tracesOf(names: readonly string[]): Payload {
  const bytes = spans(names.map((trace) => ({ trace, service: 'shop' })));
  return createPayload('traces', [bytes], names.length);
}

/** Traces that go to different backends; `t0` … `t39` cover every ring of these tests. */
const MANY = Array.from({ length: 40 }, (_, number) => `t${number}`);

function traceNames(payloads: readonly Payload[]): string[] {
  return findSpans(bytesOf(payloads))
    .map(({ traceId }) => Buffer.from(traceId, 'hex').toString().replaceAll('\0', '')).sort();
}

interface OracleCase {
  readonly case: string;
  readonly routing_key: string;
  readonly routing_attributes: string[] | null;
  readonly split_by_trace?: object[];
  readonly backends: string[];
  readonly input: object;
  readonly sent: Readonly<Record<string, object[]>>;
  readonly failing_backends?: string[];
}

const ORACLE = oracleLines<OracleCase>('lb_exporter_traces');
const FAILING = ORACLE.filter((entry) => entry.failing_backends !== undefined);

function fromJson(request: object): Uint8Array {
  return requestBytes('traces', request);
}

function oraclePayload(input: object): Payload {
  const bytes = fromJson(input);
  return createPayload('traces', [bytes], findSpans(bytes).length);
}

test('the oracle has two cases without and two with failures', () => {
  expect(ORACLE.map(({ failing_backends: failing }) => failing?.length ?? 0))
    .toEqual([0, 0, 1, 1]);
});

test.each(ORACLE)('backends get what upstream gives them: $case', async (entry) => {
  const balanced = setUp(entry.backends, settingsOf({
    ...WITHOUT_QUEUE,
    routing_key: entry.routing_key,
    routing_attributes: entry.routing_attributes ?? [],
  }));
  await balanced.exporter.start();
  await balanced.consume(oraclePayload(entry.input));
  for (const [endpoint, sender] of balanced.made) {
    const expected = (entry.sent[endpoint] ?? [])
      .flatMap((request) => findSpans(fromJson(request)));
    expect(findSpans(bytesOf(sender.attempts))).toEqual(expected);
  }
  await balanced.exporter.stop();
});

test.each(FAILING)('only what failed is tried again: $case', async (entry) => {
  const balanced = setUp(entry.backends, settingsOf({}));
  const [failing] = entry.failing_backends as string[];
  const isPermanent = entry.case.includes('permanent');
  balanced.scripts.set(failing, new ScriptedSender([
    () => isPermanent ? new PermanentError('backend down') : new RetryableError('backend down'),
  ]));
  await balanced.exporter.start();
  const payload = oraclePayload(entry.input);
  expect(await balanced.consume(payload)).toBe('taken');
  await balanced.clock.advance(60_000);
  const attempts = balanced.made.map(([endpoint, { attempts: all }]) => [endpoint, all.length]);
  expect(attempts).toEqual(entry.backends.map((endpoint) => [
    endpoint,
    entry.sent[endpoint] === undefined ? 0 : endpoint === failing && !isPermanent ? 2 : 1,
  ]));
  const lost = balanced.metrics.value('otelcol_exporter_send_failed_spans') ?? 0;
  const sent = balanced.metrics.value('otelcol_exporter_sent_spans') ?? 0;
  const ofFailing = findSpans(fromJson(entry.sent[failing][0])).length;
  expect([sent, lost]).toEqual(
    isPermanent ? [payload.items - ofFailing, ofFailing] : [payload.items, 0]);
  await balanced.exporter.stop();
});

test('a request that all of its backends refuse for good is refused for good', async () => {
  const balanced = setUp(['a']);
  balanced.scripts.set('a:4317', new ScriptedSender([], () => new PermanentError('too old')));
  await balanced.exporter.start();
  expect(await balanced.consume(tracesOf(['t1']))).toBeInstanceOf(PermanentError);
  await balanced.exporter.stop();
});

test('a backend without a port is reached at 4317, and hashed without it', async () => {
  const balanced = setUp(['a', 'b:1', 'fd00::1', '[fd00::2]', '[fd00::3]:9']);
  await balanced.exporter.start();
  expect(balanced.made.map(([endpoint]) => endpoint).sort()).toEqual([
    '[fd00::1]:4317', '[fd00::2]:4317', '[fd00::3]:9', 'a:4317', 'b:1',
  ]);
  await balanced.exporter.stop();
});

test('without a backend, whoever waits for the answer is told to come again', async () => {
  const balanced = setUp([]);
  await balanced.exporter.start();
  const refused = await balanced.consume(tracesOf(['t1']));
  expect(refused).toBeInstanceOf(RetryableError);
  expect((refused as Error).message).toBe('no backends yet');
  await balanced.exporter.stop();
});

test('what is queued before there is a backend leaves as soon as there is one', async () => {
  const balanced = setUp([], settingsOf({}));
  await balanced.exporter.start();
  expect(await balanced.consume(tracesOf(MANY))).toBe('taken');
  await balanced.clock.advance(3000);
  balanced.resolver.tell(['a', 'b']);
  await balanced.clock.advance(5);
  expect(traceNames(balanced.taken())).toEqual([...MANY].sort());
  await balanced.exporter.stop();
});

test('a backend that does not answer keeps no other waiting', async () => {
  const balanced = setUp(['a', 'b'], settingsOf({}));
  balanced.scripts.set('a:4317', new ScriptedSender([], 'hang'));
  await balanced.exporter.start();
  for (let i = 0; i < 100; i++) await balanced.consume(tracesOf(MANY));
  const [[, a], [, b]] = balanced.made;
  expect(a.waiting).toBe(10);
  const ofB = traceNames(b.taken);
  expect(ofB.length % 100).toBe(0);
  expect(ofB.length).toBeGreaterThan(0);
  a.release();
  a.fallback = 'take';
  await balanced.exporter.stop();
});

test('a ring change under load loses nothing and sends nothing twice', async () => {
  const balanced = setUp(['a', 'b', 'c'], settingsOf({}));
  const away = new ScriptedSender([], () => new RetryableError('connection refused'));
  balanced.scripts.set('b:4317', away);
  await balanced.exporter.start();
  const given: string[] = [];
  for (let round = 0; round < 50; round++) {
    const names = MANY.map((name) => `r${round}${name}`);
    given.push(...names);
    expect(await balanced.consume(tracesOf(names))).toBe('taken');
    if (round === 20) balanced.resolver.tell(['a', 'c']);
    if (round === 30) balanced.resolver.tell(['a', 'c', 'd']);
    if (round === 40) balanced.resolver.tell(['d']);
  }
  await balanced.clock.advance(60_000);
  expect(away.attempts.length).toBeGreaterThan(5);
  expect(traceNames(balanced.taken())).toEqual(given.sort());
  await balanced.exporter.stop();
  expect(balanced.metrics.value('otelcol_exporter_sent_spans')).toBe(given.length);
});

test('what is on its way to a backend that leaves may end, and is not sent again', async () => {
  const balanced = setUp(['a'], settingsOf({}));
  balanced.scripts.set('a:4317', new ScriptedSender(['hang']));
  await balanced.exporter.start();
  await balanced.consume(tracesOf(['t1']));
  balanced.resolver.tell(['b']);
  await settle();
  const [[, a], [, b]] = balanced.made;
  expect([a.closed, a.waiting]).toEqual([false, 1]);
  a.release();
  await balanced.clock.advance(10_000);
  expect([a.closed, a.taken.length, b.attempts.length]).toEqual([true, 1, 0]);
  await balanced.exporter.stop();
});

test('what fails because its backend has left is sent to the new owner at once', async () => {
  const balanced = setUp(['a'], settingsOf({}));
  balanced.scripts.set('a:4317', new ScriptedSender(['hang']));
  await balanced.exporter.start();
  await balanced.consume(tracesOf(['t1']));
  const waits = balanced.consume(tracesOf(['t2']));
  balanced.resolver.tell(['b']);
  await waits;
  await balanced.made[0][1].close();
  await balanced.clock.advance(5);
  expect(traceNames(balanced.made[1][1].taken)).toEqual(['t1', 't2']);
  await balanced.exporter.stop();
});

test('a list that is the same in another order changes nothing', async () => {
  const balanced = setUp(['a', 'b']);
  await balanced.exporter.start();
  balanced.resolver.tell(['b', 'a']);
  expect(balanced.made).toHaveLength(2);
  expect(balanced.log.messages('info')).toHaveLength(1);
  await balanced.exporter.stop();
});

test('a backend that cannot be made is said, and its share waits for the next ring', async () => {
  const balanced = setUp(['bad']);
  await balanced.exporter.start();
  expect(balanced.log.messages('error')).toEqual(['failed to create new exporter for endpoint']);
  const refused = await balanced.consume(tracesOf(['t1']));
  expect(refused).toBeInstanceOf(RetryableError);
  expect((refused as Error).message).toBe('couldn\'t find the exporter for the endpoint "bad"');
  await balanced.exporter.stop();
});

test('backends are measured, and their series leave with them', async () => {
  const balanced = setUp(['a', 'b']);
  const { metrics } = balanced;
  await balanced.exporter.start();
  const before = metrics.value('otelgw_ring_fingerprint', { exporter: ID });
  await balanced.consume(tracesOf(MANY));
  const outcomes = (endpoint: string): number | undefined =>
    metrics.value('otelcol_loadbalancer_backend_outcome', { endpoint, success: 'true' });
  expect([outcomes('a:4317'), outcomes('b:4317')]).toEqual([1, 1]);
  const latency = () =>
    metrics.value('otelcol_loadbalancer_backend_latency', { endpoint: 'a:4317' });
  expect(latency()).toBe(1);
  const { fallback } = balanced.made[0][1];
  balanced.made[0][1].fallback = () => new PermanentError('no');
  await balanced.consume(tracesOf(MANY));
  balanced.made[0][1].fallback = fallback;
  const failures = () => metrics.value(
    'otelcol_loadbalancer_backend_outcome', { endpoint: 'a:4317', success: 'false' });
  expect(failures()).toBe(1);
  balanced.resolver.tell(['b']);
  await settle();
  expect([outcomes('a:4317'), outcomes('b:4317')]).toEqual([undefined, 2]);
  expect([latency(), failures()]).toEqual([undefined, undefined]);
  expect(metrics.value('otelgw_ring_fingerprint', { exporter: ID })).not.toBe(before);
  await balanced.exporter.stop();
});

test('stopping drains the queue before it stops looking and closes the backends', async () => {
  const balanced = setUp(['a', 'b'], settingsOf({}));
  const slow = new ScriptedSender(['hang']);
  balanced.scripts.set('a:4317', slow);
  await balanced.exporter.start();
  expect(balanced.exporter.consume(tracesOf(MANY))).toBeUndefined();
  const stopped = balanced.exporter.stop();
  await settle();
  expect(balanced.resolver.isStopped).toBe(false);
  slow.release();
  await stopped;
  expect(traceNames(balanced.taken())).toEqual([...MANY].sort());
  expect(balanced.resolver.isStopped).toBe(true);
  expect(balanced.made.every(([, sender]) => sender.closed)).toBe(true);
  expect(balanced.clock.waiting).toBe(0);
});

const WAYS: [string, object, { size?: number; timeout: number; retry: number }][] = [
  ['nothing is said', {}, { size: 1000, timeout: 5000, retry: 5000 }],
  ['the inner level says something',
    {
      protocol: {
        otlp: {
          timeout: '2s',
          sending_queue: { queue_size: 7 },
          retry_on_failure: { initial_interval: '1s' },
        },
      },
    },
    { size: 7, timeout: 2000, retry: 1000 }],
  ['the outer level says something else',
    {
      timeout: '3s',
      sending_queue: { queue_size: 9 },
      retry_on_failure: { enabled: true, initial_interval: '4s' },
      protocol: { otlp: { timeout: '2s', sending_queue: { queue_size: 7 } } },
    },
    { size: 9, timeout: 3000, retry: 4000 }],
  ['the outer retry has no pauses of its own',
    { retry_on_failure: { enabled: true } }, { size: 1000, timeout: 5000, retry: 5000 }],
];

test.each(WAYS)('one queue, retry and time-out hold when %s', async (_, yaml, way) => {
  const balanced = setUp(['a'], settingsOf(yaml));
  const once = new ScriptedSender([() => new RetryableError('away')]);
  balanced.scripts.set('a:4317', once);
  await balanced.exporter.start();
  expect(balanced.metrics.value('otelcol_exporter_queue_capacity')).toBe(way.size);
  await balanced.consume(tracesOf(['t1']));
  await balanced.clock.advance(way.retry - 6);
  expect(once.attempts).toHaveLength(1);
  await balanced.clock.advance(1);
  expect(once.attempts).toHaveLength(2);
  expect(once.timeouts).toEqual([way.timeout, way.timeout]);
  await balanced.exporter.stop();
});

componentSuite('load_balancing', {
  kind: 'exporter',
  signals: SIGNALS,
  make: () => {
    const balanced = setUp(['a', 'b', 'c'], settingsOf({}), SIGNALS);
    const { clock, exporter, made } = balanced;
    return {
      component: exporter,
      clock,
      received: balanced.taken,
      refuseNext: (error) => {
        for (const [, sender] of made) sender.script.push(() => error);
      },
    };
  },
});
