/** OpenTelemetry's page on agents and gateways: what its configurations say (A1.1 to A1.18). */
import { Chart, Size } from 'cdk8s';
import { chartsOf } from './example';
import {
  AgentDaemonSet, Backend, CollectorConfigOverrides, CollectorImage, GatewayDeployment,
  ResourceDetector, SamplingPolicy, SendingQueue, TailSamplingGateway,
} from '../../src';
import { complaints } from '../synthesized';

const objects = chartsOf('agent-to-gateway')('telemetry');
const agent = objects.configOf('otel-agent');
const gateway = objects.configOf('otel-gateway');
const routed = agent.exporters['load_balancing/otel-gateway'];
const forwarded = agent.exporters['otlp_grpc/otel-gateway'];
const backend = gateway.exporters['otlp_grpc/backend'];
const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];

const said = (build: (chart: Chart) => void) => complaints(build).join('\n');

/** What is said against an agent with these props. */
const agentSays = (props: object) =>
  said((chart) => { new AgentDaemonSet(chart, 'agent', { exportTo, ...props }); });

/** What is said against a gateway with these props. */
const gatewaySays = (props: object) =>
  said((chart) => { new GatewayDeployment(chart, 'gateway', { exportTo, ...props }); });

/** Processors of a pipeline by id. */
const processorsOf = (config: any) => Object.fromEntries(
  Object.entries<any>(config.service.pipelines).map(([id, { processors }]) => [id, processors]));

describe('tiers', () => {
  test('A1.1 agents stand on every node, and their Service leads to the one nearby', () => {
    expect(objects.get('DaemonSet', 'otel-agent').spec.template.spec.tolerations)
      .toEqual([{ operator: 'Exists' }]);
    expect(objects.get('Service', 'otel-agent').spec.internalTrafficPolicy).toBe('Local');
  });

  test('A1.1 agents send to pods of the gateway, which sends outside by TLS', () => {
    expect(routed.resolver.k8s.service).toBe('otel-gateway.observability');
    expect(backend.endpoint).toBe('https://backend.example.com:4317');
    expect(backend.tls).toBeUndefined();
  });

  test.each([['A1.2', agent], ['A1.11', gateway]])(
    '%s OTLP is taken in on 4317 and 4318 of the address of the pod', (_item, config) => {
      const { grpc, http } = config.receivers.otlp.protocols;
      expect(grpc.endpoint).toBe('[${env:POD_IP}]:4317');
      expect(http.endpoint).toBe('[${env:POD_IP}]:4318');
    });
});

describe('what only agents see', () => {
  test('A1.3 five scrapers look at the node itself every 30 s', () => {
    const { collection_interval: interval, scrapers, root_path: root }
      = agent.receivers.host_metrics;
    expect(interval).toBe('30s');
    expect(Object.keys(scrapers).sort())
      .toEqual(['cpu', 'disk', 'filesystem', 'memory', 'network']);
    expect(root).toBe('/hostfs');
    const { hostNetwork, containers: [{ volumeMounts }] } = objects.podOf('otel-agent').spec;
    expect(volumeMounts).toContainEqual(
      expect.objectContaining({ name: 'hostfs', mountPath: '/hostfs', readOnly: true }));
    expect(hostNetwork).toBe(true);
  });

  test('A1.4 logs of containers are read by agents, each of its own node', () => {
    expect(agent.receivers.file_log.include).toEqual(['/var/log/pods/*/*/*.log']);
    expect(Object.keys(gateway.receivers)).toEqual(['otlp']);
    expect(agent.service.pipelines.logs.receivers).toEqual(['otlp', 'file_log']);
  });

  test('A1.5 agents detect what they stand on, within 5 s', () => {
    const { detectors, timeout, system } = agent.processors.resource_detection;
    expect(detectors).toEqual(['env', 'system', 'k8s_api']);
    expect(timeout).toBe('5s');
    expect(system.resource_attributes['host.name']).toEqual({ enabled: false });
    expect(objects.podOf('otel-agent').spec.containers[0].env).toContainEqual({
      name: 'OTEL_RESOURCE_ATTRIBUTES',
      value: 'host.name=$(NODE_NAME),k8s.node.name=$(NODE_NAME)',
    });
  });

  test('A1.5 neither the socket of Docker nor the node of a gateway is asked', () => {
    expect(agentSays({ resourceDetection: [ResourceDetector.DOCKER] }))
      .toContain('must not hold docker');
    expect(gatewaySays({ resourceDetection: [ResourceDetector.SYSTEM] }))
      .toContain('give these detectors to the AgentDaemonSet');
  });
});

describe('memory and batches', () => {
  test.each([
    ['A1.6', 'otel-agent', agent, 512, 102, '640Mi', '409MiB'],
    ['A1.12', 'otel-gateway', gateway, 2048, 409, '2560Mi', '1638MiB'],
  ])('%s the limiter of %s acts below what its container may use', (
    _item, name, { processors }, limit, spike, container, goLimit,
  ) => {
    expect(processors.memory_limiter)
      .toEqual({ check_interval: '1s', limit_mib: limit, spike_limit_mib: spike });
    const [{ resources, env }] = objects.podOf(name).spec.containers;
    expect(resources.limits.memory).toBe(container);
    expect(env).toContainEqual({ name: 'GOMEMLIMIT', value: goLimit });
  });

  test('A1.6 a limit that is that of the container is refused', () => {
    expect(agentSays({
      memory: Size.mebibytes(512),
      config: CollectorConfigOverrides.fromYaml('processors: {memory_limiter: {limit_mib: 512}}'),
    })).toContain('limit_mib: must be less than the 512 MiB at which the pod is killed, got 512');
  });

  test('A1.7 agents gather small batches', () => {
    expect(agent.processors.batch)
      .toEqual({ send_batch_size: 1024, send_batch_max_size: 2048, timeout: '1s' });
  });

  test('A1.13 gateways gather large batches', () => {
    expect(backend.sending_queue.batch).toEqual(
      { flush_timeout: '10s', min_size: 10_000, max_size: 20_000, sizer: 'items' });
  });
});

describe('from agents to the gateway', () => {
  test('A1.8 agents verify the certificate that the gateway shows', () => {
    const { tls, endpoint } = forwarded;
    expect(endpoint).toBe('dns:///otel-gateway-headless.observability.svc.cluster.local:4317');
    expect(tls.insecure).toBeUndefined();
    expect(tls.ca_file).toBe('/etc/otelgw/tls/client/ca.crt');
    expect(objects.podOf('otel-agent').spec.containers[0].volumeMounts).toContainEqual(
      { name: 'tls-client', mountPath: '/etc/otelgw/tls/client', readOnly: true });
    const { grpc, http } = gateway.receivers.otlp.protocols;
    expect([grpc, http].map(({ tls: shown }) => shown.cert_file))
      .toEqual(Array(2).fill('/etc/otelgw/tls/server/tls.crt'));
  });

  test('A1.8 TLS on one side only is refused', () => {
    expect(said((chart) => {
      new GatewayDeployment(chart, 'otel-gateway', { exportTo });
      new AgentDaemonSet(chart, 'agent', {
        exportTo: [Backend.otlp('gateway', {
          endpoint: 'otel-gateway:4317',
          tls: { insecure: false, caFile: '/etc/ssl/certs/ca.crt' },
        })],
      });
    })).toContain('must speak plain text, as telemetry/otel-gateway does, got TLS');
  });

  test('A1.9 agents try for 300 s, and let 5000 requests wait', () => {
    const retries = [routed, forwarded].map(({ retry_on_failure: retry }) => retry);
    expect(retries).toEqual(Array(2).fill(expect.objectContaining(
      { initial_interval: '5s', max_interval: '30s', max_elapsed_time: '5m' })));
    const queues = [routed, forwarded].map(({ sending_queue: queue }) => queue);
    expect(queues).toEqual(
      Array(2).fill({ enabled: true, num_consumers: 2, queue_size: 5000 }));
  });

  test('A1.10 agents pass traces, metrics and logs on', () => {
    const { traces, metrics, logs } = agent.service.pipelines;
    expect(traces.exporters).toEqual(['load_balancing/otel-gateway']);
    expect(metrics.receivers).toEqual(['otlp', 'host_metrics']);
    expect([metrics, logs].map(({ exporters }) => exporters))
      .toEqual([['load_balancing/otel-gateway-streamID'], ['otlp_grpc/otel-gateway']]);
  });
});

describe('the gateway', () => {
  test('A1.14 it keeps traces with errors, and a tenth of the rest', () => {
    const { decision_wait: wait, num_traces: traces, policies } = gateway.processors.tail_sampling;
    expect([wait, traces]).toEqual(['10s', 100_000]);
    expect(policies).toEqual([
      { name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } },
      { name: 'rest', type: 'probabilistic', probabilistic: { sampling_percentage: 10 } },
    ]);
  });

  test('A1.14 a table that is too small for the traces is refused', () => {
    expect(said((chart) => {
      new TailSamplingGateway(chart, 'sampler', {
        exportTo,
        policies: [SamplingPolicy.alwaysSample('all')],
        expectedTracesPerSecond: 100_000,
        numTraces: 100_000,
      });
    })).toContain('numTraces: must be at least 1500000');
  });

  test('A1.15 the key of the backend comes from a Secret', () => {
    expect(backend.headers).toEqual({ 'api-key': '${env:BACKEND_API_KEY}' });
    expect(objects.podOf('otel-gateway').spec.containers[0].env).toContainEqual({
      name: 'BACKEND_API_KEY', valueFrom: { secretKeyRef: { name: 'backend', key: 'api-key' } },
    });
  });

  test.each([
    ['in plain text', Backend.otlp('b', { endpoint: 'b:4317', headers: { 'api-key': 'abc' } }),
      'must not stand in a ConfigMap in plain text'],
    ['from a variable that nobody sets', Backend.fromYaml(
      'b', 'otlp_grpc', { endpoint: 'b:4317', headers: { key: '${env:BACKEND_API_KEY}' } }),
    'needs the environment variable BACKEND_API_KEY'],
  ])('A1.15 a key %s is refused', (_where, store, says) => {
    expect(gatewaySays({ exportTo: [store] })).toContain(says);
  });

  test('A1.16 it tries for ever, with a queue on a volume that outlives its pod', () => {
    expect(backend.retry_on_failure)
      .toEqual({ initial_interval: '5s', max_interval: '1m', max_elapsed_time: '0s' });
    expect(backend.sending_queue).toMatchObject(
      { num_consumers: 4, sizer: 'bytes', queue_size: 7680 * 1024 * 1024 });
    const [claim] = objects.get('StatefulSet', 'otel-gateway').spec.volumeClaimTemplates;
    expect(claim.spec.resources.requests.storage).toBe('10240Mi');
  });

  test('A1.16 a queue in memory that does not fit there is refused', () => {
    expect(gatewaySays({
      memory: Size.mebibytes(2560),
      exportTo: [Backend.otlp('b', {
        endpoint: 'b:4317', queue: SendingQueue.inMemory({ items: 20_000 * 10_000 }),
      })],
    })).toContain('memory: must hold full queues, 19074 MiB queue of otlp_grpc/b');
  });

  test('A1.17 metrics go to Prometheus as well, by a collector that has the exporter', () => {
    const id = 'prometheus_remote_write/prometheus';
    expect(gateway.exporters[id].endpoint).toBe('https://prometheus:9090/api/v1/write');
    const users = Object.entries<any>(gateway.service.pipelines)
      .filter(([, { exporters }]) => exporters.includes(id)).map(([signal]) => signal);
    expect(users).toEqual(['metrics']);
    expect(objects.podOf('otel-gateway').spec.containers[0].image)
      .toMatch(/^otel\/opentelemetry-collector-contrib:/);
  });

  test('A1.17 a collector without the exporter is refused', () => {
    const store = Backend.prometheusRemoteWrite(
      'prometheus', { endpoint: 'https://prometheus:9090/api/v1/write' });
    expect(gatewaySays({ exportTo: [store], image: CollectorImage.k8s('0.159.0') }))
      .toContain('is not a component of otelcol-k8s');
  });

  test('A1.18 traces alone are sampled, behind the limiter and before batches', () => {
    expect(processorsOf(gateway)).toEqual({
      traces: ['memory_limiter', 'tail_sampling'],
      metrics: ['memory_limiter'],
      logs: ['memory_limiter'],
    });
    expect(backend.sending_queue).toMatchObject({ storage: 'file_storage/queue', batch: {} });
    const { traces, metrics, logs } = gateway.service.pipelines;
    expect([traces, metrics, logs].map(({ exporters }) => exporters)).toEqual([
      ['otlp_grpc/backend'], ['otlp_grpc/backend', 'prometheus_remote_write/prometheus'],
      ['otlp_grpc/backend'],
    ]);
  });
});
