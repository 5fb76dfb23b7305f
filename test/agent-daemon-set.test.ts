import { ApiObject, App, Chart } from 'cdk8s';
import { synthesized } from './synthesized';
import {
  AgentDaemonSet, Backend, CollectorConfigOverrides, CollectorImage, GatewayDeployment, Placement,
  Resolver, Retry, SamplingPolicy, SecretReference, SendingQueue, Signal, TailSamplingGateway,
  TelemetryTarget,
} from '../src';

const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];
const policies = [SamplingPolicy.alwaysSample('all')];

function agent(props: object = {}) {
  return synthesized((chart) => { new AgentDaemonSet(chart, 'agent', { exportTo, ...props }); });
}

test('is reached by its Service on the same node only', () => {
  expect(agent().get('Service', 'agent').spec).toMatchObject({
    internalTrafficPolicy: 'Local', type: 'ClusterIP',
  });
});

test('stands on every Linux node, tainted or not, and is replaced without a gap', () => {
  const { spec } = agent().get('DaemonSet', 'agent');
  expect(spec.template.spec).toMatchObject({
    tolerations: [{ operator: 'Exists' }], nodeSelector: { 'kubernetes.io/os': 'linux' },
  });
  expect(spec.updateStrategy.rollingUpdate).toEqual({ maxSurge: '10%', maxUnavailable: 0 });
});

test('tolerates only what it is told, when it is told', () => {
  const placement = Placement.onNodes(
    { pool: 'apps' }, { tolerations: [{ key: 'gpu', effect: 'NoSchedule' }] });
  expect(agent({ placement }).podOf('agent').spec).toMatchObject({
    nodeSelector: { 'kubernetes.io/os': 'linux', 'pool': 'apps' },
    tolerations: [{ key: 'gpu', effect: 'NoSchedule', operator: 'Exists' }],
  });
});

test('sends to a pool by connection, to all of its pods', () => {
  const objects = synthesized((chart) => {
    const gateway = new GatewayDeployment(chart, 'gateway', { exportTo });
    new AgentDaemonSet(chart, 'agent', { forwardTo: gateway });
  });
  expect(objects.configOf('agent').exporters).toEqual({
    'otlp_grpc/gateway': {
      endpoint: 'dns:///gateway-headless.observability.svc.cluster.local:4317',
      compression: 'none',
      tls: { insecure: true },
    },
  });
  expect(objects.all.filter(({ kind }) => kind === 'Role')).toEqual([]);
});

test('sends traces to a sampler by trace id and everything else by connection', () => {
  const objects = synthesized((chart) => {
    const sampler = new TailSamplingGateway(chart, 'sampler', { exportTo, policies });
    new AgentDaemonSet(chart, 'agent', { forwardTo: sampler });
  });
  const { exporters, service } = objects.configOf('agent');
  expect(exporters['load_balancing/sampler']).toMatchObject({
    routing_key: 'traceID',
    resolver: { k8s: { service: 'sampler.observability', ports: [4317], timeout: '1m' } },
  });
  expect(Object.fromEntries(Object.entries<any>(service.pipelines)
    .map(([signal, { exporters: used }]) => [signal, used]))).toEqual({
    traces: ['load_balancing/sampler'],
    metrics: ['otlp_grpc/sampler'],
    logs: ['otlp_grpc/sampler'],
  });
});

test('a request waits before it is routed, and is tried again with the ring of that time', () => {
  const objects = synthesized((chart) => {
    const sampler = new TailSamplingGateway(chart, 'sampler', { exportTo, policies });
    new AgentDaemonSet(chart, 'agent', {
      forwardTo: sampler,
      signals: [Signal.TRACES],
      retry: Retry.forever(),
      queue: SendingQueue.inMemory({ requests: 50, consumers: 3 }),
    });
  });
  expect(objects.configOf('agent').exporters['load_balancing/sampler']).toMatchObject({
    protocol: { otlp: { sending_queue: { enabled: false }, retry_on_failure: { enabled: false } } },
    sending_queue: { enabled: true, num_consumers: 3, queue_size: 50 },
    retry_on_failure: { enabled: true, max_elapsed_time: '0s', initial_interval: '1s' },
  });
});

test('may read EndpointSlices where the sampler stands, with its own account', () => {
  const objects = synthesized((chart, app) => {
    const other = new Chart(app, 'samplers', { namespace: 'sampling' });
    const sampler = new TailSamplingGateway(
      other, 'sampler', { exportTo, policies, tracePeers: false });
    new AgentDaemonSet(chart, 'agent', { forwardTo: sampler });
  });
  const name = 'observability.agent-finds-sampler';
  expect(objects.get('Role', name).metadata.namespace).toBe('sampling');
  expect(objects.get('RoleBinding', name)).toMatchObject({
    metadata: { namespace: 'sampling' },
    roleRef: { kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name: 'agent', namespace: 'observability' }],
  });
  expect(objects.podOf('agent').spec.automountServiceAccountToken).toBe(true);
  expect(objects.podOf('sampler').spec.automountServiceAccountToken).toBe(false);
});

test('an upstream collector before 0.140 may read Endpoints, too', () => {
  const resources = (version: string) => synthesized((chart) => {
    const sampler = new TailSamplingGateway(chart, 'sampler', { exportTo, policies });
    new AgentDaemonSet(
      chart, 'agent', { forwardTo: sampler, image: CollectorImage.contrib(version) });
  }).get('Role', 'agent-finds-sampler').rules.flatMap((rule: any) => rule.resources);
  expect(resources('0.139.0')).toEqual(['endpoints', 'endpointslices']);
  expect(resources('0.140.0')).toEqual(['endpointslices']);
});

test('sends to collectors of somebody else as it is told', () => {
  const config = (options: any) => agent({
    exportTo: undefined, forwardTo: TelemetryTarget.external('others', options),
  }).configOf('agent').exporters;
  expect(config({ endpoint: 'collector.example.com:4317' })).toEqual({
    'otlp_grpc/others': { endpoint: 'collector.example.com:4317' },
  });
  expect(config({ resolver: Resolver.addresses(['a:4317', 'b']) })['load_balancing/others'])
    .toMatchObject({ resolver: { static: { hostnames: ['a:4317', 'b'] } } });
});

test('a target of somebody else has an address or a resolver, and not both', () => {
  const says = (options: object) => () =>
    agent({ exportTo: undefined, forwardTo: TelemetryTarget.external('others', options) });
  expect(says({})).toThrow(
    'forwardTo (others): must have an endpoint or a resolver, got neither.');
  expect(says({ endpoint: 'a:4317', resolver: Resolver.addresses(['a']) })).toThrow(
    'forwardTo (others): must have an endpoint or a resolver, got both.');
});

test('raw configuration is merged over what is written, and may refer to Secrets', () => {
  const objects = agent({
    config: CollectorConfigOverrides.fromObject({
      exporters: { debug: { verbosity: '${env:VERBOSITY}' } },
      service: { pipelines: { logs: { exporters: ['debug'] } } },
    }),
    secrets: { VERBOSITY: SecretReference.of('settings', 'verbosity') },
    image: CollectorImage.contrib('0.159.0'),
  });
  expect(objects.configOf('agent').service.pipelines).toMatchObject({
    traces: { exporters: ['otlp_grpc/store'] }, logs: { exporters: ['debug'] },
  });
  expect(objects.podOf('agent').spec.containers[0].env).toContainEqual({
    name: 'VERBOSITY',
    valueFrom: { secretKeyRef: { name: 'settings', key: 'verbosity' } },
  });
});

test('its workload is its default child', () => {
  synthesized((chart) => {
    const construct = new AgentDaemonSet(chart, 'agent', { exportTo });
    expect(ApiObject.of(construct).kind).toBe('DaemonSet');
  });
});

test('without a namespace everything is called by its name alone', () => {
  const app = new App();
  const chart = new Chart(app, 'telemetry');
  const sampler = new TailSamplingGateway(chart, 'sampler', { exportTo, policies });
  const construct = new AgentDaemonSet(chart, 'agent', { forwardTo: sampler });
  expect(construct.grpcEndpoint).toBe('http://agent:4317');
  expect(construct.collectorConfig).toContain('service: sampler\n');
  expect(construct.collectorConfig).toContain('endpoint: dns:///sampler-headless:4317\n');
  expect(app.synthYaml()).not.toContain('namespace:');
});

test('tells applications where it is', () => {
  synthesized((chart) => {
    const construct = new AgentDaemonSet(chart, 'agent', { exportTo, httpPort: 14318 });
    expect([construct.grpcEndpoint, construct.httpEndpoint]).toEqual([
      'http://agent.observability.svc.cluster.local:4317',
      'http://agent.observability.svc.cluster.local:14318',
    ]);
  });
});
