import { request } from 'node:https';
import { AddressPlan } from '../local-cluster/address-plan';
import { ApiServer } from '../local-cluster/api-server';
import { ApiStore } from '../local-cluster/api-store';
import { CertificateAuthority } from '../local-cluster/certificate';
import { clusterObjects } from './fixtures/cluster-manifests';
import { sortManifests } from '../local-cluster/manifests';

const PORT = 20_443;
const SLICES = '/apis/discovery.k8s.io/v1/namespaces/tests/endpointslices';

interface Answer {
  readonly status: number;
  readonly body: {
    readonly message?: string;
    readonly metadata?: { readonly resourceVersion?: string };
    readonly items?: readonly { readonly metadata: { readonly name: string } }[];
  };
}

const slice = (name: string, ready: boolean): object => ({
  metadata: { name, namespace: 'tests', labels: { 'kubernetes.io/service-name': name } },
  endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready } }],
});

describe('the API server of the local cluster', () => {
  const authority = new CertificateAuthority(Date.now());
  const store = new ApiStore(5);
  const refused: string[] = [];
  let plan: AddressPlan;
  let server: ApiServer;

  beforeAll(async () => {
    plan = await AddressPlan.claim();
    server = new ApiServer({
      store,
      rules: sortManifests(clusterObjects),
      accountOf: (token) => ['web', 'db'].includes(token)
        ? { namespace: 'tests', name: token } : undefined,
      certificate: authority.issue([plan.apiServer]),
      refused: (sentence) => refused.push(sentence),
    });
    await server.start(plan.apiServer, PORT);
    store.replaceAll('endpointslices', [slice('web', true), slice('db', true)]);
  });

  afterAll(async () => {
    await server.stop();
    await plan.release();
  });

  function open(path: string, token: string, take: (text: string) => void): Promise<number> {
    return new Promise((resolve, reject) => {
      request({
        host: plan.apiServer,
        port: PORT,
        path,
        ca: authority.cert,
        agent: false,
        timeout: 5000,
        headers: { authorization: `Bearer ${token}` },
      }, (response) => {
        response.setEncoding('utf8').on('data', take);
        response.on('end', () => resolve(response.statusCode ?? 0));
        response.on('error', reject);
      }).on('error', reject).end();
    });
  }

  async function ask(path: string, token = 'web'): Promise<Answer> {
    let text = '';
    const status = await open(path, token, (part) => { text += part; });
    return { status, body: JSON.parse(text) as Answer['body'] };
  }

  test.each([
    ['an account with a Role', SLICES, 'web', 200, undefined],
    ['an account without one', SLICES, 'db', 403,
      'endpointslices.discovery.k8s.io is forbidden: User "system:serviceaccount:tests:db" cannot'
      + ' list resource "endpointslices" in API group "discovery.k8s.io" in the namespace "tests"'],
    ['a Role in another namespace', SLICES.replace('tests', 'other'), 'web', 403, undefined],
    ['a Role, asked for all namespaces', '/apis/discovery.k8s.io/v1/endpointslices', 'web', 403,
      undefined],
    ['a resource that the Role does not name', '/api/v1/namespaces/tests/pods', 'web', 403,
      undefined],
    ['a verb that the Role does not name', `${SLICES}/web`, 'web', 403, undefined],
    ['nobody', SLICES, 'stranger', 401, 'Unauthorized'],
    ['a resource that is not played', '/api/v1/nodes', 'web', 404, undefined],
  ])('answers %s', async (_who, path, token, status, message) => {
    const answer = await ask(path, token);
    expect(answer.status).toBe(status);
    expect(message === undefined || answer.body.message === message).toBe(true);
  });

  test('tells its cluster about every refusal', () => {
    expect(refused).toContainEqual(expect.stringContaining('"system:serviceaccount:tests:db"'));
  });

  test('lists what a label selector selects', async () => {
    const { body } = await ask(`${SLICES}?labelSelector=kubernetes.io/service-name%3Dweb`);
    expect(body.items?.map(({ metadata }) => metadata.name)).toEqual(['web']);
  });

  test('tells a watch what happens after the list, and nothing of other objects', async () => {
    const { body } = await ask(SLICES);
    const lines: string[] = [];
    const query = 'watch=true&timeoutSeconds=1&labelSelector=kubernetes.io/service-name%3Dweb'
      + `&resourceVersion=${body.metadata?.resourceVersion}`;
    const watching = open(`${SLICES}?${query}`, 'web', (text) => lines.push(text));
    store.replaceAll('endpointslices', [slice('web', false), slice('db', false)]);
    store.replaceAll('endpointslices', [slice('db', false)]);
    expect(await watching).toBe(200);
    const events = lines.join('').trim().split('\n').map((line) =>
      JSON.parse(line) as { type: string; object: { endpoints: object[] } });
    expect(events.map(({ type }) => type)).toEqual(['MODIFIED', 'DELETED']);
    expect(events[0].object.endpoints[0]).toMatchObject({ conditions: { ready: false } });
  });

  test('tells a watch from too long ago that it must list again', async () => {
    for (let round = 0; round < 8; round++) {
      store.replaceAll('endpointslices', [slice('web', round % 2 === 0)]);
    }
    let text = '';
    const status = await open(`${SLICES}?watch=1&resourceVersion=2`, 'web', (part) => {
      text += part;
    });
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      type: 'ERROR', object: { code: 410, reason: 'Expired' },
    });
  });
});
