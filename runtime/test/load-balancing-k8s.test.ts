/** The k8s resolver against an API server over HTTPS that lists, watches, drops and forgets. */
import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { systemClock } from '../clock';
import { CertificateAuthority } from '../local-cluster/certificate';
import { K8sResolver } from '../routing/k8s-resolver';
import { inClusterAddress, KubeApi } from '../routing/kube-api';
import { componentContext } from '../testing/component-context';
import { EndpointSliceServer, endpointSlice as slice } from '../testing/endpoint-slice-server';

interface Stage {
  readonly api: EndpointSliceServer;
  readonly folder: string;
  readonly resolver: K8sResolver;
  readonly published: string[];
  /** How long a list may take; it is read at the start. */
  timeoutMs: number;
  readonly log: ReturnType<typeof componentContext>['log'];
  start(): Promise<void>;
  until(holds: () => boolean): Promise<void>;
}

let stage: Stage;

beforeEach(async () => {
  const authority = new CertificateAuthority(Date.now());
  const api = new EndpointSliceServer(authority.issue(['127.0.0.1']));
  const port = await api.listen();
  const folder = mkdtempSync(join(tmpdir(), 'otelgw-account-'));
  writeFileSync(join(folder, 'ca.crt'), authority.cert);
  writeFileSync(join(folder, 'token'), 'first\n');
  writeFileSync(join(folder, 'namespace'), 'tracing');
  const address = inClusterAddress({
    KUBERNETES_SERVICE_HOST: '127.0.0.1',
    KUBERNETES_SERVICE_PORT: String(port),
    OTELGW_SERVICE_ACCOUNT_DIR: folder,
  });
  const context = { ...componentContext('load_balancing'), clock: systemClock };
  const resolver = new K8sResolver(
    { service: 'sampler', ports: [4317], returnHostnames: false },
    () => new KubeApi(address, stage.timeoutMs, systemClock, 2), context, () => 0.01);
  const published: string[] = [];
  stage = {
    api,
    folder,
    resolver,
    published,
    timeoutMs: 60_000,
    log: context.log,
    start: () => resolver.start((endpoints) => published.push(endpoints.join(' '))),
    until: async (holds) => {
      for (let turn = 0; turn < 400 && !holds(); turn++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      expect({ holds: holds(), published }).toEqual({ holds: true, published });
    },
  };
});

afterEach(async () => {
  await stage.resolver.stop();
  await stage.api.close();
  rmSync(stage.folder, { recursive: true });
});

test('what is ready is published, and every change of it', async () => {
  const { api, published, start, until } = stage;
  api.slices = [slice('a', 1, ['10.0.0.2', '10.0.0.1']), slice('b', 1, ['10.0.0.3'], false)];
  await start();
  expect(published).toEqual(['10.0.0.1:4317 10.0.0.2:4317']);
  await until(() => api.watching === 1);
  await api.tell('MODIFIED', slice('b', 2, ['10.0.0.3']));
  await until(() => published.length === 2);
  await api.tell('DELETED', slice('a', 3, []));
  await until(() => published.length === 3);
  expect(published.slice(1)).toEqual([
    '10.0.0.1:4317 10.0.0.2:4317 10.0.0.3:4317', '10.0.0.3:4317',
  ]);
});

test('a watch that ended or dropped goes on from the last version with the new token', async () => {
  const { api, folder, published, start, until } = stage;
  api.version = 40;
  await start();
  await until(() => api.watching === 1);
  await api.tell('ADDED', slice('a', 44, ['10.0.0.1']));
  await until(() => published.length === 1);
  writeFileSync(join(folder, 'token'), 'second');
  api.drop();
  await until(() => api.requests.length === 3 && api.watching === 1);
  api.end();
  await until(() => api.requests.length === 4 && api.watching === 1);
  expect(api.requests.map(({ searchParams }) => [
    searchParams.get('watch'), searchParams.get('resourceVersion'),
    searchParams.get('timeoutSeconds'),
  ])).toEqual([
    [null, '0', null], ['true', '40', '60'], ['true', '44', '60'], ['true', '44', '60'],
  ]);
  expect(api.tokens).toEqual([
    'Bearer first', 'Bearer first', 'Bearer second', 'Bearer second',
  ]);
});

test('a version that is gone is followed by a new list', async () => {
  const { api, published, start, until } = stage;
  api.slices = [slice('a', 1, ['10.0.0.1'])];
  await start();
  await until(() => api.watching === 1);
  api.slices = [slice('a', 90, ['10.0.0.9'])];
  api.version = 90;
  await api.tell('ERROR', { kind: 'Status', code: 410, message: 'too old resource version' });
  await until(() => published.length === 2);
  expect(published[1]).toBe('10.0.0.9:4317');
  expect(api.requests[2].searchParams.has('resourceVersion')).toBe(false);
});

test('without the permission to list it starts, says so, and goes on asking', async () => {
  const { api, log, published, start, until } = stage;
  api.slices = [slice('a', 1, ['10.0.0.1'])];
  api.refuse = { code: 403, message: 'user "agent" cannot list resource "endpointslices"' };
  await start();
  expect(published).toEqual([]);
  expect(log.lines[0].fields.error).toMatch(/got 403 user "agent" cannot list/);
  api.refuse = undefined;
  await until(() => published.length === 1);
});

test('an API server that dies leaves the backends as they are', async () => {
  const { api, log, published, start, until } = stage;
  api.slices = [slice('a', 1, ['10.0.0.1'])];
  await start();
  await until(() => api.watching === 1);
  await api.close();
  await until(() => log.messages('warn').length > 0);
  expect(published).toEqual(['10.0.0.1:4317']);
});

test('a server whose certificate comes from elsewhere is not believed', async () => {
  const { api, folder, log, published, start } = stage;
  api.slices = [slice('a', 1, ['10.0.0.1'])];
  writeFileSync(join(folder, 'ca.crt'), new CertificateAuthority(Date.now()).cert);
  await start();
  expect(published).toEqual([]);
  expect(log.lines[0].fields.error).toMatch(/certificate/);
});

function five(version: number): object[] {
  return [1, 2, 3, 4, 5].map((n) => slice(`s${n}`, version, [`10.0.${version}.${n}`]));
}

test('a long list is read page by page, and is whole before it is used', async () => {
  const { api, published, start, until } = stage;
  api.slices = five(1);
  await start();
  await until(() => api.watching === 1);
  api.slices = five(2);
  await api.tell('ERROR', { kind: 'Status', code: 410, message: 'too old resource version' });
  await until(() => api.watching === 1 && published.length > 1);
  expect(published).toEqual([1, 2].map((version) =>
    [1, 2, 3, 4, 5].map((n) => `10.0.${version}.${n}:4317`).join(' ')));
  expect(api.requests.slice(2, 5).map(({ searchParams }) => [
    searchParams.get('limit'), searchParams.get('continue'), searchParams.get('resourceVersion'),
  ])).toEqual([['2', null, null], ['2', '2', null], ['2', '4', null]]);
});

test('a list whose moment is gone between two pages is asked for at once', async () => {
  const { api, published, start, until } = stage;
  api.slices = five(1);
  await start();
  await until(() => api.watching === 1);
  api.slices = five(3);
  api.refusePages = { code: 410, message: 'The provided continue parameter is too old' };
  await api.tell('ERROR', { kind: 'Status', code: 410, message: 'too old resource version' });
  await until(() => published.length > 1);
  expect(published[1]).toContain('10.0.3.5');
  expect(api.requests[4].searchParams.has('limit')).toBe(false);
});

test('a list that is gone itself is asked for again, afresh', async () => {
  const { api, published, start, until } = stage;
  api.slices = [slice('a', 1, ['10.0.0.1'])];
  api.refuse = { code: 410, message: 'Expired' };
  await start();
  api.refuse = undefined;
  await until(() => published.length === 1);
  expect(api.requests[1].searchParams.has('resourceVersion')).toBe(false);
});

const BROKEN_LISTS: [string, string, RegExp][] = [
  ['no JSON', '{"items": [', /list: must be JSON, got/],
  ['no object', '[]', /list: must be an object, got a list/],
  ['no list in it', '{"items": {}}', /list\.items: must be a list, got an object/],
  ['a slice without a name', '{"items": [{"metadata": {}}]}', /name: must be a name, got ""/],
  ['an address that is none', JSON.stringify({ items: [slice('a', 1, ['10.0.0.1/x'])] }),
    /items\[0\]\.endpoints\[0\]\.addresses\[0\]: must be a name or an address, got/],
];

test.each(BROKEN_LISTS)('a list with %s is told, and asked for again', async (_, body, told) => {
  const { api, log, published, start, until } = stage;
  api.slices = [slice('a', 1, ['10.0.0.1'])];
  api.listBody = body;
  await start();
  expect([published, log.lines[0].fields.error]).toEqual([[], expect.stringMatching(told)]);
  api.listBody = undefined;
  await until(() => published.length === 1);
});

const BROKEN_EVENTS: [string, string][] = [
  ['is no JSON', 'watch closed\n'],
  ['is of no kind', '{"type":"OOPS","object":{}}\n'],
  ['has no object', '{"type":"ADDED"}\n'],
  ['does not end', `{"type":"ADDED","object":"${'x'.repeat(5_000_000)}`],
];

test.each(BROKEN_EVENTS)('an event that %s leads to a new list', async (_, text) => {
  const { api, published, start, until } = stage;
  api.slices = [slice('a', 1, ['10.0.0.1'])];
  await start();
  await until(() => api.watching === 1);
  api.slices = [slice('a', 2, ['10.0.0.2'])];
  api.write(text);
  await until(() => published.length === 2);
  expect(published).toEqual(['10.0.0.1:4317', '10.0.0.2:4317']);
});

test('a list that is not answered in time is asked for again', async () => {
  const { api, log, published, start, until } = stage;
  stage.timeoutMs = 300;
  api.slices = [slice('a', 1, ['10.0.0.1'])];
  api.isSilent = true;
  await start();
  expect(log.lines[0].fields.error).toMatch(/must be answered in 300 ms, got no end of it/);
  api.isSilent = false;
  await until(() => published.length === 1);
});

test('outside a cluster there is no address', () => {
  expect(() => inClusterAddress({})).toThrow(
    'resolver.k8s: must run in a cluster, where KUBERNETES_SERVICE_HOST and'
    + ' KUBERNETES_SERVICE_PORT are set, got "" and ""');
});
