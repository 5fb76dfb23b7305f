/**
 * What must never change by itself: selectors cannot be changed in a running cluster, and others
 * refer to names. Whoever changes this file takes everybody's collectors down for a moment.
 */
import { Size } from 'cdk8s';
import { synthesized } from './synthesized';
import {
  AgentDaemonSet, Backend, CollectorConfigOverrides, CollectorImage, GatewayDeployment, Monitoring,
  MultiLayerGateway, Placement, SamplingPolicy, Scaling, TailSamplingGateway,
} from '../src';

const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];
const policies = [SamplingPolicy.alwaysSample('all')];

function everything(props: object) {
  return synthesized((chart) => {
    const scaling = Scaling.horizontal({ max: 5 });
    const sampler = new TailSamplingGateway(
      chart, 'sampler', { exportTo, policies, scaling, tracePeers: true, ...props });
    new GatewayDeployment(chart, 'gateway', { exportTo, scaling, ...props });
    new MultiLayerGateway(chart, 'chain', { exportTo, layers: [{ name: 'one' }] });
    new AgentDaemonSet(chart, 'agent', { forwardTo: sampler, ...props });
  });
}

const MONITORING = { monitoring: Monitoring.prometheusOperator() };

test('names are what they were', () => {
  expect(everything(MONITORING).all.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort())
    .toEqual([
      'ConfigMap agent-config',
      'ConfigMap chain-one-config',
      'ConfigMap gateway-config',
      'ConfigMap sampler-config',
      'DaemonSet agent',
      'Deployment chain-one',
      'Deployment gateway',
      'HorizontalPodAutoscaler gateway',
      'HorizontalPodAutoscaler sampler',
      'PodDisruptionBudget chain-one',
      'PodDisruptionBudget gateway',
      'PodDisruptionBudget sampler',
      'PrometheusRule agent',
      'PrometheusRule gateway',
      'PrometheusRule sampler',
      'Role agent-finds-sampler',
      'Role sampler-finds-sampler',
      'RoleBinding agent-finds-sampler',
      'RoleBinding sampler-finds-sampler',
      'Service agent',
      'Service chain-one',
      'Service chain-one-headless',
      'Service gateway',
      'Service gateway-headless',
      'Service sampler',
      'Service sampler-headless',
      'ServiceAccount agent',
      'ServiceAccount chain-one',
      'ServiceAccount gateway',
      'ServiceAccount sampler',
      'ServiceMonitor agent',
      'ServiceMonitor gateway',
      'ServiceMonitor sampler',
      'StatefulSet sampler',
    ]);
});

test.each([
  {},
  MONITORING,
  { image: CollectorImage.contrib('0.159.0') },
  { memory: Size.gibibytes(2), cpuMillis: 2000, placement: Placement.onNodes({ a: 'b' }) },
  { config: CollectorConfigOverrides.fromYaml('processors: {batch: {timeout: 1s}}') },
])('selectors are two labels that no option changes: %#', (props) => {
  const objects = everything(props);
  for (const [kind, name] of [
    ['DaemonSet', 'agent'], ['Deployment', 'gateway'], ['StatefulSet', 'sampler'],
  ]) {
    const selector = {
      'app.kubernetes.io/name': 'otel-collector', 'app.kubernetes.io/instance': name,
    };
    expect(objects.get(kind, name).spec.selector).toEqual({ matchLabels: selector });
    expect(objects.get('Service', name).spec.selector).toEqual(selector);
  }
  expect(objects.get('StatefulSet', 'sampler').spec).toMatchObject({
    serviceName: 'sampler-headless', podManagementPolicy: 'Parallel',
  });
});

test('ports are where everybody expects them', () => {
  const { ports } = everything({}).podOf('sampler').spec.containers[0];
  expect(ports.map(({ name, containerPort }: any) => [name, containerPort])).toEqual([
    ['otlp-grpc', 4317], ['otlp-http', 4318], ['metrics', 8888], ['health', 13133],
    ['peers', 4319],
  ]);
});
