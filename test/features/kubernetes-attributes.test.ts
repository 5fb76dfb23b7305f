import { agentSays, agentWith, gatewaySays, gatewayWith } from './feature-charts';
import {
  CollectorImage, KubernetesAttribute, KubernetesObject, SamplingPolicy, TailSamplingGateway,
  Backend,
} from '../../src';
import { synthesized } from '../synthesized';

const BY_ATTRIBUTES = [
  { sources: [{ from: 'resource_attribute', name: 'k8s.pod.uid' }] },
  { sources: [{ from: 'resource_attribute', name: 'k8s.pod.ip' }] },
];

test('an agent knows the pods of its node, by attributes or by connection', () => {
  const agent = agentWith({ kubernetesAttributes: {} });
  const { processors, service } = agent.configOf('agent');
  expect(processors.k8s_attributes).toMatchObject({
    auth_type: 'serviceAccount',
    filter: { node_from_env_var: 'NODE_NAME' },
    pod_association: [...BY_ATTRIBUTES, { sources: [{ from: 'connection' }] }],
  });
  expect(processors.k8s_attributes.extract.metadata).toContain('k8s.deployment.name');
  expect(Object.keys(service.pipelines)).toEqual(['traces', 'metrics', 'logs']);
  expect(service.pipelines.metrics.processors)
    .toEqual(['memory_limiter', 'k8s_attributes', 'batch']);
  expect(agent.podOf('agent').spec.securityContext.runAsUser).toBe(65532);
});

test('a gateway knows all pods, and never by connection, which is an agent\'s', () => {
  const { k8s_attributes: config } = gatewayWith({ kubernetesAttributes: {} })
    .configOf('gateway').processors;
  expect(config.filter).toBeUndefined();
  expect(config.pod_association).toEqual(BY_ATTRIBUTES);
});

test('a gateway that applications send to may be told to go by connection', () => {
  const { k8s_attributes: config } = gatewayWith({ kubernetesAttributes: { isByConnection: true } })
    .configOf('gateway').processors;
  expect(config.pod_association).toHaveLength(3);
});

test('a sampler puts attributes in before it decides', () => {
  const objects = synthesized((chart) => {
    new TailSamplingGateway(chart, 'sampler', {
      exportTo: [Backend.otlp('store', { endpoint: 'store:4317' })],
      policies: [SamplingPolicy.alwaysSample('all')],
      kubernetesAttributes: {},
    });
  });
  expect(objects.configOf('sampler').service.pipelines.traces.processors)
    .toEqual(['memory_limiter', 'k8s_attributes', 'tail_sampling', 'batch']);
});

test('an agent may put in the address only, and needs to ask nobody then', () => {
  const agent = agentWith({ kubernetesAttributes: { passthrough: true } });
  expect(agent.configOf('agent').processors.k8s_attributes).toEqual({ passthrough: true });
  expect(agent.podOf('agent').spec.automountServiceAccountToken).toBe(false);
});

test('extracts what it is told to', () => {
  const { extract } = agentWith({
    kubernetesAttributes: {
      extract: [KubernetesAttribute.POD_NAME, KubernetesAttribute.NODE_UID],
      labels: [{ key: 'app' }, { key: 'team', tagName: 'owner', from: KubernetesObject.NAMESPACE }],
      annotations: [{ key: 'commit' }],
    },
  }).configOf('agent').processors.k8s_attributes;
  expect(extract).toEqual({
    metadata: ['k8s.pod.name', 'k8s.node.uid'],
    labels: [{ key: 'app' }, { key: 'team', tag_name: 'owner', from: 'namespace' }],
    annotations: [{ key: 'commit' }],
  });
});

test.each([
  ['0.138.0', true, undefined], ['0.138.0', false, undefined],
  ['0.139.0', true, true], ['0.139.0', false, false],
  ['0.154.0', true, true], ['0.155.0', true, undefined], ['0.159.0', false, false],
])('%s is told about names of Deployments what it does not do by itself: %s', (
  version, isCut, said,
) => {
  const config = agentWith({
    kubernetesAttributes: { deploymentNameFromReplicaSet: isCut },
    image: CollectorImage.contrib(version),
  }).configOf('agent');
  const [processor] = Object.entries<any>(config.processors)
    .filter(([id]) => id.startsWith('k8s')).map(([, held]) => held);
  expect(processor.extract.deployment_name_from_replicaset).toBe(said);
});

test('only an agent knows addresses of pods from connections', () => {
  expect(gatewaySays({ kubernetesAttributes: { passthrough: true } })).toEqual([
    expect.stringMatching(/kubernetesAttributes\.passthrough: must be left to agents.* → give/),
  ]);
});

test('nothing is looked up besides passing addresses on', () => {
  expect(agentSays({ kubernetesAttributes: { passthrough: true, labels: [{ key: 'app' }] } }))
    .toEqual([
      expect.stringMatching(/passthrough: must stand alone.* got labels besides\. → give those/),
    ]);
});
