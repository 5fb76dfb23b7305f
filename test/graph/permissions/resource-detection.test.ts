import { NEWEST, table } from '../permission-lines';

const NODE = 'everywhere get nodes';
const KUBE_SYSTEM = 'everywhere get namespaces =kube-system';

table('processors', ['resource_detection', 'resourcedetection'], [
  ['detectors: [env, system, gcp, aks, azure, ec2, docker]', NEWEST, []],
  ['{}', NEWEST, []],
  ['detectors: [k8s_api]', NEWEST, [NODE, KUBE_SYSTEM]],
  ['detectors: [k8snode]', { collectorMinor: 150 }, [NODE, KUBE_SYSTEM]],
  ['detectors: [k8snode]', { collectorMinor: 149 }, [NODE]],
  ['{detectors: [k8s_api], k8s_api: {auth_type: kubeConfig}}', NEWEST, []],
  ['{detectors: [k8s_api],'
    + ' k8s_api: {resource_attributes: {k8s.cluster.uid: {enabled: false}}}}', NEWEST, [NODE]],
  ['{detectors: [k8s_api], k8s_api: {resource_attributes: {k8s.node.uid: {enabled: false},'
    + ' k8s.node.name: {enabled: false}}}}', NEWEST, [KUBE_SYSTEM]],
  ['detectors: [kubeadm]', NEWEST, [
    'in kube-system get namespaces =kube-system', 'in kube-system get configmaps =kubeadm-config',
  ]],
  ['{detectors: [kubeadm], kubeadm: {resource_attributes: {k8s.cluster.uid: {enabled: false}}}}',
    NEWEST, ['in kube-system get configmaps =kubeadm-config']],
  ['detectors: [openshift]', NEWEST, ['everywhere get config.openshift.io/infrastructures'
    + ' config.openshift.io/infrastructures/status =cluster']],
  ['{detectors: [openshift], openshift: {token: "${env:TOKEN}"}}', NEWEST, []],
  ['detectors: [eks]', NEWEST, []],
  ['{detectors: [eks], eks: {node_from_env_var: NODE_NAME}}', NEWEST, [NODE]],
  ['detectors: [eks]', { collectorMinor: 139 }, []],
  ['detectors: [eks]', { collectorMinor: 138 }, ['in kube-system get configmaps =aws-auth']],
  ['{detectors: [env], eks: {node_from_env_var: NODE_NAME}}', NEWEST, []],
]);
