import {
  endpointParts, isInCluster, serviceHost, serviceNames,
} from '../../src/graph/cluster-name';

test.each([
  ['store:4317', { scheme: '', host: 'store', port: 4317 }],
  ['http://store:4318/v1', { scheme: 'http', host: 'store', port: 4318 }],
  ['dns:///a.b.svc:1', { scheme: 'dns', host: 'a.b.svc', port: 1 }],
  ['[::1]:4317', { scheme: '', host: '[::1]', port: 4317 }],
  ['store', { scheme: '', host: 'store', port: undefined }],
])('%s is %j', (endpoint, parts) => {
  expect(endpointParts(endpoint)).toEqual(parts);
});

test.each([
  ['store:4317', true], ['store.ns.svc:4317', true], ['store.ns.svc.cluster.local', true],
  ['store.ns:4317', false], ['store.example.com:443', false], ['10.0.0.1:4317', false],
  ['[::1]:4317', false], ['https://store:4317', false], ['http://store.example.com', true],
])('%s is a name of the cluster only: %s', (endpoint, expected) => {
  expect(isInCluster(endpoint)).toBe(expected);
});

test('a Service is called by its name alone where nobody knows its namespace', () => {
  expect(serviceHost('a', undefined)).toBe('a');
  expect(serviceHost('a', 'ns')).toBe('a.ns.svc.cluster.local');
});

test('a Service has its short name in its own namespace only', () => {
  expect(serviceNames('a', 'ns', 'ns')).toContain('a');
  expect(serviceNames('a', 'ns', 'other')).not.toContain('a');
  expect(serviceNames('a', 'ns', 'other')).toContain('a.ns.svc');
  expect(serviceNames('a', undefined, 'other')).toEqual([]);
});
