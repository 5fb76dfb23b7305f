import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { exportTo, policies } from './graph/checks/props';
import { complaints } from './synthesized';
import {
  Discovery, GatewayDeployment, NginxLoadBalancer, ServiceAccount, TailSamplingGateway,
} from '../src';

function sentence(
  owner: string, object: string, other: string, wayOut = 'give one of them another `name`',
): string {
  return `[telemetry/${owner}] name: must give objects of the chart names of their own, got`
    + ` ${object} of telemetry/${owner} and of telemetry/${other}. → ${wayOut}.`;
}

function pool(chart: Chart, discovery: Discovery) {
  return new TailSamplingGateway(chart, 'x', { exportTo, policies, discovery });
}

test('a tier called as the Service by which pods of a pool find each other is told', () => {
  const build = (discovery: Discovery) => complaints((chart) => {
    pool(chart, discovery);
    new GatewayDeployment(chart, 'other', { exportTo, name: 'x-peers' });
  });
  expect(build(Discovery.DNS)).toEqual([
    sentence('x', 'Service x-peers', 'other'),
    sentence('other', 'Service x-peers', 'x'),
  ]);
  expect(build(Discovery.KUBERNETES_API)).toEqual([]);
});

test('a tier called as the Service for metrics of another is told', () => {
  expect(complaints((chart) => {
    new GatewayDeployment(chart, 'x', { exportTo, service: { type: 'LoadBalancer' } as any });
    new GatewayDeployment(chart, 'x-metrics', { exportTo });
  })).toEqual([
    sentence('x', 'Service x-metrics', 'x-metrics'),
    sentence('x-metrics', 'Service x-metrics', 'x'),
  ]);
});

test('so is an NGINX', () => {
  expect(complaints((chart) => {
    pool(chart, Discovery.DNS);
    const target = new GatewayDeployment(chart, 'gateway', { exportTo });
    new NginxLoadBalancer(chart, 'front', { target, name: 'x-peers' });
  })).toEqual([sentence('x', 'Service x-peers', 'front')]);
});

test('an object that somebody wrote by hand is told, but not one elsewhere', () => {
  const beside = (metadata: k8s.ObjectMeta) => complaints((chart) => {
    pool(chart, Discovery.KUBERNETES_API);
    new k8s.KubeService(chart, 'own', { metadata });
  });
  expect(beside({ name: 'x-headless' })).toEqual([
    sentence('x', 'Service x-headless', 'own'),
  ]);
  expect(beside({ name: 'x-headless', namespace: 'others' })).toEqual([]);
  expect(beside({ name: 'x-config' })).toEqual([]);
});

test('an account that two tiers make is told', () => {
  const build = (second: ServiceAccount) => complaints((chart) => {
    const serviceAccount = ServiceAccount.create({ name: 'shared' });
    new GatewayDeployment(chart, 'a', { exportTo, serviceAccount });
    new GatewayDeployment(chart, 'b', { exportTo, serviceAccount: second });
  });
  const wayOut = 'give one of them ServiceAccount.existing(\'shared\')';
  expect(build(ServiceAccount.create({ name: 'shared' }))).toEqual([
    sentence('a', 'ServiceAccount shared', 'b', wayOut),
    sentence('b', 'ServiceAccount shared', 'a', wayOut),
  ]);
  expect(build(ServiceAccount.existing('shared'))).toEqual([]);
});
