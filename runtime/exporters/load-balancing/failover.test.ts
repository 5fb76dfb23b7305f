import { LoadBalancingExporter } from './load-balancing';
import { loadBalancingExporter, type LoadBalancingSettings } from '../../config';
import { RetryableError } from '../../errors';
import { Code } from '../../net/status';
import { createPayload, type Payload } from '../../pipeline/payload';
import type { Sender } from '../../pipeline/sender';
import { buildRing, type HashRing } from '../../routing/hash-ring';
import type { BackendsListener } from '../../routing/resolver';
import { exporterContext } from '../../testing/component-context';
import type { FakeClock } from '../../testing/fake-clock';
import { bytesOf } from '../../testing/sample-payload';
import { findSpans, spans, traceIdOf, type TestSpan } from '../../testing/span-builder';
import { crc32 } from '../../wire/crc32';

const ID = 'load_balancing/lb';
const BACKENDS = ['a:1', 'b:1', 'c:1', 'd:1'];
const RING = buildRing(BACKENDS);

/** How a backend behaves: takes all, refuses connections, or says nothing until the deadline. */
type Mode = 'well' | 'away' | 'silent';

class FakeBackend implements Sender {
  public mode: Mode = 'well';
  public readonly spans: string[] = [];
  public readonly services: string[] = [];
  public readonly traces = new Set<string>();
  /** Requests with spans in them, whatever became of them. */
  public requests = 0;

  public constructor(private readonly clock: FakeClock) {}

  public async send(payload: Payload, timeoutMs: number): Promise<void> {
    const found = findSpans(Buffer.from(bytesOf([payload])));
    if (payload.items > 0) this.requests += 1;
    if (this.mode === 'away') throw new RetryableError('refused', { code: Code.unavailable });
    if (this.mode === 'silent') {
      await new Promise<void>((resolve) => { this.clock.after(timeoutMs, resolve); });
      throw new RetryableError('late', { code: Code.deadlineExceeded });
    }
    for (const { traceId, name, service } of found) {
      this.traces.add(nameOf(traceId));
      this.spans.push(`${nameOf(traceId)} ${name}`);
      this.services.push(service);
    }
  }

  public close(): Promise<void> {
    return Promise.resolve();
  }
}

function nameOf(traceId: string): string {
  return Buffer.from(traceId, 'hex').toString().replaceAll('\0', '');
}

const RETRY = { initial_interval: '1s', max_interval: '1s', multiplier: 1 };

async function setUp(failover: object = {}, yaml: object = {}) {
  const { settings, problems } = loadBalancingExporter.read({
    resolver: { static: { hostnames: BACKENDS } },
    protocol: { otlp: { retry_on_failure: RETRY } },
    failover: { enabled: true, ...failover },
    ...yaml,
  });
  expect(problems).toEqual([]);
  const context = exporterContext(ID, ['traces']);
  const { clock, metrics } = context;
  const backends = new Map(BACKENDS.map((endpoint) => [endpoint, new FakeBackend(clock)]));
  let tell: BackendsListener = () => undefined;
  const exporter = new LoadBalancingExporter(settings as LoadBalancingSettings, context, {
    random: () => 0.5,
    resolver: {
      kind: 'static',
      start: async (listener) => { (tell = listener)(BACKENDS); },
      stop: async () => undefined,
    },
    makeSender: (endpoint) => backends.get(endpoint) as FakeBackend,
  });
  await exporter.start();
  const give = async (list: readonly TestSpan[], ms = 10): Promise<void> => {
    expect(exporter.consume(createPayload('traces', [spans(list)], list.length))).toBeUndefined();
    await clock.advance(ms);
  };
  const named = (name: string) => backends.get(name) as FakeBackend;
  const health = (endpoint: string) =>
    metrics.value('otelgw_loadbalancer_backend_healthy', { exporter: ID, endpoint });
  const whereIs = (trace: string): string[] =>
    BACKENDS.filter((endpoint) => named(endpoint).traces.has(trace));
  /** New traces until the backend is unhealthy. */
  const fail = async (endpoint: string, mode: Mode): Promise<void> => {
    named(endpoint).mode = mode;
    for (let round = 0; health(endpoint) === 1; round += 1) {
      expect(round).toBeLessThan(2000);
      await give(tracesOf(`f${round}`, 4).map((trace) => ({ trace })), 100);
    }
  };
  const end = async (): Promise<void> => {
    for (const backend of backends.values()) backend.mode = 'well';
    const stopped = exporter.stop();
    await clock.advance(10_000);
    await stopped;
  };
  return { ...context, exporter, give, named, health, whereIs, fail, end, tell: () => tell };
}

/** Names of traces that all backends own some of. */
function tracesOf(prefix: string, count = 40): string[] {
  return Array.from({ length: count }, (_, number) => `${prefix}t${number}`);
}

/** The owner of an identifier when some backends are passed by, found step by step. */
function walk({ endpoints, owners }: HashRing, id: Uint8Array, passedBy: string[] = []): string {
  let position = crc32(id, 0, id.length) % owners.length;
  while (passedBy.includes(endpoints[owners[position]])) position = (position + 1) % owners.length;
  return endpoints[owners[position]];
}

function ownerOf(trace: string, passedBy: string[] = []): string {
  return walk(RING, traceIdOf(trace), passedBy);
}

const FAILURES: Mode[] = ['away', 'silent'];

describe.each(FAILURES)('when a backend is %s', (mode) => {
  test('new traces go to the next backend on the ring, others stay where they are', async () => {
    const balanced = await setUp();
    await balanced.fail('b:1', mode);
    const before = balanced.named('b:1').requests;
    const fresh = tracesOf('new');
    await balanced.give(fresh.map((trace) => ({ trace })));
    for (const trace of fresh) {
      expect(balanced.whereIs(trace)).toEqual([ownerOf(trace, ['b:1'])]);
    }
    const diverted = fresh.filter((trace) => ownerOf(trace) === 'b:1');
    expect(new Set(diverted.map((trace) => ownerOf(trace, ['b:1']))).size).toBeGreaterThan(1);
    expect(balanced.named('b:1').requests).toBe(before);
    await balanced.end();
  });

  test('a trace that it took a span of is not split, and goes on when it is back', async () => {
    const balanced = await setUp();
    const begun = tracesOf('begun');
    await balanced.give(begun.map((trace) => ({ trace, name: 'first' })), 1000);
    await balanced.fail('b:1', mode);
    await balanced.give(begun.map((trace) => ({ trace, name: 'second' })), 10_000);
    balanced.named('b:1').mode = 'well';
    await balanced.clock.advance(15_000);
    for (const trace of begun) expect(balanced.whereIs(trace)).toEqual([ownerOf(trace)]);
    const taken = BACKENDS.flatMap((name) => balanced.named(name).spans)
      .filter((span) => span.startsWith('begun'));
    expect(taken.sort()).toEqual(
      begun.flatMap((trace) => [`${trace} first`, `${trace} second`]).sort());
    await balanced.end();
  });

  test('what it can still have taken goes elsewhere when it stays away', async () => {
    const balanced = await setUp();
    const begun = tracesOf('begun');
    await balanced.give(begun.map((trace) => ({ trace, name: 'first' })), 1000);
    await balanced.fail('b:1', mode);
    await balanced.give(begun.map((trace) => ({ trace, name: 'second' })));
    await balanced.clock.advance(60_000);
    for (const trace of begun) {
      expect(balanced.whereIs(trace)).toEqual(
        [...new Set([ownerOf(trace), ownerOf(trace, ['b:1'])])].sort());
    }
    expect(balanced.exporter.pendingItems).toBe(0);
    await balanced.end();
  });
});

test('when it is back, new traces return, and those that passed it by do not', async () => {
  const balanced = await setUp();
  await balanced.fail('b:1', 'away');
  const diverted = tracesOf('div').filter((trace) => ownerOf(trace) === 'b:1');
  await balanced.give(diverted.map((trace) => ({ trace, name: 'first' })));
  balanced.named('b:1').mode = 'well';
  await balanced.clock.advance(15_000);
  expect(balanced.health('b:1')).toBe(1);
  for (let late = 0; late < 8; late += 1) {
    await balanced.give(diverted.map((trace) => ({ trace, name: `late ${late}` })), 20_000);
  }
  for (const trace of diverted) {
    expect(balanced.whereIs(trace)).toEqual([ownerOf(trace, ['b:1'])]);
  }
  const fresh = tracesOf('new');
  await balanced.give(fresh.map((trace) => ({ trace })));
  for (const trace of fresh) expect(balanced.whereIs(trace)).toEqual([ownerOf(trace)]);
  await balanced.end();
});

test('what waits for a backend that falls silent is routed anew at once', async () => {
  const balanced = await setUp({}, { sending_queue: { num_consumers: 3 } });
  balanced.named('b:1').mode = 'silent';
  await balanced.give(tracesOf('x', 1).map((trace) => ({ trace })));
  for (let round = 0; round < 10; round += 1) {
    await balanced.give(tracesOf(`w${round}`).map((trace) => ({ trace })), 100);
  }
  expect(balanced.named('b:1').requests).toBe(3);
  const waiting = tracesOf('w9').filter((trace) => ownerOf(trace) === 'b:1');
  expect(waiting.flatMap(balanced.whereIs)).toEqual([]);
  while (balanced.health('b:1') === 1) await balanced.clock.advance(100);
  await balanced.clock.advance(10);
  for (const trace of waiting) {
    expect(balanced.whereIs(trace)).toEqual([ownerOf(trace, ['b:1'])]);
  }
  await balanced.end();
});

test('two that fail are both passed by; when all do, every trace is sent to its own', async () => {
  const balanced = await setUp();
  await balanced.fail('b:1', 'away');
  await balanced.fail('d:1', 'away');
  const fresh = tracesOf('two');
  await balanced.give(fresh.map((trace) => ({ trace })));
  for (const trace of fresh) {
    expect(balanced.whereIs(trace)).toEqual([ownerOf(trace, ['b:1', 'd:1'])]);
  }
  await balanced.fail('a:1', 'away');
  await balanced.fail('c:1', 'away');
  const before = BACKENDS.map((endpoint) => balanced.named(endpoint).requests);
  const own = tracesOf('all');
  await balanced.give(own.map((trace) => ({ trace })), 5);
  BACKENDS.forEach((endpoint, index) => {
    expect(balanced.named(endpoint).requests).toBeGreaterThan(before[index]);
    balanced.named(endpoint).mode = 'well';
  });
  await balanced.clock.advance(2000);
  for (const trace of own) expect(balanced.whereIs(trace)).toEqual([ownerOf(trace)]);
  await balanced.end();
});

const FLAPS: [string, number, number, number][] = [
  ['every tenth of a second', 100, 600, 0],
  ['every two seconds', 2000, 60, 2],
  ['every ten seconds', 10_000, 60, 16],
];

test.each(FLAPS)('a backend that comes and goes %s moves traces seldom', async (
  _, everyMs, times, mostChanges,
) => {
  const balanced = await setUp();
  const log = balanced.log.lines;
  for (let turn = 0; turn < times; turn += 1) {
    balanced.named('b:1').mode = turn % 2 === 0 ? 'away' : 'well';
    for (let step = 0; step < 5; step += 1) {
      await balanced.give([{ trace: `${turn}-${step}` }], everyMs / 5);
    }
  }
  const changes = log.filter(({ message }) => / a backend is |^a backend is /.test(message)
    && !message.includes('still'));
  expect(changes.length).toBeLessThanOrEqual(mostChanges);
  balanced.named('b:1').mode = 'well';
  await balanced.clock.advance(600_000);
  expect([balanced.health('b:1'), balanced.exporter.pendingItems]).toEqual([1, 0]);
  await balanced.end();
});

test('without stickiness all traces of a backend that fails go elsewhere at once', async () => {
  const balanced = await setUp({ stickiness: '0s' });
  const begun = tracesOf('begun');
  await balanced.give(begun.map((trace) => ({ trace, name: 'first' })), 1000);
  await balanced.fail('b:1', 'away');
  await balanced.give(begun.map((trace) => ({ trace, name: 'second' })), 2000);
  for (const trace of begun) expect(balanced.whereIs(trace)).toContain(ownerOf(trace, ['b:1']));
  expect(balanced.exporter.pendingItems).toBe(0);
  balanced.named('b:1').mode = 'well';
  await balanced.clock.advance(15_000);
  await balanced.give(begun.map((trace) => ({ trace, name: 'third' })));
  expect(balanced.named('b:1').spans.filter((span) => span.endsWith('third')))
    .toHaveLength(begun.filter((trace) => ownerOf(trace) === 'b:1').length);
  await balanced.end();
});

test('services, which never end, find back to a backend that has recovered', async () => {
  const balanced = await setUp({}, { routing_key: 'service' });
  const services = Array.from({ length: 20 }, (_, number) => `service-${number}`);
  const list = services.map((service) => ({ trace: service, service }));
  const homes = services.filter((service) =>
    walk(RING, Buffer.from(`service.name=${service}|`)) === 'b:1');
  expect(homes.length).toBeGreaterThan(1);
  balanced.named('b:1').mode = 'away';
  while (balanced.health('b:1') === 1) await balanced.give(list, 100);
  for (let round = 0; round < 60; round += 1) await balanced.give(list, 1000);
  expect(balanced.exporter.pendingItems).toBe(0);
  balanced.named('b:1').mode = 'well';
  for (let round = 0; round < 90; round += 1) await balanced.give(list, 1000);
  const before = balanced.named('b:1').services.length;
  await balanced.give(list);
  expect(balanced.named('b:1').services.slice(before).sort()).toEqual(homes.sort());
  await balanced.end();
});

test('a ring that changes meanwhile moves what it moves, and diverted traces stay', async () => {
  const balanced = await setUp();
  await balanced.fail('b:1', 'away');
  const diverted = tracesOf('div', 200).filter((trace) => ownerOf(trace) === 'b:1');
  await balanced.give(diverted.map((trace) => ({ trace })));
  const list = BACKENDS.filter((endpoint) => endpoint !== 'd:1');
  balanced.tell()(list);
  const ring = buildRing(list);
  await balanced.give(diverted.map((trace) => ({ trace })));
  for (const trace of diverted) {
    const first = ownerOf(trace, ['b:1']);
    const then = first === 'd:1' ? walk(ring, traceIdOf(trace), ['b:1']) : first;
    expect(balanced.whereIs(trace)).toEqual([...new Set([first, then])].sort());
  }
  await balanced.end();
});

test('changes are logged once and measured, and series leave with their backend', async () => {
  const balanced = await setUp();
  expect(BACKENDS.map(balanced.health)).toEqual([1, 1, 1, 1]);
  await balanced.fail('b:1', 'away');
  const count = () =>
    balanced.metrics.value('otelgw_loadbalancer_diverted_ids', { exporter: ID });
  const fresh = tracesOf('new');
  await balanced.clock.advance(3000);
  const before = count() ?? 0;
  await balanced.give([...fresh, ...fresh].map((trace) => ({ trace })));
  expect((count() ?? 0) - before).toBe(fresh.filter((trace) => ownerOf(trace) === 'b:1').length);
  balanced.named('b:1').mode = 'well';
  await balanced.clock.advance(30_000);
  const lines = balanced.log.lines.filter(({ fields }) => fields.endpoint === 'b:1');
  expect(lines.map(({ level, message, fields }) => [level, message, fields.passed_by])).toEqual([
    ['warn', 'a backend is unhealthy, new traces pass it by', 1],
    ['info', 'a backend is healthy again, new traces go to it', 0],
  ]);
  balanced.tell()(['a:1']);
  await balanced.clock.advance(10);
  expect(BACKENDS.map(balanced.health)).toEqual([1, undefined, undefined, undefined]);
  await balanced.end();
  expect(balanced.clock.waiting).toBe(0);
});

const RETRIES: [string, object, object, number][] = [
  ['as they are', {}, {}, 0],
  ['off', {}, { enabled: false }, 1],
  ['shorter than stickiness', {}, { max_elapsed_time: '20s' }, 1],
  ['without an end', {}, { max_elapsed_time: '0s' }, 0],
  ['off, without stickiness', { stickiness: '0s' }, { enabled: false }, 0],
];

test.each(RETRIES)('with retries %s, what is lost by stickiness is warned of', async (
  _, failover, retries, warnings,
) => {
  const balanced = await setUp(
    failover, { protocol: { otlp: { retry_on_failure: { ...RETRY, ...retries } } } });
  expect(balanced.log.messages('warn')).toHaveLength(warnings);
  await balanced.end();
});

test('when off, every trace is sent to its own backend, and nothing is measured', async () => {
  const balanced = await setUp({ enabled: false });
  balanced.named('b:1').mode = 'away';
  for (let round = 0; round < 100; round += 1) {
    await balanced.give(tracesOf(`r${round}`, 4).map((trace) => ({ trace })), 100);
  }
  expect(BACKENDS.map(balanced.health)).toEqual([undefined, undefined, undefined, undefined]);
  for (const endpoint of BACKENDS) {
    for (const trace of balanced.named(endpoint).traces) expect(ownerOf(trace)).toBe(endpoint);
  }
  await balanced.end();
});
