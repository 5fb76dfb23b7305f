import { get } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { clusterObjects } from './fixtures/cluster-manifests';
import { portOnHost } from '../local-cluster/address-plan';
import { runClusterCommand } from '../local-cluster/cluster-command';
import { nameOf } from '../local-cluster/kubernetes';
import { LocalCluster } from '../local-cluster/local-cluster';
import { sortManifests } from '../local-cluster/manifests';
import type { Pod } from '../local-cluster/pod';

const WAIT_MS = 20_000;

const program: [string, ...string[]] = [
  process.execPath,
  '--import', pathToFileURL(require.resolve('tsx')).href,
  '--import', pathToFileURL(join(__dirname, '../local-cluster/pod-preload.ts')).href,
  join(__dirname, 'fixtures/pod-program.ts'),
];

function fetchText(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false, timeout: 5000 }, (response) => {
      let text = '';
      response.on('data', (part) => { text += part; });
      response.on('end', () => resolve(text));
    }).on('error', reject);
  });
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + WAIT_MS;
  while (!await condition()) {
    if (Date.now() > deadline) throw new Error(`condition: must hold in ${WAIT_MS} ms, got never`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

function ask(pod: Pod, path: string, of = ''): Promise<string> {
  return fetchText(`http://${pod.identity.address}:8080/${path}?of=${encodeURIComponent(of)}`);
}

describe('a local cluster', () => {
  let cluster: LocalCluster;
  const refusals: string[] = [];
  const pool = (name: string) => cluster.workloads.pool(name);
  const allReady = (): boolean => cluster.workloads.pools.every((each) =>
    each.ready === each.replicas && each.pods.length === each.replicas);
  const pid = (pod: Pod): Promise<string> => ask(pod, 'env', 'POD_NAME');

  beforeAll(async () => {
    cluster = await LocalCluster.create({
      manifests: sortManifests(clusterObjects),
      program,
      nodes: 2,
      seed: 1,
      refused: (sentence) => refusals.push(sentence),
    });
    await cluster.start();
    await until(allReady);
  }, 60_000);

  afterAll(async () => {
    await cluster?.stop();
  }, 30_000);

  test('plays a host that no manifest defines as a backend', () => {
    expect(cluster.backends.names).toEqual(['trace-store']);
  });

  test('gives a pod its variables from the downward API, limits and played Secrets', async () => {
    const [pod] = pool('db').pods;
    expect(await ask(pod, 'env', 'POD_IP')).toBe(pod.identity.address);
    expect(await ask(pod, 'env', 'LIMIT')).toBe('256');
    expect(await ask(pod, 'env', 'API_KEY')).toBe('played-vendor-api-key');
  });

  test('gives a pod its ConfigMaps as files, and tells it where they are', async () => {
    const [pod] = pool('db').pods;
    const [run, option, path, name] = JSON.parse(await ask(pod, 'argv')) as string[];
    expect([run, option, name]).toEqual(['run', '--config', `--name=${pod.identity.name}`]);
    expect(path).not.toBe('/etc/otelgw/collector.yaml');
    expect(await ask(pod, 'file', path)).toContain('trace-store:4317');
    expect(await ask(pod, 'env', 'CONFIG')).toBe(path);
  });

  test('resolves names of Services as a pod of the same namespace does', async () => {
    const [pod] = pool('web').pods;
    const service = cluster.services.services.find((each) => nameOf(each) === 'web');
    const address = service && cluster.services.addressOf(service);
    const all = pool('db').pods.map(({ identity }) => identity.address).sort().join(' ');
    const first = pool('db').pods.find(({ identity }) => identity.name === 'db-0');
    expect(await ask(pod, 'lookup', 'web')).toBe(address);
    expect(await ask(pod, 'lookup', 'web.tests.svc.cluster.local')).toBe(address);
    expect(await ask(pod, 'lookup', 'db-all')).toBe(all);
    expect(await ask(pod, 'lookup', 'db-0.db-all.tests')).toBe(first?.identity.address);
    expect(await ask(pod, 'lookup', 'nobody')).toBe('ENOTFOUND');
    expect(await ask(pod, 'resolve', 'web')).toBe(`${address} 5`);
    expect(await ask(pod, 'resolve', 'nobody')).toBe('ENOTFOUND');
  });

  test('reaches a pod through its Service, which does not hide who asks', async () => {
    const [pod] = pool('db').pods;
    const seen = new Set<string>();
    await until(async () => {
      const { pod: name, remote } = JSON.parse(await ask(pod, 'get', 'http://web/who')) as {
        pod: string; remote: string;
      };
      expect(remote).toBe(pod.identity.address);
      seen.add(name);
      return seen.size === 2;
    });
    expect([...seen].sort()).toEqual(pool('web').pods.map(({ identity }) => identity.name).sort());
  });

  test('keeps what listens on localhost inside the pod', async () => {
    const [pod, other] = pool('db').pods;
    expect(await ask(pod, 'get', 'http://localhost:8081/who')).toContain(pod.identity.name);
    expect(await ask(other, 'get', `http://${pod.identity.address}:8081/who`))
      .toContain('ECONNREFUSED');
  });

  test('has no way outside', async () => {
    const [pod] = pool('db').pods;
    expect(await ask(pod, 'get', 'http://192.0.2.1/')).toContain('ENETUNREACH');
  });

  test('takes a pod that is not ready out of its Services', async () => {
    const [pod, other] = pool('db').pods;
    await ask(pod, 'turn', 'unready');
    await until(() => pod.state === 'not ready');
    expect(await ask(other, 'lookup', 'db-all')).toBe(other.identity.address);
    await ask(pod, 'turn', 'ready');
    await until(() => pod.state === 'ready');
  });

  test('starts a container again that has ended', async () => {
    const [pod] = pool('db').pods;
    await ask(pod, 'exit');
    await until(() => pod.state === 'crashed');
    await until(() => pod.state === 'ready');
    expect(pod.restarts).toBe(1);
    expect(pod.trouble).toContain('exit code 3');
  });

  test('starts a container again that is killed', async () => {
    const [pod] = pool('db').pods;
    runClusterCommand(cluster, `kill pod ${pod.identity.name}`);
    await until(() => pod.state === 'crashed');
    await until(() => pod.state === 'ready');
    expect([pod.restarts, pod.trouble]).toEqual([2, expect.stringContaining('SIGKILL')]);
  });

  test('lets a pod stand still for a while', async () => {
    const [pod] = pool('db').pods;
    runClusterCommand(cluster, `pause pod ${pod.identity.name} 3s`);
    await until(() => pod.state === 'not ready');
    await until(() => pod.state === 'ready');
    expect(pod.restarts).toBe(2);
  });

  test('takes no connections to a backend for a while', async () => {
    const [pod] = pool('db').pods;
    const isClosed = async (): Promise<boolean> =>
      (await ask(pod, 'get', 'http://trace-store:4317/')).includes('ECONNREFUSED');
    expect(await isClosed()).toBe(false);
    runClusterCommand(cluster, 'close backend trace-store 1s');
    await until(isClosed);
    await until(async () => !await isClosed());
  });

  test.each([
    ['scale db', 'command: must be one of scale NAME NUMBER · restart NAME · '],
    ['scale db many', 'command: must be one of scale'],
    ['pause pod db-0 soon', 'time: must be a duration such as 5s, got "soon"'],
    ['kill pod db-9', 'pod: must be one of db-0'],
    ['close backend store 1s', 'backend: must be one of trace-store, got "store"'],
  ])('refuses the command "%s"', (command, sentence) => {
    expect(() => runClusterCommand(cluster, command)).toThrow(sentence);
  });

  test('scales, and gives a deleted pod of a StatefulSet its name again', async () => {
    pool('db').scale(3);
    await until(() => pool('db').ready === 3);
    expect(pool('db').pods.map(({ identity }) => identity.name).sort())
      .toEqual(['db-0', 'db-1', 'db-2']);
    const before = pool('db').pods.find(({ identity }) => identity.name === 'db-1');
    cluster.workloads.deletePod('db-1');
    expect(before?.state).toBe('terminating');
    await until(() => before?.state === 'gone' && allReady());
    const after = pool('db').pods.find(({ identity }) => identity.name === 'db-1');
    expect(after?.identity.address).not.toBe(before?.identity.address);
    pool('db').scale(2);
    await until(() => pool('db').pods.length === 2 && allReady());
  });

  test('replaces the pods of a Deployment one by one, never with fewer than it has', async () => {
    const before = [...pool('web').pods];
    let fewest = Infinity;
    pool('web').restart();
    await until(() => {
      fewest = Math.min(fewest, pool('web').ready);
      return before.every(({ state }) => state === 'gone') && allReady();
    });
    expect(fewest).toBe(2);
    expect(await pid(pool('web').pods[0])).toBe(pool('web').pods[0].identity.name);
  });

  test('says which names there are when a command names another one', () => {
    expect(() => pool('dbs')).toThrow('workload: must be one of db, web, got "dbs"');
  });

  test('puts ports that need privileges 20000 higher', async () => {
    const service = cluster.services.services.find((each) => nameOf(each) === 'web');
    const address = service && cluster.services.addressOf(service);
    expect(await fetchText(`http://${address}:${portOnHost(80)}/who`)).toContain('"pod":"web-');
  });
});
