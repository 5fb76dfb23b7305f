import { needsToken, permissionsFor } from '../../../src/graph/permissions';
import { running, scraping, TOKEN } from '../permission-lines';

test.each([
  ['processors', 'resource_detection', 'detectors: [eks]', true],
  ['processors', 'resource_detection', 'detectors: [gcp]', false],
  ['processors', 'resource_detection', '{detectors: [openshift], openshift: {token: a}}', true],
  ['processors', 'resource_detection',
    '{detectors: [openshift], openshift: {token: a, tls: {ca_file: /ca}}}', false],
  ['processors', 'resource_detection', '{detectors: [kubeadm], kubeadm: {resource_attributes:'
    + ' {k8s.cluster.uid: {enabled: false}, k8s.cluster.name: {enabled: false}}}}', true],
  ['exporters', 'otlp_http', 'tls: {ca_file: '
    + '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt}', true],
  ['extensions', 'bearer_token_auth', `filename: ${TOKEN}`, true],
  ['receivers', 'prometheus', scraping(`bearer_token_file: ${TOKEN}, static_configs: []`), true],
  ['receivers', 'kubelet_stats', 'k8s_api_config: {auth_type: serviceAccount}', true],
])('%s.%s with %s: a token is needed – %s', (section, id, settings, expected) => {
  const data = running(section, id, settings);
  expect(needsToken(permissionsFor(data, {}), data)).toBe(expected);
});

test('whoever may do something needs a token for it', () => {
  const data = running('exporters', 'load_balancing', 'resolver: {k8s: {service: sampler}}');
  expect(needsToken(permissionsFor(data, {}), data)).toBe(true);
});
