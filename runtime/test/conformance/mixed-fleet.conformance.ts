/**
 * A fleet of agents of which one is the real collector: the spans of each trace come half through
 * one and half through the other, and meet at one backend.
 *
 * The name server listens on port 53 of loopback, since `/etc/resolv.conf` knows no other: that
 * takes root, or `net.ipv4.ip_unprivileged_port_start`.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GrpcBackends, USUAL_PORT } from './grpc-backends';
import { RandomChoices } from './random-choices';
import { askHttp } from './raw-request';
import { SIDES, startSide, type RunningCollector, type Side, type SideOptions } from './sides';
import { CertificateAuthority } from '../../local-cluster/certificate';
import { until } from '../../testing/collector-process';
import { endpointSlice, EndpointSliceServer } from '../../testing/endpoint-slice-server';
import { addressRecords, NameServer } from '../../testing/name-server';
import { encodeProto } from '../../testing/otlp-proto';

const TRACES = 400;
const SPANS = 6;
const NAME = 'samplers.tracing.test';
const START = 1_700_000_000_000_000_000n;

let folder: string;
let backends: GrpcBackends;
const closing: (() => unknown)[] = [];
const running: RunningCollector[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'otelgw-fleet-'));
  backends = new GrpcBackends();
});

afterEach(async () => {
  for (const collector of running.splice(0)) collector.stop();
  backends.stop();
  for (const close of closing.splice(0)) await close();
  rmSync(folder, { recursive: true });
});

/** A span's time says of which trace it is. */
function timeOf(trace: number, span: number): string {
  return String(START + BigInt(trace * 1000 + span));
}

function traceOf(time: string): number {
  return Math.floor(Number(BigInt(time) - START) / 1000);
}

/** The spans of all traces that come through `side`: half of each, never the same half. */
function halfOf(side: Side, ids: readonly Buffer[]): Buffer {
  const isOurs = side === 'ours';
  const spans = ids.flatMap((traceId, trace) => Array.from({ length: SPANS }, (_, span) => ({
    traceId,
    spanId: Buffer.from([1, 2, 3, 4, 5, 6, 7, span + 1]),
    name: 'operation',
    startTimeUnixNano: timeOf(trace, span),
    attributes: [{ key: 'tenant', value: { intValue: trace % 17 } }],
  })).filter((_, span) => (span + trace) % 2 === 0 === isOurs));
  const middle = Math.floor(spans.length / 2);
  return encodeProto('ExportTraceServiceRequest', {
    resourceSpans: [spans.slice(0, middle), spans.slice(middle)].map((some) => ({
      resource: { attributes: [{ key: 'host', value: { stringValue: side } }] },
      scopeSpans: [{ scope: {}, spans: some }],
    })),
  });
}

function configuration(resolver: object, more: object, port: number): string {
  const exporter = { protocol: { otlp: { tls: { insecure: true } } }, resolver, ...more };
  return `
extensions: { }
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:${port}" } } } }
exporters: { load_balancing: ${JSON.stringify(exporter)} }
service: { telemetry: { logs: { level: error }, metrics: { level: none } },
  pipelines: { traces: { receivers: [otlp], exporters: [load_balancing] } } }
`;
}

/** Sends all traces through a fleet of both, and gives the backends of each trace. */
async function backendsOfTraces(
  resolver: object, options: SideOptions = {}, more: object = {}, moreOfOurs: object = {},
): Promise<Map<number, Set<string>>> {
  const choose = new RandomChoices(31);
  const ids = Array.from({ length: TRACES }, () => choose.bytes(16));
  await Promise.all(SIDES.map(async (side) => {
    const keys = side === 'ours' ? { ...more, ...moreOfOurs } : more;
    const agent = await startSide(
      side, 1, ([port]) => configuration(resolver, keys, port), options);
    running.push(agent);
    const { status } = await askHttp(agent.ports[0], {
      path: '/v1/traces',
      headers: { 'content-type': 'application/x-protobuf' },
      body: halfOf(side, ids),
    });
    expect(status).toBe(200);
  }));
  await until('all spans', () => backends.items === TRACES * SPANS);
  const found = new Map<number, Set<string>>();
  for (const [time, places] of backends.arrivals('', 'traces')) {
    const trace = traceOf(time);
    found.set(trace, new Set([...found.get(trace) ?? [], ...places]));
  }
  return found;
}

type BackendsOfTraces = ReadonlyMap<number, ReadonlySet<string>>;

/** Traces that came to several backends. */
function splitIn(found: BackendsOfTraces): unknown[] {
  return [...found].filter(([, places]) => places.size > 1);
}

function usedBackends(found: BackendsOfTraces): number {
  return new Set([...found.values()].flatMap((places) => [...places])).size;
}

function expectWhole(found: BackendsOfTraces, backendCount: number): void {
  expect(found.size).toBe(TRACES);
  expect(splitIn(found)).toEqual([]);
  expect(usedBackends(found)).toBe(backendCount);
}

test('with a list of backends no trace is split', async () => {
  const hostnames = [];
  for (let at = 0; at < 5; at += 1) hostnames.push(`127.0.0.1:${await backends.open('127.0.0.1')}`);
  expectWhole(await backendsOfTraces({ static: { hostnames } }), 5);
}, 60_000);

test('with a routing key no trace of one tenant is split', async () => {
  const hostnames = [];
  for (let at = 0; at < 5; at += 1) hostnames.push(`127.0.0.1:${await backends.open('127.0.0.1')}`);
  const more = { routing_key: 'attributes', routing_attributes: ['tenant'] };
  const found = await backendsOfTraces({ static: { hostnames } }, {}, more);
  expect([found.size, splitIn(found)]).toEqual([TRACES, []]);
  // Tenants are few and ports are chosen by chance: a backend may have none of them.
  expect(usedBackends(found)).toBeGreaterThan(1);
}, 60_000);

test('with backends from DNS no trace is split', async () => {
  const addresses = [1, 2, 3, 4].map((last) => `127.10.22.${last}`);
  for (const address of addresses) await backends.open(address, USUAL_PORT);
  const names = new NameServer(({ name, type }) => {
    if (name !== NAME) return 'NXDOMAIN';
    return type === 'A' ? addressRecords(NAME, addresses, 30) : [];
  });
  await names.start('127.10.53.1', 53);
  closing.push(() => names.stop());
  const file = join(folder, 'resolv.conf');
  writeFileSync(file, 'nameserver 127.10.53.1\n');
  const script = `mount --bind ${file} /etc/resolv.conf && exec "$@"`;
  const launcher = ['unshare', '--map-root-user', '--mount', 'sh', '-c', script, 'sh'];
  expectWhole(await backendsOfTraces({ dns: { hostname: NAME } }, { launcher }), 4);
}, 60_000);

/** What both need to find the pods of two slices, of which the second is ready or not. */
async function kubernetes(addresses: readonly string[], isReady: boolean): Promise<SideOptions> {
  for (const address of addresses) await backends.open(address, USUAL_PORT);
  const authority = new CertificateAuthority(Date.now());
  const api = new EndpointSliceServer(authority.issue(['127.0.0.1']));
  api.slices = [
    endpointSlice('a', 1, addresses.slice(0, 2)),
    endpointSlice('b', 1, addresses.slice(2), isReady),
  ];
  const port = await api.listen();
  closing.push(() => api.close());
  return { env: clusterAt(port, authority.cert) };
}

const SERVICE = { k8s: { service: 'sampler.tracing', ports: [USUAL_PORT] } };

test('with backends from Kubernetes no trace is split', async () => {
  const options = await kubernetes([1, 2, 3].map((last) => `127.10.23.${last}`), true);
  expectWhole(await backendsOfTraces(SERVICE, options), 3);
}, 60_000);

test('with pods that are not ready none is split by who is told of older releases', async () => {
  const options = await kubernetes([1, 2, 3].map((last) => `127.10.24.${last}`), false);
  const told = { compatibility: { backends: 1 } };
  expectWhole(await backendsOfTraces(SERVICE, options, {}, told), 3);
}, 60_000);

test('with pods that are not ready some are split by who is not told', async () => {
  const options = await kubernetes([1, 2, 3].map((last) => `127.10.25.${last}`), false);
  expect(splitIn(await backendsOfTraces(SERVICE, options)).length).toBeGreaterThan(0);
}, 60_000);

/** How either side finds the API server. */
function clusterAt(port: number, certificate: string): Record<string, string> {
  const account = { 'ca.crt': certificate, 'token': 'secret', 'namespace': 'tracing' };
  for (const [name, text] of Object.entries(account)) writeFileSync(join(folder, name), text);
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, JSON.stringify({
    'apiVersion': 'v1',
    'kind': 'Config',
    'current-context': 'here',
    'contexts': [{ name: 'here', context: { cluster: 'here', user: 'me' } }],
    'users': [{ name: 'me', user: { token: 'secret' } }],
    'clusters': [{
      name: 'here',
      cluster: {
        'server': `https://127.0.0.1:${port}`, 'certificate-authority': join(folder, 'ca.crt'),
      },
    }],
  }));
  return {
    KUBECONFIG: kubeconfig,
    // The server lists, and then watches; it does not list by a watch.
    KUBE_FEATURE_WatchListClient: 'false',
    KUBERNETES_SERVICE_HOST: '127.0.0.1',
    KUBERNETES_SERVICE_PORT: String(port),
    OTELGW_SERVICE_ACCOUNT_DIR: folder,
  };
}
