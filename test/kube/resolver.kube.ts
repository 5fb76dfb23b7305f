/** The runtime's k8s resolver beside a real API server and real controllers. */
import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { ControlPlane } from './control-plane';
import { systemClock } from '../../runtime/clock';
import { createResolver } from '../../runtime/routing/resolvers';
import { exporterContext } from '../../runtime/testing/component-context';
import { synthesizeExample } from '../example-objects';

const NAMESPACE = 'observability';
const account = mkdtempSync(join(tmpdir(), 'otelgw-account-'));
let cluster: ControlPlane;

beforeAll(() => {
  cluster = new ControlPlane();
  cluster.kubectl(['create', 'namespace', NAMESPACE]);
  const [{ text }] = synthesizeExample('tail-sampling');
  cluster.kubectl(['apply', '--server-side', '-f', '-'], text);
  cluster.kubectl(
    ['-n', NAMESPACE, 'rollout', 'status', 'statefulset/sampler', '--timeout=30s']);
  const token = cluster.kubectl(['-n', NAMESPACE, 'create', 'token', 'agent']).text.trim();
  const { ca, host, port } = cluster.server;
  for (const [name, content] of Object.entries({ token, 'ca.crt': ca, 'namespace': NAMESPACE })) {
    writeFileSync(join(account, name), content);
  }
  process.env.OTELGW_SERVICE_ACCOUNT_DIR = account;
  process.env.KUBERNETES_SERVICE_HOST = host;
  process.env.KUBERNETES_SERVICE_PORT = port;
}, 300_000);
afterAll(() => {
  cluster.down();
  rmSync(account, { recursive: true });
}, 60_000);

test('follows pods that come, go and are not ready, with the written permission', async () => {
  const lists: string[][] = [];
  const context = { ...exporterContext('load_balancing'), clock: systemClock };
  const resolver = createResolver({
    static: undefined,
    dns: undefined,
    awsCloudMap: undefined,
    k8s: { service: 'sampler', ports: [4317], timeout: 60_000, returnHostnames: false },
  }, context);
  const until = async (length: number): Promise<void> => {
    for (let tries = 0; lists.at(-1)?.length !== length; tries += 1) {
      if (tries > 200) throw new Error(`backends: must become ${length}, got ${lists.at(-1)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const inNamespace = (...words: string[]) => cluster.kubectl(['-n', NAMESPACE, ...words]);

  await resolver.start((endpoints) => lists.push([...endpoints]));
  await until(3);
  inNamespace('scale', 'statefulset', 'sampler', '--replicas=5');
  await until(5);
  inNamespace('patch', 'pod', 'sampler-2', '--subresource=status', '-p',
    '{"status":{"conditions":[{"type":"Ready","status":"False"}]}}');
  await until(4);
  await resolver.stop();
  expect(lists.at(-1)).toEqual([...lists.at(-1) ?? []].sort());
}, 60_000);
