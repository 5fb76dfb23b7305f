/** The k8s resolver against an API server over HTTPS that lists, watches, drops and forgets. */
import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import type { IncomingMessage, ServerResponse } from 'http';
import { createServer, Server } from 'https';
import type { AddressInfo } from 'net';
import { tmpdir } from 'os';
import { join } from 'path';
import { systemClock } from '../clock';
import { K8sResolver } from '../exporters/load-balancing/k8s-resolver';
import { inClusterAddress, KubeApi } from '../exporters/load-balancing/kube-api';
import { CertificateAuthority } from '../local-cluster/certificate';
import { componentContext } from '../testing/component-context';

const SELECTOR = 'kubernetes.io/service-name=sampler';

function slice(name: string, version: number, addresses: string[], ready = true): object {
  return {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: { name, namespace: 'tracing', resourceVersion: String(version) },
    addressType: 'IPv4',
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready } })),
    ports: [{ name: 'otlp-grpc', port: 4317 }],
  };
}

/** Answers as Kubernetes does, from slices that a test sets. */
class ApiServer {
  public readonly requests: URL[] = [];
  public readonly tokens: (string | undefined)[] = [];
  public slices: object[] = [];
  public version = 1;
  public refuse?: { readonly code: number; readonly message: string };
  private readonly watches = new Set<ServerResponse>();
  private readonly server: Server;

  public constructor(tls: { readonly cert: string; readonly key: string }) {
    this.server = createServer(tls, (request, response) => this.answer(request, response));
  }

  public async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return (this.server.address() as AddressInfo).port;
  }

  public async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  public get watching(): number {
    return this.watches.size;
  }

  /** Tells all watches, in two pieces that break a line and a character. */
  public async tell(type: string, object: object): Promise<void> {
    const line = Buffer.from(`${JSON.stringify({ type, object, note: 'žluť' })}\n`);
    for (const watch of this.watches) watch.write(line.subarray(0, line.length - 7));
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (const watch of this.watches) watch.write(line.subarray(line.length - 7));
  }

  public end(): void {
    for (const watch of this.watches) watch.end();
  }

  public drop(): void {
    for (const watch of this.watches) watch.destroy();
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'https://kubernetes');
    this.requests.push(url);
    this.tokens.push(request.headers.authorization);
    const namespaced = '/apis/discovery.k8s.io/v1/namespaces/tracing/endpointslices';
    const isKnown = url.pathname === namespaced
      && url.searchParams.get('labelSelector') === SELECTOR;
    if (!isKnown || this.refuse !== undefined) {
      const { code, message } = this.refuse ?? { code: 404, message: `${url} is not there` };
      response.writeHead(code, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ kind: 'Status', code, message }));
    } else if (url.searchParams.get('watch') === 'true') {
      this.watches.add(response);
      response.on('close', () => this.watches.delete(response));
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    } else {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({
        kind: 'EndpointSliceList',
        metadata: { resourceVersion: String(this.version) },
        items: this.slices,
      }));
    }
  }
}

interface Stage {
  readonly api: ApiServer;
  readonly folder: string;
  readonly resolver: K8sResolver;
  readonly published: string[];
  readonly log: ReturnType<typeof componentContext>['log'];
  start(): Promise<void>;
  until(holds: () => boolean): Promise<void>;
}

let stage: Stage;

beforeEach(async () => {
  const authority = new CertificateAuthority(Date.now());
  const api = new ApiServer(authority.issue(['127.0.0.1']));
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
  const settings = { service: 'sampler', ports: [4317], returnHostnames: false };
  const source = new KubeApi(address, 60_000, systemClock);
  const resolver = new K8sResolver(settings, () => source, context, () => 0.01);
  const published: string[] = [];
  stage = {
    api,
    folder,
    resolver,
    published,
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

test('outside a cluster there is no address', () => {
  expect(() => inClusterAddress({})).toThrow(
    'resolver.k8s: must run in a cluster, where KUBERNETES_SERVICE_HOST and'
    + ' KUBERNETES_SERVICE_PORT are set, got "" and ""');
});
