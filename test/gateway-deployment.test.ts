import { App, Chart, Duration, Size } from 'cdk8s';
import { synthesized } from './synthesized';
import {
  AgentDaemonSet, Availability, Backend, CollectorImage, GatewayDeployment, Protocol, Scaling,
  ScalingSignal, SecretReference, TelemetryTarget,
} from '../src';

const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];

function gateway(props: object = {}) {
  return synthesized((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, ...props });
  });
}

function containerOf(objects: ReturnType<typeof gateway>) {
  return objects.podOf('gateway').spec.containers[0];
}

test('has one Service with one address and one with an address per pod', () => {
  const objects = gateway();
  expect(objects.get('Service', 'gateway').spec.ports.map(({ name, port, appProtocol }: any) =>
    [name, port, appProtocol])).toEqual([
    ['otlp-grpc', 4317, 'grpc'], ['otlp-http', 4318, 'http'], ['metrics', 8888, 'http'],
  ]);
  expect(objects.get('Service', 'gateway-headless').spec).toMatchObject({ clusterIP: 'None' });
});

test('asks senders to connect anew, so that new pods are met', () => {
  expect(gateway().configOf('gateway').receivers.otlp.protocols.grpc.keepalive).toEqual({
    server_parameters: { max_connection_age: '5m', max_connection_age_grace: '30s' },
  });
});

test('a fixed number of pods is written into the workload, and no autoscaler', () => {
  const objects = gateway({ scaling: Scaling.fixed(4) });
  expect(objects.get('Deployment', 'gateway').spec.replicas).toBe(4);
  expect(objects.has('HorizontalPodAutoscaler', 'gateway')).toBe(false);
});

test('an autoscaler leaves the number of pods out of the workload', () => {
  const signals = [ScalingSignal.cpu(70), ScalingSignal.memory(75)];
  const objects = gateway({ scaling: Scaling.horizontal({ min: 3, max: 9, signals }) });
  expect(objects.get('Deployment', 'gateway').spec).not.toHaveProperty('replicas');
  expect(objects.get('HorizontalPodAutoscaler', 'gateway').spec).toMatchObject({
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'gateway' },
    minReplicas: 3,
    maxReplicas: 9,
    metrics: [
      { resource: { name: 'cpu', target: { averageUtilization: 70 } } },
      { resource: { name: 'memory', target: { averageUtilization: 75 } } },
    ],
  });
});

test.each([
  [{ scaling: Scaling.fixed(2) }, { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' }],
  [{ scaling: Scaling.fixed(4), availability: Availability.minAvailable(3) }, { minAvailable: 3 }],
])('%j is protected when nodes are emptied', (props, budget) => {
  expect(gateway(props).get('PodDisruptionBudget', 'gateway').spec).toMatchObject(budget);
});

test.each([
  { scaling: Scaling.fixed(1) }, { availability: Availability.unprotected() },
])('%j has no disruption budget', (props) => {
  expect(gateway(props).has('PodDisruptionBudget', 'gateway')).toBe(false);
});

test.each([
  [undefined, '512Mi', 403, 80, '--max-old-space-size=256'],
  [Size.gibibytes(2), '2048Mi', 1638, 327, '--max-old-space-size=1024'],
])('memory of %s becomes requests, limits and what the process is told', (
  memory, quantity, limit, spike, options,
) => {
  const objects = gateway({ memory });
  const { resources, env } = containerOf(objects);
  expect(resources).toMatchObject({ requests: { memory: quantity }, limits: { memory: quantity } });
  expect(resources.limits).not.toHaveProperty('cpu');
  expect(env).toContainEqual({ name: 'NODE_OPTIONS', value: options });
  expect(objects.configOf('gateway').processors.memory_limiter).toEqual({
    check_interval: '200ms', limit_mib: limit, spike_limit_mib: spike,
  });
});

test('the memory limiter is the first processor of every pipeline', () => {
  const { pipelines } = gateway().configOf('gateway').service;
  expect(Object.values<any>(pipelines).map(({ processors }) => processors[0]))
    .toEqual(['memory_limiter', 'memory_limiter', 'memory_limiter']);
});

test('an image of upstream is started, limited and stopped in its own way', () => {
  const objects = gateway({ image: CollectorImage.contrib('0.152.0') });
  const { args, env, lifecycle } = containerOf(objects);
  expect(args).toEqual(['--config', '/etc/otelgw/collector.yaml']);
  expect(env).toContainEqual({ name: 'GOMEMLIMIT', value: '327MiB' });
  expect(objects.configOf('gateway').processors.memory_limiter.check_interval).toBe('1s');
  expect(lifecycle).toEqual({ preStop: { sleep: { seconds: 5 } } });
});

test('our own runtime waits by itself until nobody sends to it any more', () => {
  const { args, lifecycle, image } = containerOf(gateway());
  // Both together stay below the 25 seconds after which the pod is killed.
  expect(args).toEqual([
    'run', '--config', '/etc/otelgw/collector.yaml', '--drain-delay', '5s',
    '--shutdown-timeout', '18s',
  ]);
  expect(lifecycle).toBeUndefined();
  expect(image).toMatch(/^ghcr\.io\/cdk8s-otel-gateway\/otelgw:\d+\.\d+\.\d+/);
});

test('components are named as the image knows them', () => {
  const names = (image: CollectorImage) =>
    Object.keys(gateway({ image }).configOf('gateway').exporters);
  expect(names(CollectorImage.contrib('0.143.0'))).toEqual(['otlp/store']);
  expect(names(CollectorImage.contrib('0.144.0'))).toEqual(['otlp_grpc/store']);
  expect(names(CollectorImage.datadog('7.76.0'))).toEqual(['otlp/store']);
  expect(names(CollectorImage.custom({ image: 'own:1' }))).toEqual(['otlp/store']);
});

test('a value of a Secret is a variable, and not in the ConfigMap', () => {
  const objects = gateway({
    exportTo: [Backend.otlp('store', {
      endpoint: 'https://store.example.com:4317',
      secretHeaders: { 'api-key': SecretReference.of('backend', 'api-key') },
    })],
  });
  expect(objects.configOf('gateway').exporters['otlp_grpc/store'].headers).toEqual({
    'api-key': '${env:BACKEND_API_KEY}',
  });
  expect(containerOf(objects).env).toContainEqual({
    name: 'BACKEND_API_KEY', valueFrom: { secretKeyRef: { name: 'backend', key: 'api-key' } },
  });
});

test.each([
  ['store:4317', { insecure: true }],
  ['store.tracing.svc:4317', { insecure: true }],
  ['store.tracing.svc.cluster.local:4317', { insecure: true }],
  ['http://store.example.com:4317', { insecure: true }],
  ['https://store:4317', undefined],
  ['store.example.com:4317', undefined],
  ['10.1.2.3:4317', undefined],
])('%s is spoken to with TLS unless it is of the cluster: %j', (endpoint, tls) => {
  const backend = Backend.otlp('store', { endpoint });
  expect(gateway({ exportTo: [backend] }).configOf('gateway').exporters['otlp_grpc/store'].tls)
    .toEqual(tls);
});

test('gets the time to end that it is given, when that is enough', () => {
  const grace = (props: object) =>
    gateway(props).podOf('gateway').spec.terminationGracePeriodSeconds;
  expect(grace({})).toBe(25);
  expect(grace({ terminationGracePeriod: Duration.minutes(2) })).toBe(120);
});

test('a change of a port, a name or a namespace changes it everywhere', () => {
  const text = (namespace: string, name: string, grpcPort: number) => {
    const app = new App();
    const chart = new Chart(app, 'telemetry', { namespace });
    const target = new GatewayDeployment(chart, 'gateway', {
      name, grpcPort, exportTo: [Backend.otlp('store', { endpoint: 'store:9999' })],
    });
    new AgentDaemonSet(chart, 'agent', { forwardTo: target, grpcPort: 24317 });
    return app.synthYaml().replace(/checksum\/config: .*/g, '');
  };
  expect(text('observability', 'pool', 4317))
    .toContain('dns:///pool-headless.observability.svc.cluster.local:4317');
  expect(text('elsewhere', 'renamed', 14317)).toBe(text('observability', 'pool', 4317)
    .replaceAll('observability', 'elsewhere').replaceAll('pool', 'renamed')
    .replace(/\b4317\b/g, '14317'));
});

test('a gateway that takes OTLP over HTTP only is sent to over HTTP', () => {
  const objects = synthesized((chart) => {
    const forwardTo = new GatewayDeployment(chart, 'gateway', {
      exportTo, protocols: [Protocol.HTTP],
    });
    new AgentDaemonSet(chart, 'agent', { forwardTo });
  });
  expect(objects.configOf('agent').exporters).toEqual({
    'otlp_http/gateway': {
      endpoint: 'http://gateway.observability.svc.cluster.local:4318',
      compression: 'none',
      tls: { insecure: true },
    },
  });
  expect(Object.keys(objects.configOf('gateway').receivers.otlp.protocols)).toEqual(['http']);
  expect(objects.get('Service', 'gateway').spec.ports.map(({ name }: any) => name))
    .toEqual(['otlp-http', 'metrics']);
});

test.each<[object, object]>([
  [{}, { timeout: '200ms', send_batch_size: 1024, send_batch_max_size: 2048 }],
  [{ timeout: Duration.seconds(1) },
    { timeout: '1s', send_batch_size: 1024, send_batch_max_size: 2048 }],
  [{ sendBatchSize: 10_000 },
    { timeout: '200ms', send_batch_size: 10_000, send_batch_max_size: 10_000 }],
  [{ sendBatchMaxSize: 0 }, { timeout: '200ms', send_batch_size: 1024, send_batch_max_size: 0 }],
])('of batches what is not said stays as it is: %j', (batch, written) => {
  expect(gateway({ batch }).configOf('gateway').processors.batch).toEqual(written);
});

test.each([
  ['others.example.com:4317', undefined], ['others.elsewhere.svc:4317', 'none'],
])('what goes to %s is compressed unless it stays in the cluster', (endpoint, compression) => {
  const forwardTo = TelemetryTarget.external('others', { endpoint, insecure: true });
  const { exporters } = gateway({ exportTo: undefined, forwardTo }).configOf('gateway');
  expect(exporters['otlp_grpc/others'].compression).toBe(compression);
});
