import dns from 'dns';
import type { LookupAddress } from 'dns';
import { DnsResolver, DnsResolverSettings, Lookup } from './dns-resolver';
import { componentContext } from '../../testing/component-context';
import { settle } from '../../testing/fake-clock';

type Answer = readonly string[] | Error | 'silence';

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
  const lookup: Lookup = async () => {
    asked.push(context.clock.monotonic());
    const answer = answers.length > 1 ? answers.shift() as Answer : answers[0];
    if (answer === 'silence') return new Promise(() => undefined);
    if (answer instanceof Error) throw answer;
    return addresses(answer);
  };
  const resolver = new DnsResolver({ ...SETTINGS, ...settings }, context, lookup);
  const published: string[] = [];
  const resolutions = (success: boolean): number | undefined => context.metrics.value(
    'otelcol_loadbalancer_num_resolutions', { resolver: 'dns', success: String(success) });
  const start = () => resolver.start((endpoints) => published.push(endpoints.join(' ')));
  return { ...context, resolver, published, asked, resolutions, start };
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
];

test.each(COURSES)('%s', async (_, answers, published) => {
  const dnsOf = setUp([...answers]);
  await dnsOf.start();
  await dnsOf.clock.advance(5000 * answers.length);
  await dnsOf.resolver.stop();
  const named = dnsOf.published.map((list) =>
    list.replaceAll(`${A}:4317`, 'A').replaceAll(`${B}:4317`, 'B'));
  expect(named).toEqual(published);
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

test('no second lookup is started while one hangs', async () => {
  const dnsOf = setUp([[A], 'silence']);
  await dnsOf.start();
  await dnsOf.clock.advance(60_000);
  await dnsOf.resolver.stop();
  expect(dnsOf.asked).toHaveLength(2);
  expect(dnsOf.resolutions(false)).toBeGreaterThan(5);
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

test('without a lookup of its own it calls the one that the dns module has then', async () => {
  const context = componentContext('load_balancing');
  const resolver = new DnsResolver(SETTINGS, context);
  const published: (readonly string[])[] = [];
  const spy = jest.spyOn(dns, 'lookup').mockImplementation(((
    _name: string, _options: object, done: (error: null, found: LookupAddress[]) => void,
  ) => { done(null, addresses([B])); }) as typeof dns.lookup);
  await resolver.start((endpoints) => published.push(endpoints));
  await settle();
  await resolver.stop();
  expect(spy).toHaveBeenCalledWith(SETTINGS.hostname, { all: true }, expect.any(Function));
  expect(published).toEqual([[`${B}:4317`]]);
  spy.mockRestore();
});
