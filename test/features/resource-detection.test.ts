import { agentSays, agentWith, gatewaySays, gatewayWith, variable } from './feature-charts';
import { CollectorImage, ResourceDetector } from '../../src';

function detectionOf(detectors: ResourceDetector[]) {
  const { processors } = agentWith({ resourceDetection: detectors }).configOf('agent');
  return processors.resource_detection;
}

test('names the node, and replaces nothing that is said already', () => {
  const agent = agentWith({ resourceDetection: [ResourceDetector.ENV] });
  expect(agent.configOf('agent').processors.resource_detection)
    .toEqual({ detectors: ['env'], override: false, timeout: '5s' });
  expect(variable(agent, 'agent', 'OTEL_RESOURCE_ATTRIBUTES').value)
    .toBe('host.name=$(NODE_NAME),k8s.node.name=$(NODE_NAME)');
});

test('knows the name of the node before it is put into another variable', () => {
  const names = agentWith({ resourceDetection: [ResourceDetector.ENV] })
    .podOf('agent').spec.containers[0].env.map(({ name }: { name: string }) => name);
  expect(names.indexOf('NODE_NAME')).toBeLessThan(names.indexOf('OTEL_RESOURCE_ATTRIBUTES'));
});

test('does not take the name of the pod for that of the node', () => {
  const agent = agentWith({ resourceDetection: [ResourceDetector.SYSTEM] });
  expect(agent.configOf('agent').processors.resource_detection).toMatchObject({
    detectors: ['env', 'system'],
    system: { hostname_sources: ['os'], resource_attributes: { 'host.name': { enabled: false } } },
  });
  expect(variable(agent, 'agent', 'OTEL_RESOURCE_ATTRIBUTES')).toBeDefined();
});

test('without ENV and SYSTEM, names are left to the detectors', () => {
  const agent = agentWith({ resourceDetection: [ResourceDetector.EC2] });
  expect(variable(agent, 'agent', 'OTEL_RESOURCE_ATTRIBUTES')).toBeUndefined();
});

test.each([
  ['0.159.0', 'resource_detection', 'k8s_api'], ['0.153.0', 'resource_detection', 'k8snode'],
  ['0.152.0', 'resourcedetection', 'k8snode'],
])('%s knows the processor as %s and the detector as %s', (version, type, detector) => {
  const config = agentWith({
    resourceDetection: [ResourceDetector.KUBERNETES], image: CollectorImage.contrib(version),
  }).configOf('agent').processors[type];
  expect(config).toEqual({
    detectors: [detector],
    override: false,
    timeout: '5s',
    [detector]: { node_from_env_var: 'NODE_NAME' },
  });
});

test('gives metadata services of clouds more time', () => {
  expect(detectionOf([ResourceDetector.ENV, ResourceDetector.EKS])).toMatchObject({
    detectors: ['env', 'eks'], timeout: '15s', eks: { node_from_env_var: 'NODE_NAME' },
  });
  expect(detectionOf([ResourceDetector.OPENSHIFT]).timeout).toBe('5s');
});

test('works on all signals before batches', () => {
  const { pipelines } = agentWith({ resourceDetection: [ResourceDetector.ENV] })
    .configOf('agent').service;
  expect(Object.values<any>(pipelines).map(({ processors }) => processors))
    .toEqual(Array(3).fill(['memory_limiter', 'resource_detection', 'batch']));
});

test('a gateway may say what is true of the whole cluster', () => {
  const gateway = gatewayWith({ resourceDetection: [ResourceDetector.KUBEADM] });
  expect(gateway.configOf('gateway').processors.resource_detection.detectors).toEqual(['kubeadm']);
});

test.each([ResourceDetector.ENV, ResourceDetector.KUBERNETES, ResourceDetector.GCP])(
  'a gateway does not pass its own node off as that of senders, by %s', (detector) => {
    expect(gatewaySays({ resourceDetection: [detector, ResourceDetector.AKS] })).toEqual([
      expect.stringMatching(/must be about the cluster .*, got \w+\. → give these .* AgentDaemonS/),
    ]);
  });

test('nobody gets the socket of Docker', () => {
  const said = agentSays({ resourceDetection: [ResourceDetector.ENV, ResourceDetector.DOCKER] });
  expect(said).toEqual([
    expect.stringMatching(/must not hold docker, which needs the socket of Docker.* → use \[Res/),
  ]);
});

test('there must be a detector', () => {
  expect(agentSays({ resourceDetection: [] })).toEqual([
    expect.stringMatching(/resourceDetection: must hold at least one detector, got \[\]\. → give/),
  ]);
});
