import type { Container } from './kubernetes';
import {
  containerEnvironment, expandVariables, fieldOf, type ValueSources,
} from './pod-environment';
import type { PodIdentity } from './pod-identity';

const pod: PodIdentity = {
  name: 'web-0',
  namespace: 'tests',
  uid: 'u-1',
  labels: { app: 'web' },
  annotations: { a: 'b' },
  nodeName: 'node-1',
  nodeAddress: '127.64.1.1',
  address: '127.64.16.1',
  loopback: '127.64.128.1',
  workload: 'web',
  serviceAccount: 'default',
  spec: { containers: [] },
};

const metadata = (name: string) => ({ name, namespace: 'tests' });
const sources: ValueSources = {
  configMaps: [{
    apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('c'), data: { key: 'value' },
  }],
  secrets: [{
    apiVersion: 'v1', kind: 'Secret', metadata: metadata('s'), data: { key: 'aGVsbG8=' },
  }],
};

function valueOf(env: object, container: Partial<Container> = {}): string | undefined {
  const name = 'X';
  const env1 = { name, ...env };
  return containerEnvironment(pod, { name: 'main', ...container, env: [env1] }, sources)[name];
}

describe('the variables of a container', () => {
  test.each([
    ['a literal', { value: 'text' }, 'text'],
    ['nothing', {}, ''],
    ['a ConfigMap', { valueFrom: { configMapKeyRef: { name: 'c', key: 'key' } } }, 'value'],
    ['a Secret', { valueFrom: { secretKeyRef: { name: 's', key: 'key' } } }, 'hello'],
    ['a Secret that nobody defines', { valueFrom: { secretKeyRef: { name: 't', key: 'k' } } },
      'played-t-k'],
    ['an optional ConfigMap that nobody defines',
      { valueFrom: { configMapKeyRef: { name: 'd', key: 'k', optional: true } } }, undefined],
    ['a label', { valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } }, 'web'],
    ['the address of the node', { valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } },
      '127.64.1.1'],
  ])('come from %s', (_what, env, value) => {
    expect(valueOf(env)).toBe(value);
  });

  test.each([
    ['memory in bytes', 'limits.memory', undefined, '536870912'],
    ['memory in Mi', 'limits.memory', '1Mi', '512'],
    ['cores, rounded up', 'limits.cpu', undefined, '2'],
    ['millicores', 'limits.cpu', '1m', '1500'],
  ])('come from limits: %s', (_what, resource, divisor, value) => {
    const resources = { limits: { memory: '512Mi', cpu: '1500m' } };
    expect(valueOf({ valueFrom: { resourceFieldRef: { resource, divisor } } }, { resources }))
      .toBe(value);
  });

  test('come from whole ConfigMaps, with a prefix, and may be overridden', () => {
    const container: Container = {
      name: 'main',
      envFrom: [{ prefix: 'P_', configMapRef: { name: 'c' } }, { secretRef: { name: 's' } }],
      env: [{ name: 'key', value: 'own $(P_key)' }],
    };
    expect(containerEnvironment(pod, container, sources))
      .toEqual({ P_key: 'value', key: 'own value' });
  });

  test('that cannot be had say what is missing', () => {
    expect(() => valueOf({ valueFrom: { configMapKeyRef: { name: 'd', key: 'k' } } })).toThrow(
      'pod tests/web-0: X must come from a ConfigMap in the manifests, got d, key k');
    expect(() => fieldOf(pod, 'status.phase')).toThrow(/must be one of .*, got status.phase/);
  });

  test.each([
    ['$(A)-$(B)', 'a-$(B)'],
    ['$$(A)', '$(A)'],
    ['plain $A', 'plain $A'],
  ])('expand %s to %s', (text, expanded) => {
    expect(expandVariables(text, { A: 'a' })).toBe(expanded);
  });
});
