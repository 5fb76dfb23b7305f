import { agentWith, variable } from './feature-charts';
import { KubeletMetadata, KubeletMetricGroup, type KubeletMetricsOptions } from '../../src';

function kubeletOf(kubeletMetrics: KubeletMetricsOptions) {
  return agentWith({ kubeletMetrics }).configOf('agent').receivers.kubelet_stats;
}

test('asks the kubelet of its own node as itself', () => {
  const agent = agentWith({ kubeletMetrics: {} });
  expect(agent.configOf('agent').receivers.kubelet_stats).toEqual({
    collection_interval: '30s',
    auth_type: 'serviceAccount',
    endpoint: 'https://${env:NODE_IP}:10250',
    insecure_skip_verify: true,
  });
  expect(variable(agent, 'agent', 'NODE_IP').valueFrom.fieldRef.fieldPath).toBe('status.hostIP');
  const { securityContext, automountServiceAccountToken } = agent.podOf('agent').spec;
  expect(securityContext.runAsUser).toBe(65532);
  expect(automountServiceAccountToken).toBe(true);
});

test('tells use as a share of limits and requests', () => {
  const { metrics, k8s_api_config: api } = kubeletOf({ hasLimitUtilization: true });
  expect(Object.keys(metrics)).toEqual([
    'k8s.container.cpu_limit_utilization', 'k8s.container.cpu_request_utilization',
    'k8s.container.memory_limit_utilization', 'k8s.container.memory_request_utilization',
    'k8s.pod.cpu_limit_utilization', 'k8s.pod.cpu_request_utilization',
    'k8s.pod.memory_limit_utilization', 'k8s.pod.memory_request_utilization',
  ]);
  expect(metrics['k8s.pod.cpu_limit_utilization']).toEqual({ enabled: true });
  expect(api).toBeUndefined();
});

test('asks the API what the node has, to tell use as a share of it', () => {
  const { metrics, ...config } = kubeletOf({ hasNodeUtilization: true });
  expect(Object.keys(metrics)).toEqual([
    'k8s.container.cpu.node.utilization', 'k8s.container.memory.node.utilization',
    'k8s.pod.cpu.node.utilization', 'k8s.pod.memory.node.utilization',
  ]);
  expect(config).toMatchObject({
    node: '${env:NODE_NAME}', k8s_api_config: { auth_type: 'serviceAccount' },
  });
});

test.each<[KubeletMetricsOptions, object]>([
  [{ metricGroups: [KubeletMetricGroup.VOLUME] }, { metric_groups: ['volume'] }],
  [{ extraMetadataLabels: [KubeletMetadata.VOLUME_TYPE] }, {
    extra_metadata_labels: ['k8s.volume.type'], k8s_api_config: { auth_type: 'serviceAccount' },
  }],
  [{ endpoint: 'https://[${env:NODE_IP}]:10250', insecureSkipVerify: false }, {
    endpoint: 'https://[${env:NODE_IP}]:10250', insecure_skip_verify: false,
  }],
])('is told otherwise, %#', (options, config) => {
  expect(kubeletOf(options)).toMatchObject(config);
});
