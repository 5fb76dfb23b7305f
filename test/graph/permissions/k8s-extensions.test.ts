import { NEWEST, PODS, READ, table } from '../permission-lines';

table('extensions', ['k8s_leader_elector'], [
  ['{auth_type: serviceAccount, lease_name: one, lease_namespace: there}', NEWEST, [
    'in there create coordination.k8s.io/leases',
    'in there get update coordination.k8s.io/leases =one',
  ]],
  ['{lease_name: "${env:POD_NAMESPACE}-one", lease_namespace: "${env:POD_NAMESPACE}"}', NEWEST,
    ['in here get create update coordination.k8s.io/leases']],
  ['{auth_type: kubeConfig, lease_name: one, lease_namespace: there}', NEWEST, []],
]);

table('extensions', ['k8s_observer'], [
  ['{}', NEWEST, [PODS]],
  ['observe_pods: false', NEWEST, []],
  ['{observe_nodes: true, observe_services: true, observe_ingresses: true}', NEWEST, [
    `everywhere ${READ} nodes pods services`,
    `everywhere ${READ} networking.k8s.io/ingresses`,
  ]],
  ['{observe_nodes: true, namespaces: [shop]}', NEWEST,
    [`everywhere ${READ} nodes`, `in shop ${READ} pods`]],
  ['auth_type: none', NEWEST, []],
]);
