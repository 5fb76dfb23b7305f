import {
  AgentDaemonSet, Backend, Discovery, GatewayDeployment, Routing, RoutingKey, SamplingPolicy,
  TailSamplingGateway,
} from '../../src';
import { synthesized, type Objects } from '../synthesized';

const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];
const policies = [SamplingPolicy.alwaysSample('all')];
const BOTH = { service: { ipFamilies: ['IPv6', 'IPv4'], ipFamilyPolicy: 'PreferDualStack' } };

function sampler(props: object): Objects {
  return synthesized((chart) => {
    const forwardTo = new TailSamplingGateway(chart, 'pool', { exportTo, policies, ...props });
    new AgentDaemonSet(chart, 'agent', { forwardTo });
  });
}

function endpointsOf(objects: Objects): string[] {
  const { grpc, http } = objects.configOf('pool').receivers.otlp.protocols;
  return [grpc.endpoint, http.endpoint];
}

function servicesOf({ all }: Objects): [string, unknown, unknown][] {
  return all.filter(({ kind, metadata }) => kind === 'Service' && metadata.name !== 'agent')
    .map(({ metadata, spec }) => [metadata.name, spec.ipFamilies, spec.ipFamilyPolicy]);
}

test('a Service of both families leads to addresses on which its pods listen', () => {
  expect(endpointsOf(sampler(BOTH))).toEqual([':4317', ':4318']);
  expect(endpointsOf(sampler({}))).toEqual(['[${env:POD_IP}]:4317', '[${env:POD_IP}]:4318']);
  expect(endpointsOf(sampler({ service: { ipFamilyPolicy: 'SingleStack' } })))
    .toEqual(['[${env:POD_IP}]:4317', '[${env:POD_IP}]:4318']);
});

test.each(Object.values(Discovery))('a sampler is not two to who finds it by %s', (discovery) => {
  const objects = sampler({ ...BOTH, discovery });
  expect(servicesOf(objects).slice(0, 2)).toEqual([
    ['pool', ['IPv6', 'IPv4'], 'PreferDualStack'], ['pool-headless', undefined, 'SingleStack'],
  ]);
  const found = discovery === Discovery.DNS
    ? { dns: { hostname: 'pool-headless.observability.svc.cluster.local', port: '4317' } }
    : { k8s: { service: 'pool-headless.observability', ports: [4317], timeout: '1m' } };
  expect(objects.configOf('agent').exporters['load_balancing/pool'].resolver).toEqual(found);
  expect(objects.configOf('pool').extensions.trace_peers.resolver).toEqual(found);
});

test('neither is a pod of a gateway to which is routed', () => {
  const resolverOf = (props: object) => synthesized((chart) => {
    const forwardTo = new GatewayDeployment(chart, 'pool', { exportTo, ...props });
    new AgentDaemonSet(chart, 'agent', {
      forwardTo, routing: Routing.byKey(RoutingKey.SERVICE),
    });
  }).configOf('agent').exporters['load_balancing/pool'].resolver.k8s.service;
  expect(resolverOf(BOTH)).toBe('pool-headless.observability');
  expect(resolverOf({})).toBe('pool.observability');
});
