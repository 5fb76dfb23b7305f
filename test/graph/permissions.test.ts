import { lines, READ, running, SLICES } from './permission-lines';
import { needsToken, permissionsFor } from '../../src/graph/permissions';

test.each([
  ['exporters', 'otlp_grpc'], ['exporters', 'debug'], ['exporters', 'datadog'],
  ['receivers', 'otlp'], ['receivers', 'host_metrics'], ['receivers', 'file_log'],
  ['processors', 'tail_sampling'], ['processors', 'batch'], ['connectors', 'span_metrics'],
  ['extensions', 'health_check'], ['extensions', 'file_storage'],
])('%s.%s needs nothing, and no token', (section, id) => {
  const data = running(section, id, '{endpoint: "a:1"}');
  expect(permissionsFor(data, {})).toEqual([]);
  expect(needsToken([], data)).toBe(false);
});

test('what nobody uses needs nothing', () => {
  const data = {
    processors: { k8s_attributes: {} },
    receivers: { k8s_cluster: null, k8s_events: null },
    exporters: { load_balancing: { resolver: { k8s: { service: 'a' } } } },
    extensions: { k8s_observer: {}, k8s_leader_elector: {} },
    service: { extensions: [], pipelines: { traces: { receivers: ['otlp'] } } },
  };
  expect(permissionsFor(data, {})).toEqual([]);
  expect(permissionsFor({}, {})).toEqual([]);
});

test('a receiver that is started by another one counts', () => {
  expect(lines(running('receivers', 'receiver_creator', `
    watch_observers: [k8s_observer]
    receivers: {kubelet_stats: {rule: a, config: {auth_type: serviceAccount}}, redis: {rule: b}}
  `))).toEqual(['everywhere get nodes/stats']);
});

const BOTH = {
  processors: {
    'k8s_attributes': { extract: { metadata: ['k8s.node.uid'] } },
    'k8s_attributes/two': { extract: { metadata: ['k8s.deployment.uid'] } },
    'resource_detection': { detectors: ['k8s_api'] },
  },
  service: {
    pipelines: {
      traces: { processors: ['k8s_attributes', 'resource_detection', 'k8s_attributes/two'] },
      logs: { processors: ['k8s_attributes'] },
    },
  },
};

test('rules of several components are joined, each resource with its own verbs', () => {
  expect(permissionsFor(BOTH, {})).toEqual([
    {
      scope: 'cluster',
      rule: {
        apiGroups: [''],
        resources: ['namespaces'],
        verbs: ['get'],
        resourceNames: ['kube-system'],
        why: 'processors.resource_detection: k8s_api',
      },
    },
    {
      scope: 'cluster',
      rule: {
        apiGroups: [''],
        resources: ['nodes', 'pods'],
        verbs: ['get', 'list', 'watch'],
        why: 'processors.k8s_attributes/two: extract; processors.k8s_attributes: extract;'
          + ' processors.k8s_attributes: k8s.node.uid; processors.resource_detection: k8s_api',
      },
    },
    {
      scope: 'cluster',
      rule: {
        apiGroups: ['apps'],
        resources: ['replicasets'],
        verbs: ['get', 'list', 'watch'],
        why: 'processors.k8s_attributes/two: k8s.deployment.uid',
      },
    },
  ]);
});

test('a rule about one object is left out beside one about all of them', () => {
  expect(lines({
    processors: {
      k8s_attributes: { extract: { metadata: [], labels: [{ from: 'namespace' }] } },
      resource_detection: { detectors: ['k8s_api'] },
    },
    service: { pipelines: { logs: { processors: ['k8s_attributes', 'resource_detection'] } } },
  })).toEqual(['everywhere get nodes', `everywhere ${READ} namespaces pods`]);
});

test('rules about different Services and namespaces stay apart', () => {
  const to = (service: string) => ({ resolver: { k8s: { service } } });
  const exporters = {
    'load_balancing/a': to('a'),
    'load_balancing/b': to('b'),
    'load_balancing/again': to('a.here'),
    'load_balancing/there': to('a.there'),
  };
  expect(lines({
    exporters, service: { pipelines: { traces: { exporters: Object.keys(exporters) } } },
  })).toEqual([`in here (a) ${SLICES}`, `in here (b) ${SLICES}`, `in there (a) ${SLICES}`]);
});

test('it does not matter in which order components stand', () => {
  const { processors, service } = BOTH;
  const reversed = {
    processors,
    service: {
      pipelines: { traces: { processors: [...service.pipelines.traces.processors].reverse() } },
    },
  };
  expect(permissionsFor(reversed, {})).toEqual(permissionsFor(BOTH, {}));
});

test('who is given more than was asked for is told why', () => {
  const data = running('receivers', 'k8s_events', 'namespaces: ["${env:SHOP}"]');
  expect(permissionsFor(data, {}).map(({ rule }) => rule.why)).toEqual([
    'receivers.k8s_events: namespaces, for nobody knows yet what ${env:SHOP} is',
  ]);
});
