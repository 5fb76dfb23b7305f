import { Backend, CollectorConfigOverrides, CollectorImage, GatewayDeployment } from '../../src';
import { checksum } from '../../src/workload/collector-pod';
import { synthesized } from '../synthesized';

const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];

function pod(props: object = {}) {
  return synthesized((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, ...props });
  }).podOf('gateway');
}

function checksumOf(yaml: string): string {
  return pod({ config: CollectorConfigOverrides.fromYaml(yaml) })
    .metadata.annotations['checksum/config'];
}

test('pods are replaced when the configuration says something else', () => {
  expect(checksumOf('processors: {batch: {timeout: 1s}}'))
    .not.toBe(checksumOf('processors: {batch: {timeout: 2s}}'));
});

test('pods stay when the configuration says the same in other words', () => {
  expect(checksumOf('# A comment.\nprocessors:\n  batch:\n    timeout: "1s"\n'))
    .toBe(checksumOf('processors: {batch: {timeout: 1s}}'));
  expect(checksum({ a: [{ b: 1, c: 2 }] })).toBe(checksum({ a: [{ c: 2, b: 1 }] }));
  expect(checksum({ a: [1, 2] })).not.toBe(checksum({ a: [2, 1] }));
});

test('the process knows where it is', () => {
  const { env } = pod().spec.containers[0];
  const fields = env.filter(({ valueFrom }: any) => valueFrom !== undefined)
    .map(({ name, valueFrom }: any) => [name, valueFrom.fieldRef.fieldPath]);
  expect(fields).toEqual([
    ['POD_IP', 'status.podIP'], ['POD_NAME', 'metadata.name'],
    ['POD_NAMESPACE', 'metadata.namespace'], ['NODE_NAME', 'spec.nodeName'],
  ]);
});

test('an image that writes somewhere may, though its root is read-only', () => {
  const { containers, volumes } = pod({ image: CollectorImage.datadog('7.76.0') }).spec;
  expect(volumes.slice(1)).toEqual([
    { name: 'tmp', emptyDir: {} }, { name: 'var-log-datadog', emptyDir: {} },
  ]);
  expect(containers[0].volumeMounts.slice(1)).toEqual([
    { name: 'tmp', mountPath: '/tmp' }, { name: 'var-log-datadog', mountPath: '/var/log/datadog' },
  ]);
});
