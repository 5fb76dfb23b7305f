import type { LookupAddress } from 'dns';
import { DnsResolver, DnsResolverSettings } from './dns-resolver';
import type { Family, NameClient } from './name-servers';
import { componentContext } from '../testing/component-context';

/** Addresses, how long they hold in seconds, and the families that nobody answered for. */
interface Held {
  readonly addresses: readonly string[];
  readonly ttl?: number;
  /** Where it is not the same for both families. */
  readonly ttls?: Readonly<Record<Family, number>>;
  readonly unanswered?: readonly Family[];
}

type Answer = readonly string[] | Held | Error | 'silence';

const SETTINGS: DnsResolverSettings = {
  hostname: 'sampler.tracing', port: '4317', interval: 5000, timeout: 1000,
};

function addresses(answer: readonly string[]): LookupAddress[] {
  return answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
}

/** A resolver that gets `answers` one after the other, the last one for ever. */
function setUp(answers: Answer[], settings: Partial<DnsResolverSettings> = {}) {
  const context = componentContext('load_balancing');
  const asked: number[] = [];
  const client: NameClient & { cancelled: number } = {
    cancelled: 0,
    cancel: () => { client.cancelled++; },
    ask: async () => {
      asked.push(context.clock.monotonic());
      const answer = answers.length > 1 ? answers.shift() as Answer : answers[0];
      if (answer === 'silence') return new Promise(() => undefined);
      if (answer instanceof Error) throw answer;
      const held: Held = 'addresses' in answer ? answer : { addresses: answer };
      return {
        addresses: addresses(held.addresses),
        unanswered: held.unanswered ?? [],
        ttlMs: held.ttl === undefined ? undefined : held.ttl * 1000,
        ttlMsOf: held.ttls && { 4: held.ttls[4] * 1000, 6: held.ttls[6] * 1000 },
      };
    },
  };
  const resolver = new DnsResolver({ ...SETTINGS, ...settings }, context, client);
  const published: string[] = [];
  const resolutions = (success: boolean): number | undefined => context.metrics.value(
    'otelcol_loadbalancer_num_resolutions', { resolver: 'dns', success: String(success) });
  const start = () => resolver.start((endpoints) => published.push(endpoints.join(' ')));
  return { ...context, client, resolver, published, asked, resolutions, start };
}

const SPELLINGS: [string, string[], string, string][] = [
  ['an IPv4 address gets the port', ['10.0.0.1'], '4317', '10.0.0.1:4317'],
  ['an IPv6 address gets brackets and the port', ['fd00::1'], '4317', '[fd00::1]:4317'],
  ['without a port nothing is appended', ['fd00::1', '10.0.0.1'], '', '10.0.0.1 [fd00::1]'],
  ['the list is in the order of its bytes', ['10.0.0.9', '10.0.0.10'], '1',
    '10.0.0.10:1 10.0.0.9:1'],
  ['an address that is given twice counts once', ['10.0.0.1', '10.0.0.1'], '1', '10.0.0.1:1'],
];

test.each(SPELLINGS)('%s', async (_, answer, port, published) => {
  const dnsOf = setUp([answer], { port });
  await dnsOf.start();
  await dnsOf.resolver.stop();
  expect(dnsOf.published).toEqual([published]);
});

const A = '10.0.0.1';
const B = '10.0.0.2';
const C = 'fd00::3';
const COURSES: [string, Answer[], string[]][] = [
  ['the same answer is published once', [[A], [A], [A]], ['A']],
  ['a new address is used at once', [[A], [A, B], [A, B]], ['A', 'A B']],
  ['an address missing once stays', [[A, B], [A], [A, B]], ['A B']],
  ['an address missing twice leaves', [[A, B], [A], [A]], ['A B', 'A']],
  ['a failed lookup between two short answers counts for nothing',
    [[A, B], [A], new Error('SERVFAIL'), [A, B]], ['A B']],
  ['a failed lookup keeps the list', [[A, B], new Error('ENOTFOUND'), [A, B]], ['A B']],
  ['an empty answer keeps the list', [[A, B], [], [], []], ['A B']],
  ['a lookup that does not answer keeps the list', [[A, B], 'silence'], ['A B']],
  ['a short answer that comes out of a cache again moves nothing', [
    [A, B], { addresses: [A], ttl: 30 }, { addresses: [A], ttl: 25 }, { addresses: [A], ttl: 20 },
    [A, B],
  ], ['A B']],
  ['a short answer out of a cache moves nothing where the other family is asked for anew', [
    [A, B, C], { addresses: [A, C], ttl: 5, ttls: { 4: 30, 6: 5 } },
    { addresses: [A, C], ttl: 25, ttls: { 4: 25, 6: 60 } }, [A, B, C],
  ], ['A B C']],
  ['a short answer that the server itself gives twice is believed', [
    [A, B], { addresses: [A], ttl: 30 }, { addresses: [A], ttl: 30 },
  ], ['A B', 'A']],
  ['a short answer that holds less than the one before is another', [
    [A, B], { addresses: [A], ttl: 86_400 }, { addresses: [A], ttl: 60 },
  ], ['A B', 'A']],
  ['an address that a cache adds meanwhile is not forgotten with what it lacked', [
    { addresses: [A], ttl: 30 }, { addresses: [A, B], ttl: 25 }, { addresses: [A], ttl: 30 },
    { addresses: [A, B], ttl: 30 },
  ], ['A', 'A B']],
  ['a family that nobody answers for stays', [
    [A, B, C], { addresses: [A], unanswered: [6] }, { addresses: [A], unanswered: [6] },
    { addresses: [A], unanswered: [6] },
  ], ['A B C', 'A C']],
  ['the other family alone does not make an answer empty', [
    [C], { addresses: [], unanswered: [6] }, [A],
  ], ['C', 'A C', 'A']],
];

test.each(COURSES)('%s', async (_, answers, published) => {
  const dnsOf = setUp([...answers]);
  await dnsOf.start();
  await dnsOf.clock.advance(5000 * answers.length);
  await dnsOf.resolver.stop();
  const named = dnsOf.published.map((list) =>
    list.replaceAll(`${A}:4317`, 'A').replaceAll(`${B}:4317`, 'B')
      .replaceAll(`[${C}]:4317`, 'C'));
  expect(named).toEqual(published);
});

const BELIEVED: [string, Answer[], string[]][] = [
  ['an address missing once leaves', [[A, B], [A], [A, B]], ['A B', 'A', 'A B']],
  ['a family that nobody answers for leaves', [
    [A, C], { addresses: [A], unanswered: [6] }, [A, C],
  ], ['A C', 'A', 'A C']],
  ['an empty answer keeps the list', [[A, B], [], []], ['A B']],
];

test.each(BELIEVED)('as upstream has it: %s', async (_, answers, published) => {
  const dnsOf = setUp([...answers], { generation: 2 });
  await dnsOf.start();
  await dnsOf.clock.advance(5000 * answers.length);
  await dnsOf.resolver.stop();
  const named = dnsOf.published.map((list) => list.replaceAll(`${A}:4317`, 'A')
    .replaceAll(`${B}:4317`, 'B').replaceAll(`[${C}]:4317`, 'C'));
  expect(named).toEqual(published);
});

test('as upstream has it: an answer that holds shorter is not asked for sooner', async () => {
  const dnsOf = setUp([{ addresses: [A], ttl: 2 }], { generation: 2 });
  await dnsOf.start();
  await dnsOf.clock.advance(10_000);
  await dnsOf.resolver.stop();
  expect(dnsOf.asked).toEqual([0, 5000, 10_000]);
});

test('a name that is unknown at the start is no error, and is asked for every second', async () => {
  const dnsOf = setUp([new Error('ENOTFOUND'), new Error('ENOTFOUND'), [A]]);
  await dnsOf.start();
  expect(dnsOf.published).toEqual([]);
  await dnsOf.clock.advance(12_000);
  await dnsOf.resolver.stop();
  expect(dnsOf.published).toEqual([`${A}:4317`]);
  expect(dnsOf.asked).toEqual([0, 1000, 2000, 7000, 12_000]);
  expect(dnsOf.log.messages('warn')).toHaveLength(1);
  expect([dnsOf.resolutions(true), dnsOf.resolutions(false)]).toEqual([3, 2]);
});

test('a lookup that hangs at the start ends the wait after the time-out', async () => {
  const dnsOf = setUp(['silence']);
  const started = dnsOf.start();
  await dnsOf.clock.advance(1000);
  await started;
  await dnsOf.resolver.stop();
  expect(dnsOf.resolutions(false)).toBe(1);
});

test('a lookup that hangs is called off, and the next comes when it is time', async () => {
  const dnsOf = setUp([[A], 'silence', [A, B]]);
  await dnsOf.start();
  await dnsOf.clock.advance(60_000);
  expect(dnsOf.client.cancelled).toBe(1);
  await dnsOf.resolver.stop();
  expect(dnsOf.asked.slice(0, 4)).toEqual([0, 5000, 11_000, 16_000]);
  expect(dnsOf.published.at(-1)).toBe(`${A}:4317 ${B}:4317`);
});

const WAITS: [string, number | undefined, number][] = [
  ['an answer that nobody says a time of', undefined, 5000],
  ['an answer that holds longer than the interval', 30, 5000],
  ['an answer that holds shorter', 2, 2000],
  ['an answer that does not hold at all', 0, 1000],
];

test.each(WAITS)('after %s the next lookup comes in time', async (_, ttl, wait) => {
  const dnsOf = setUp([{ addresses: [A], ttl }]);
  await dnsOf.start();
  await dnsOf.clock.advance(wait - 1);
  expect(dnsOf.asked).toEqual([0]);
  await dnsOf.clock.advance(1);
  await dnsOf.resolver.stop();
  expect(dnsOf.asked).toEqual([0, wait]);
});

test('nothing is published and nothing is waited for after stop', async () => {
  const dnsOf = setUp([[A], [A, B]]);
  await dnsOf.start();
  await dnsOf.resolver.stop();
  await dnsOf.resolver.stop();
  await dnsOf.clock.advance(60_000);
  expect(dnsOf.published).toEqual([`${A}:4317`]);
  expect(dnsOf.clock.waiting).toBe(0);
});
