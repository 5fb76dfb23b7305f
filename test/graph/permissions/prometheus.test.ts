import { NEWEST, PODS, READ, scraping, SLICES, table, TOKEN } from '../permission-lines';

function discovering(sd: string): string {
  return scraping(`kubernetes_sd_configs: [{${sd}}]`);
}

table('receivers', ['prometheus'], [
  ['{}', NEWEST, []],
  [scraping('static_configs: [{targets: ["a:80"]}]'), NEWEST, []],
  ['target_allocator: {endpoint: "http://a"}', NEWEST, []],
  [discovering('role: node'), NEWEST, [`everywhere ${READ} nodes`]],
  [discovering('role: node, namespaces: {names: [shop]}'), NEWEST, [`everywhere ${READ} nodes`]],
  [discovering('role: pod'), NEWEST, [PODS]],
  [discovering('role: service'), NEWEST, [`everywhere ${READ} services`]],
  [discovering('role: endpoints'), NEWEST, [`everywhere ${READ} endpoints pods services`]],
  [discovering('role: endpointslice'), NEWEST,
    [`everywhere ${READ} pods services`, `everywhere ${SLICES}`]],
  [discovering('role: ingress'), NEWEST, [`everywhere ${READ} networking.k8s.io/ingresses`]],
  [discovering('role: pod, namespaces: {names: [shop]}'), NEWEST, [`in shop ${READ} pods`]],
  [discovering('role: pod, namespaces: {own_namespace: true, names: [shop]}'), NEWEST,
    [`in here ${READ} pods`, `in shop ${READ} pods`]],
  [discovering('role: pod, namespaces: {names: [shop]}, attach_metadata: {node: true, job: true}'),
    NEWEST, [`everywhere ${READ} nodes`, `in shop ${READ} pods`, `in shop ${READ} batch/jobs`]],
  [discovering('role: service, attach_metadata: {namespace: true, deployment: true}'), NEWEST,
    [`everywhere ${READ} namespaces services`]],
  [discovering('role: endpoints, attach_metadata: {deployment: true}'), NEWEST,
    [`everywhere ${READ} endpoints pods services`, `everywhere ${READ} apps/replicasets`]],
  [discovering('role: pod, kubeconfig_file: /other'), NEWEST, []],
  [discovering('role: pod, api_server: "https://other"'), NEWEST, []],
  [discovering(`role: pod, api_server: "https://kubernetes", bearer_token_file: ${TOKEN}`), NEWEST,
    [PODS]],
  [scraping(`bearer_token_file: ${TOKEN}, kubernetes_sd_configs: [{role: node}]`), NEWEST,
    ['everywhere get nodes/metrics', `everywhere ${READ} nodes`]],
  [scraping(`authorization: {credentials_file: ${TOKEN}}, metrics_path: /metrics/cadvisor,`
    + ' static_configs: [{targets: ["${env:NODE_NAME}:10250"]}]'), NEWEST,
  ['everywhere get nodes/metrics']],
  [scraping(`bearer_token_file: ${TOKEN}, kubernetes_sd_configs: [{role: node}], relabel_configs:`
    + ' [{replacement: "/api/v1/nodes/$${1}/proxy/metrics"}]'), NEWEST,
  ['everywhere get nodes/proxy', `everywhere ${READ} nodes`]],
  [scraping(`bearer_token_file: ${TOKEN}, kubernetes_sd_configs: [{role: endpoints,`
    + ' namespaces: {names: [default]}}]'), NEWEST,
  ['everywhere get /metrics', `in default ${READ} endpoints pods services`]],
  [scraping(`bearer_token_file: ${TOKEN}, metrics_path: /slis, static_configs: [{targets:`
    + ' ["kubernetes.default:443"]}]'), NEWEST, ['everywhere get /slis']],
]);
