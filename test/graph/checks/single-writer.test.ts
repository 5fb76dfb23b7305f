import type { Chart } from 'cdk8s';
import { exportTo } from './props';
import {
  AgentDaemonSet, CollectorImage, GatewayDeployment, Receiver, Scaling, Signal,
} from '../../../src';
import { complaints } from '../../synthesized';

const image = CollectorImage.contrib('0.159.0');

function tier(kind: 'agent' | 'gateway', type: string, settings: object, props: object = {}) {
  const receive = [Receiver.fromYaml(type, settings, { signals: [Signal.METRICS] })];
  return complaints((chart: Chart) => {
    const given = { exportTo, image, receive, ...props };
    if (kind === 'agent') new AgentDaemonSet(chart, kind, given);
    else new GatewayDeployment(chart, kind, given);
  });
}

function scrapes(...targets: string[]) {
  return {
    config: { scrape_configs: [{ job_name: 'apps', static_configs: [{ targets }] }] },
  };
}

const ONE = { scaling: Scaling.fixed(1) };
const CLUSTER = { auth_type: 'serviceAccount' };

test('the whole cluster is reported by one pod', () => {
  expect(tier('gateway', 'k8s_cluster', CLUSTER)).toEqual([
    '[telemetry/gateway] receivers.k8s_cluster: must run in one pod, for each pod would report the'
    + ' whole cluster again, got up to 2 pods. → move it to a GatewayDeployment with'
    + ' Scaling.fixed(1), or give it a k8s_leader_elector.',
  ]);
  expect(tier('agent', 'k8s_cluster', CLUSTER)).toEqual([
    expect.stringContaining('got a DaemonSet with a pod on each node.'),
  ]);
  expect(tier('gateway', 'k8s_cluster', CLUSTER, ONE)).toEqual([]);
});

test('targets are scraped by one pod', () => {
  expect(tier('gateway', 'prometheus', scrapes('app:9090'))).toEqual([
    '[telemetry/gateway] receivers.prometheus: must scrape from one pod, for each pod would write'
    + ' every series again, got up to 2 pods for the job "apps". → move it to a GatewayDeployment'
    + ' with Scaling.fixed(1), keep to targets on the pod\'s own node by ${env:NODE_NAME}, or give'
    + ' it a target_allocator.',
  ]);
});

test.each([
  ['there is one pod', 'gateway', scrapes('app:9090'), ONE],
  ['each pod scrapes itself', 'gateway', scrapes('${env:POD_IP}:8888'), {}],
  ['each pod scrapes its node', 'agent', scrapes('${env:NODE_NAME}:9100'), {}],
  ['targets are allocated', 'gateway', {
    target_allocator: { endpoint: 'http://ta', interval: '30s', collector_id: 'a' },
  }, {}],
] as const)('nothing is said where %s', (_, kind, settings, props) => {
  expect(tier(kind, 'prometheus', settings, props)).toEqual([]);
});

test.each(['host_metrics', 'kubelet_stats'])('%s stands on every node', (type) => {
  const settings = type === 'host_metrics' ? { scrapers: { cpu: {} } } : {};
  expect(tier('gateway', type, settings)).toEqual([
    `[telemetry/gateway] receivers.${type}: must run once on every node, for it reports the node`
    + ' that it stands on, got a Deployment. → move it to an AgentDaemonSet.',
  ]);
  expect(tier('agent', type, settings)).toEqual([]);
});

test('the features of tiers are right by themselves', () => {
  expect(complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', {
      exportTo, image, clusterMetrics: {}, kubernetesEvents: {},
    });
    new AgentDaemonSet(chart, 'agent', { exportTo, image, hostMetrics: {}, kubeletMetrics: {} });
  })).toEqual([]);
});
