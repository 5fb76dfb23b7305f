import { NEWEST, READ, table } from '../permission-lines';

const VOLUME = 'extra_metadata_labels: [k8s.volume.type]';

table('receivers', ['kubelet_stats', 'kubeletstats'], [
  ['auth_type: serviceAccount', NEWEST, ['everywhere get nodes/stats']],
  ['{}', NEWEST, []],
  ['{auth_type: none, extra_metadata_labels: [container.id]}', NEWEST, []],
  ['{auth_type: serviceAccount, extra_metadata_labels: [container.id]}', NEWEST,
    ['everywhere get nodes/pods nodes/stats']],
  ['{auth_type: serviceAccount, extra_metadata_labels: [container.id]}', { kubernetesMinor: 33 },
    ['everywhere get nodes/pods nodes/stats']],
  ['{auth_type: serviceAccount, extra_metadata_labels: [container.id]}', { kubernetesMinor: 32 },
    ['everywhere get nodes/proxy nodes/stats']],
  ['{auth_type: serviceAccount, metrics: {k8s.pod.cpu_limit_utilization: {enabled: true}}}',
    NEWEST, ['everywhere get nodes/pods nodes/stats']],
  ['{auth_type: serviceAccount, metrics: {k8s.pod.cpu_limit_utilization: {enabled: false}}}',
    NEWEST, ['everywhere get nodes/stats']],
  ['{auth_type: serviceAccount, metrics: {k8s.container.memory_request_utilization:'
    + ' {enabled: true}}}', { kubernetesMinor: 30 }, ['everywhere get nodes/proxy nodes/stats']],
  ['{auth_type: serviceAccount, k8s_api_config: {auth_type: serviceAccount}, metrics:'
    + ' {k8s.pod.memory.node.utilization: {enabled: true}}}', NEWEST,
  ['everywhere get nodes/stats', `everywhere ${READ} nodes`]],
  [`{auth_type: serviceAccount, ${VOLUME}}`, NEWEST, ['everywhere get nodes/pods nodes/stats']],
  [`{auth_type: serviceAccount, k8s_api_config: {auth_type: serviceAccount}, ${VOLUME}}`, NEWEST,
    ['everywhere get nodes/pods nodes/stats persistentvolumeclaims persistentvolumes']],
]);
