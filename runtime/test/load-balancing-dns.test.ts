/** The dns resolver against a name server on loopback that speaks DNS over UDP and TCP. */
import type { LookupAddress } from 'dns';
import { systemClock } from '../clock';
import { DnsResolver } from '../routing/dns-resolver';
import { NameServers } from '../routing/name-servers';
import { componentContext } from '../testing/component-context';
import { addressRecords, NameServer, type Reply, type Zone } from '../testing/name-server';

const NAME = 'sampler.tracing';
const TIMEOUT_MS = 400;
const servers: NameServer[] = [];
const resolvers: DnsResolver[] = [];

afterEach(async () => {
  await Promise.all(resolvers.splice(0).map((resolver) => resolver.stop()));
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

interface Given {
  readonly interval?: number;
  readonly resolvConf?: string;
  readonly hosts?: Readonly<Record<string, readonly LookupAddress[]>>;
}

/**
 * A zone with one name. Unless it is said how long answers hold, no two of them end together, so
 * that none is taken for the one before it out of a cache.
 */
function zoneOf(held: { addresses: readonly string[]; ttl?: number }, name = NAME): Zone {
  let ttl = 30;
  return (question) => {
    if (question.name !== name) return 'NXDOMAIN';
    const isV6 = question.type === 'AAAA';
    const addresses = held.addresses.filter((address) => address.includes(':') === isV6);
    ttl += 3;
    return addressRecords(name, addresses, held.ttl ?? ttl);
  };
}

async function setUp(zone: Zone, given: Given = {}) {
  const server = new NameServer(zone);
  servers.push(server);
  await server.start();
  const context = { ...componentContext('load_balancing'), clock: systemClock };
  const client = new NameServers({
    timeoutMs: TIMEOUT_MS,
    servers: [server.address],
    readResolvConf: async () => given.resolvConf ?? '',
    lookup: async (hostname) => given.hosts?.[hostname]
      ?? Promise.reject(Object.assign(
        new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' })),
  });
  let nones = 0;
  const resolver = new DnsResolver(
    { hostname: NAME, port: '4317', interval: given.interval ?? 20, timeout: TIMEOUT_MS },
    context, client, () => { nones += 1; });
  resolvers.push(resolver);
  const published: (readonly string[])[] = [];
  const start = (): Promise<void> => resolver.start((endpoints) => published.push(endpoints));
  const lookups = (success: boolean): number => context.metrics.value(
    'otelcol_loadbalancer_num_resolutions', { resolver: 'dns', success: String(success) }) ?? 0;
  /** Waits until `count` lookups more have ended that way. */
  const until = async (success: boolean, count: number): Promise<void> => {
    const wanted = lookups(success) + count;
    for (let turn = 0; turn < 1000 && lookups(success) < wanted; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(lookups(success)).toBeGreaterThanOrEqual(wanted);
  };
  return { ...context, server, start, published, until, foundNone: () => nones > 0 };
}

test('addresses of both families are backends', async () => {
  const dns = await setUp(zoneOf({ addresses: ['10.0.0.2', '10.0.0.1', 'fd00::1'] }));
  await dns.start();
  expect(dns.published).toEqual([['10.0.0.1:4317', '10.0.0.2:4317', '[fd00::1]:4317']]);
  expect(dns.server.asked.sort()).toEqual([`udp A ${NAME}`, `udp AAAA ${NAME}`]);
});

test('an answer too large for UDP is asked for again over TCP', async () => {
  const addresses = Array.from({ length: 300 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  const dns = await setUp(zoneOf({ addresses }));
  await dns.start();
  expect(dns.published).toEqual([addresses.map((address) => `${address}:4317`).sort()]);
  expect(dns.server.asked).toContain(`tcp A ${NAME}`);
});

test('the addresses behind an alias are backends', async () => {
  const dns = await setUp((question) => question.type === 'AAAA' ? [] : [
    { type: 'CNAME', name: NAME, ttl: 9, data: 'pods.tracing' },
    ...addressRecords('pods.tracing', ['10.0.0.7'], 5),
  ]);
  await dns.start();
  expect(dns.published).toEqual([['10.0.0.7:4317']]);
});

const FAILURES: [string, Reply][] = [
  ['that the name is gone', 'NXDOMAIN'], ['that it failed', 'SERVFAIL'],
  ['that it does not want to', 'REFUSED'], ['with bytes that are no answer', 'broken'],
  ['nothing', 'silence'], ['that there is no address', []],
];

test.each(FAILURES)('whether there is none is known when the server says %s', async (_, reply) => {
  const dns = await setUp(() => reply);
  await dns.start();
  await dns.until(false, 1);
  expect(dns.foundNone()).toBe(reply === 'NXDOMAIN' || reply.length === 0);
});

test.each(FAILURES)('the backends stay when the server says %s, and follow it after', async (
  _, reply,
) => {
  const dns = await setUp(zoneOf({ addresses: ['10.0.0.1', 'fd00::1'] }));
  await dns.start();
  dns.server.zone = () => reply;
  await dns.until(false, 2);
  expect(dns.published).toEqual([['10.0.0.1:4317', '[fd00::1]:4317']]);
  dns.server.zone = zoneOf({ addresses: ['10.0.0.9'] });
  await dns.until(true, 3);
  expect(dns.published.at(-1)).toEqual(['10.0.0.9:4317']);
});

test('the backends of one family stay when only the other is answered for', async () => {
  const dns = await setUp(zoneOf({ addresses: ['10.0.0.1', 'fd00::1'] }));
  await dns.start();
  const rest = zoneOf({ addresses: ['10.0.0.2'] });
  dns.server.zone = (question) => question.type === 'AAAA' ? 'SERVFAIL' : rest(question);
  await dns.until(true, 3);
  expect(dns.published.at(-1)).toEqual(['10.0.0.2:4317', '[fd00::1]:4317']);
});

test('a server that is silent at first, then there, is asked until it answers', async () => {
  const dns = await setUp(() => 'silence');
  await dns.start();
  expect(dns.published).toEqual([]);
  dns.server.zone = zoneOf({ addresses: ['10.0.0.1'] });
  await dns.until(true, 1);
  expect(dns.published).toEqual([['10.0.0.1:4317']]);
});

test('an answer that holds for a second is asked for again before a long interval', async () => {
  const dns = await setUp(zoneOf({ addresses: ['10.0.0.1'], ttl: 1 }), { interval: 3_600_000 });
  await dns.start();
  await dns.until(true, 1);
  expect(dns.server.asked).toHaveLength(4);
});

test('a short name is found behind a search domain, which is then asked alone', async () => {
  const full = `${NAME}.svc.cluster.local`;
  const dns = await setUp(zoneOf({ addresses: ['10.0.0.1'] }, full), {
    resolvConf: 'search obs.svc.cluster.local svc.cluster.local\noptions ndots:5\n',
  });
  await dns.start();
  const first = dns.server.asked.splice(0);
  expect(first.filter((line) => line.startsWith('udp A '))).toEqual(
    [`udp A ${NAME}.obs.svc.cluster.local`, `udp A ${full}`]);
  await dns.until(true, 1);
  expect(new Set(dns.server.asked)).toEqual(new Set([`udp A ${full}`, `udp AAAA ${full}`]));
  expect(dns.published).toEqual([['10.0.0.1:4317']]);
});

test('a failure behind the domain where the name was does not send it elsewhere', async () => {
  const full = `${NAME}.svc.cluster.local`;
  const dns = await setUp(zoneOf({ addresses: ['10.0.0.1'] }, full), {
    resolvConf: 'search svc.cluster.local\noptions ndots:5\n',
  });
  await dns.start();
  const elsewhere = zoneOf({ addresses: ['10.6.6.6'] });
  dns.server.zone = (question) => question.name === full ? 'SERVFAIL' : elsewhere(question);
  await dns.until(false, 2);
  expect(dns.published).toEqual([['10.0.0.1:4317']]);
});

test('a name that no server knows is looked up as the machine does, as a number is', async () => {
  const hosts = { [NAME]: [{ address: '10.0.0.5', family: 4 }] };
  const dns = await setUp(() => 'NXDOMAIN', { hosts });
  await dns.start();
  expect(dns.published).toEqual([['10.0.0.5:4317']]);
  const client = new NameServers({ timeoutMs: TIMEOUT_MS, servers: [dns.server.address] });
  expect(await client.ask('127.0.0.1')).toEqual(
    { addresses: [{ address: '127.0.0.1', family: 4 }], unanswered: [] });
});
