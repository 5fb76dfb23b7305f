import { Chart, Testing } from 'cdk8s';
import { permissionsFor } from '../../src/graph/permissions';
import type { CollectorData } from '../../src/graph/tier-facts';
import { PermissionObjects } from '../../src/workload/permission-objects';
import { synthesized, type Objects } from '../synthesized';

const LABELS = {
  'app.kubernetes.io/name': 'otel-collector',
  'app.kubernetes.io/instance': 'agent',
  'app.kubernetes.io/component': 'agent',
  'app.kubernetes.io/part-of': 'telemetry',
  'app.kubernetes.io/managed-by': 'cdk8s',
};

const AGENT = {
  name: 'agent', component: 'agent', partOf: 'telemetry', namespace: 'observability',
};

type Components = Readonly<Record<string, unknown>>;

function configured(processors: Components, exporters: Components = {}): CollectorData {
  const used = { processors: Object.keys(processors), exporters: Object.keys(exporters) };
  return { processors, exporters, service: { pipelines: { traces: used } } };
}

function objectsOf(data: CollectorData, tier: object = {}, account?: string): Objects {
  return synthesized((chart) => {
    const identity = { ...AGENT, ...tier };
    new PermissionObjects(chart, identity, permissionsFor(data, identity), account);
  });
}

function names({ all }: Objects): string[] {
  return all.map(({ kind, metadata: { name, namespace } }) =>
    [kind, name, namespace ?? []].flat().join(' '));
}

const to = (service: string) => ({ resolver: { k8s: { service } } });
const EVERYWHERE = { k8s_attributes: { extract: { metadata: ['k8s.node.uid'] } } };

test('nothing is written when nothing is needed', () => {
  expect(objectsOf(configured({ batch: {} })).all).toEqual([]);
});

test('what holds everywhere is one ClusterRole that says what it is for', () => {
  expect(objectsOf(configured(EVERYWHERE)).all).toEqual([
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: {
        name: 'observability.agent',
        labels: LABELS,
        annotations: {
          'cdk8s-otel-gateway/why': 'get, list, watch nodes, pods: processors.k8s_attributes:'
            + ' extract; processors.k8s_attributes: k8s.node.uid',
        },
      },
      rules: [{ apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['get', 'list', 'watch'] }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'observability.agent', labels: LABELS },
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'observability.agent',
      },
      subjects: [{ kind: 'ServiceAccount', name: 'agent', namespace: 'observability' }],
    },
  ]);
});

test('a Role for a Service stands where the Service is', () => {
  const { all } = objectsOf(configured({}, { load_balancing: to('sampler.there') }));
  expect(all).toEqual([
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: {
        name: 'observability.agent-finds-sampler',
        namespace: 'there',
        labels: LABELS,
        annotations: {
          'cdk8s-otel-gateway/why': 'get, list, watch endpointslices of discovery.k8s.io:'
            + ' exporters.load_balancing: resolver.k8s.service',
        },
      },
      rules: [{
        apiGroups: ['discovery.k8s.io'],
        resources: ['endpointslices'],
        verbs: ['get', 'list', 'watch'],
      }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'observability.agent-finds-sampler', namespace: 'there', labels: LABELS },
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'Role',
        name: 'observability.agent-finds-sampler',
      },
      subjects: [{ kind: 'ServiceAccount', name: 'agent', namespace: 'observability' }],
    },
  ]);
});

test.each([
  ['a Service of its own namespace', configured({}, { load_balancing: to('sampler') }),
    ['agent-finds-sampler observability']],
  ['a Service that is named in two ways',
    configured({}, { 'load_balancing/a': to('one'), 'load_balancing/b': to('one.observability') }),
    ['agent-finds-one observability']],
  ['two Services', configured({}, { 'load_balancing/a': to('one'), 'load_balancing/b': to('two') }),
    ['agent-finds-one observability', 'agent-finds-two observability']],
  ['a namespace of others', configured({ resource_detection: { detectors: ['kubeadm'] } }),
    ['observability.agent-permissions kube-system']],
  ['its own namespace', configured({ k8s_attributes: { filter: { namespace: 'observability' } } }),
    ['agent-permissions observability']],
])('Roles for %s', (_what, data, expected) => {
  expect(names(objectsOf(data))).toEqual(expected.flatMap((name) =>
    [`Role ${name}`, `RoleBinding ${name}`]));
});

test('without a namespace, whoever applies the objects decides', () => {
  const data = configured(EVERYWHERE, { load_balancing: to('sampler') });
  const chart = new Chart(Testing.app(), 'telemetry');
  new PermissionObjects(chart, { ...AGENT, namespace: undefined }, permissionsFor(data, {}));
  expect(Testing.synth(chart).map(({ kind, metadata }) => [kind, metadata.name,
    metadata.namespace])).toEqual([
    ['ClusterRole', 'agent', undefined], ['ClusterRoleBinding', 'agent', undefined],
    ['Role', 'agent-finds-sampler', undefined], ['RoleBinding', 'agent-finds-sampler', undefined],
  ]);
});

test('another ServiceAccount can be given what is needed', () => {
  const objects = objectsOf(
    configured(EVERYWHERE, { load_balancing: to('sampler') }), {}, 'reader');
  const subjects = [{ kind: 'ServiceAccount', name: 'reader', namespace: 'observability' }];
  expect(objects.get('ClusterRoleBinding', 'observability.agent').subjects).toEqual(subjects);
  expect(objects.get('RoleBinding', 'agent-finds-sampler').subjects).toEqual(subjects);
});

test('names that hold everywhere are short and tell tiers apart', () => {
  const nameOf = (namespace: string, name: string) =>
    objectsOf(configured(EVERYWHERE), { namespace, name }).all[0].metadata.name;
  const long = 'n'.repeat(40);
  expect(nameOf(long, 'a'.repeat(22))).toHaveLength(63);
  expect(nameOf(long, 'a'.repeat(22))).toBe(`${long}.${'a'.repeat(22)}`);
  expect(nameOf(long, 'a'.repeat(23))).toMatch(/^n{40}\.a{13}-[0-9a-f]{8}$/);
  expect(nameOf(long, 'a'.repeat(23))).not.toBe(nameOf(long, 'a'.repeat(24)));
  expect(nameOf('a-b', 'c')).not.toBe(nameOf('a', 'b-c'));
});

test('paths that are no resources and single objects are written as such', () => {
  const token = '/var/run/secrets/kubernetes.io/serviceaccount/token';
  const job = {
    job_name: 'api', bearer_token_file: token, static_configs: [{ targets: ['kubernetes:443'] }],
  };
  const { rules, metadata } = objectsOf({
    ...configured({}),
    receivers: { prometheus: { config: { scrape_configs: [job] } } },
    extensions: { k8s_leader_elector: { lease_name: 'one', lease_namespace: '${env:ANY}' } },
    service: {
      extensions: ['k8s_leader_elector'], pipelines: { metrics: { receivers: ['prometheus'] } },
    },
  }).get('ClusterRole', 'observability.agent');
  const lease = { apiGroups: ['coordination.k8s.io'], resources: ['leases'] };
  expect(rules).toEqual([
    { ...lease, verbs: ['create'] },
    { ...lease, verbs: ['get', 'update'], resourceNames: ['one'] },
    { nonResourceURLs: ['/metrics'], verbs: ['get'] },
  ]);
  const lines = /^create .*\nget, .* named one of .*\nget /;
  expect(metadata).toMatchObject({
    annotations: { 'cdk8s-otel-gateway/why': expect.stringMatching(lines) },
  });
});

test('the objects that were made are at hand', () => {
  const chart = Testing.chart();
  const data = configured(EVERYWHERE, { load_balancing: to('sampler') });
  const made = new PermissionObjects(chart, AGENT, permissionsFor(data, AGENT));
  expect([made.clusterRole?.name, made.clusterRoleBinding?.name])
    .toEqual(['observability.agent', 'observability.agent']);
  expect([made.roles, made.roleBindings].map((each) => each.map(({ name }) => name)))
    .toEqual([['agent-finds-sampler'], ['agent-finds-sampler']]);
});

test('tiers of one name in two namespaces that find the same Service have a Role each', () => {
  const namesIn = (namespace: string) => names(objectsOf(
    configured({}, { load_balancing: to('sampler.observability') }), { namespace }));
  expect(namesIn('observability')).toEqual([
    'Role agent-finds-sampler observability', 'RoleBinding agent-finds-sampler observability',
  ]);
  expect(namesIn('apps')).toEqual([
    'Role apps.agent-finds-sampler observability',
    'RoleBinding apps.agent-finds-sampler observability',
  ]);
});
