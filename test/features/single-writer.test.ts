/** Features that are about the whole cluster: one pod does it, however many there are. */
import { agentSays, agentWith, gatewaySays, gatewayWith } from './feature-charts';
import { CollectorImage, ResourceDetector, Scaling } from '../../src';

const BOTH = { clusterMetrics: {}, kubernetesEvents: {} };

test('one pod does it without asking others', () => {
  const config = gatewayWith({ ...BOTH, scaling: Scaling.fixed(1) }).configOf('gateway');
  expect(config.receivers).toMatchObject({
    k8s_cluster: { auth_type: 'serviceAccount', collection_interval: '30s' },
    k8s_events: { auth_type: 'serviceAccount' },
  });
  expect(config.receivers.k8s_cluster.k8s_leader_elector).toBeUndefined();
  expect(Object.keys(config.extensions)).toEqual(['health_check']);
});

test('many pods elect one, by a Lease that is named like the tier', () => {
  const { receivers, extensions, service } = gatewayWith(BOTH).configOf('gateway');
  expect(receivers.k8s_cluster.k8s_leader_elector).toBe('k8s_leader_elector');
  expect(receivers.k8s_events.k8s_leader_elector).toBe('k8s_leader_elector');
  expect(extensions.k8s_leader_elector).toEqual({
    auth_type: 'serviceAccount', lease_name: 'gateway', lease_namespace: 'observability',
  });
  expect(service.extensions).toEqual(['health_check', 'k8s_leader_elector']);
});

test('agents elect one, too', () => {
  const { extensions } = agentWith({ kubernetesEvents: {} }).configOf('agent');
  expect(extensions.k8s_leader_elector.lease_name).toBe('agent');
});

test('metrics and events go where metrics and logs go', () => {
  const { pipelines } = gatewayWith(BOTH).configOf('gateway').service;
  expect(Object.values<any>(pipelines).map(({ receivers }) => receivers))
    .toEqual([['otlp'], ['otlp', 'k8s_cluster'], ['otlp', 'k8s_events']]);
});

test('tells more of the cluster when asked to', () => {
  const { receivers } = gatewayWith({
    clusterMetrics: {
      nodeConditionsToReport: ['Ready', 'DiskPressure'],
      allocatableTypesToReport: ['cpu'],
      isOpenShift: true,
    },
    kubernetesEvents: { namespaces: ['shop'] },
  }).configOf('gateway');
  expect(receivers.k8s_cluster).toMatchObject({
    node_conditions_to_report: ['Ready', 'DiskPressure'],
    allocatable_types_to_report: ['cpu'],
    distribution: 'openshift',
  });
  expect(receivers.k8s_events.namespaces).toEqual(['shop']);
});

test.each<[object, string, string, boolean]>([
  [{ clusterMetrics: {} }, 'k8s_cluster', '0.124.0', false],
  [{ clusterMetrics: {} }, 'k8s_cluster', '0.126.0', true],
  [{ kubernetesEvents: {} }, 'k8s_events', '0.136.0', false],
  [{ kubernetesEvents: {} }, 'k8s_events', '0.137.0', true],
])('many pods can do %j by %s in %s: %s', (features, receiver, version, isPossible) => {
  const image = CollectorImage.contrib(version);
  const refusal = `receivers.${receiver}.k8s_leader_elector: needs collector 0.`;
  const said = gatewaySays({ ...features, image, scaling: Scaling.fixed(2) });
  expect(said.some((sentence) => sentence.includes(refusal))).toBe(!isPossible);
  expect(gatewaySays({ ...features, image, scaling: Scaling.fixed(1) })).toEqual([]);
});

test('the node of an agent is not told as that of the whole cluster', () => {
  expect(agentSays({ ...BOTH, resourceDetection: [ResourceDetector.ENV] })).toEqual([
    expect.stringMatching(/clusterMetrics, kubernetesEvents: must not stand beside `resourceDet/),
  ]);
  expect(agentSays({ ...BOTH, resourceDetection: [ResourceDetector.AKS] })).toEqual([]);
});
