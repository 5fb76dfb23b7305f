/** Datadog's guide, item by item: installation and configuration. See docs/sources.md. */
import { container, exportersOf, exportTo, image, pair, pairSays, portsOf } from './datadog-pair';
import { chartsOf } from './example';
import { addresses, runTier, send, sendingTo, Taker } from './running-tiers';
import { CollectorProcess, until } from '../../runtime/testing/collector-process';
import {
  AgentDaemonSet, Backend, CollectorConfigOverrides, DebugVerbosity, GatewayDeployment, HostPorts,
  Placement, Platform, Protocol, Scaling, TelemetryTarget,
} from '../../src';
import { synthesized } from '../synthesized';

const CHARTS = [
  'gateway-with-daemonset', 'standalone-gateway', 'custom-configuration', 'tail-sampling',
  'custom-image', 'multi-layer',
];
const GATEWAY = 'datadog-otel-agent-gateway';
const chart = chartsOf('datadog-gateway');

afterAll(() => CollectorProcess.killAll());

test('A0.1 a gateway is a Deployment and a Service of the same name', () => {
  const objects = chart('gateway-with-daemonset');
  const selector = {
    'app.kubernetes.io/name': 'otel-collector', 'app.kubernetes.io/instance': GATEWAY,
  };
  expect(objects.get('Service', GATEWAY).spec.selector).toEqual(selector);
  expect(objects.get('Deployment', GATEWAY).spec.selector.matchLabels).toEqual(selector);
  expect(objects.get('Deployment', GATEWAY).spec.template.metadata.labels)
    .toMatchObject(selector);
  expect(objects.has('Deployment', `${GATEWAY}-deployment`)).toBe(false);
});

test('A0.2 the name is given as it is, and the Service has it', () => {
  expect(chart('custom-configuration').has('Service', 'my-gw-otel-agent-gateway')).toBe(true);
  expect(chart('standalone-gateway').has('Service', 'gw-only-otel-agent-gateway')).toBe(true);
});

test('A0.3 agents send everything to the gateway and nothing to the vendor', () => {
  const { exporters, ...config } = chart('custom-configuration').configOf('datadog');
  expect(Object.keys(exporters)).toEqual(['otlp/my-gw-otel-agent-gateway']);
  expect(Object.keys(exportersOf(config))).toEqual(['traces', 'metrics', 'logs']);
});

describe('A0.4 what the cluster must be', () => {
  test('A0.4 no API is newer than those of Kubernetes 1.29', () => {
    const versions = new Set(CHARTS.flatMap((name) =>
      chart(name).all.map(({ apiVersion }) => apiVersion)));
    expect([...versions].sort())
      .toEqual(['apps/v1', 'policy/v1', 'rbac.authorization.k8s.io/v1', 'v1']);
  });

  test.each([
    [Platform.eksFargate(), {}, /EKS Fargate does not take DaemonSets/],
    [Platform.gkeAutopilot(), { hostPorts: HostPorts.same() },
      /GKE Autopilot does not take ports of the node/],
  ])('A0.4 %#: platforms are refused for what they do not take', (platform, props, says) => {
    expect(pairSays({}, { platform, ...props })).toEqual([expect.stringMatching(says)]);
  });

  test('A0.4 an API key is needed, in a Secret', () => {
    expect(container(chart('standalone-gateway'), 'gw-only-otel-agent-gateway').env)
      .toContainEqual({
        name: 'DD_API_KEY',
        valueFrom: { secretKeyRef: { name: 'datadog-secret', key: 'api-key' } },
      });
    expect(pairSays({ exportTo: [Backend.datadog('datadog', {} as never)] }).join())
      .toMatch(/apiKey: must be a SecretReference/);
  });
});

test('A0.5 all pods stand on Linux', () => {
  const pods = CHARTS.flatMap((name) => chart(name).all).flatMap(({ spec }) =>
    spec?.template?.spec ?? []);
  expect(pods).toHaveLength(11);
  for (const { nodeSelector } of pods) expect(nodeSelector['kubernetes.io/os']).toBe('linux');
});

test('A0.6 each tier is there when it is written, and only then', () => {
  const kinds = (name: string) => chart(name).all.map(({ kind }) => kind);
  expect(kinds('gateway-with-daemonset')).toEqual(
    expect.arrayContaining(['DaemonSet', 'Deployment']));
  expect(kinds('standalone-gateway')).not.toContain('DaemonSet');
});

test('A0.7 there are as many pods as were asked for, and two unless told otherwise', () => {
  expect(chart('gateway-with-daemonset').get('Deployment', GATEWAY).spec.replicas).toBe(3);
  expect(chart('custom-image').get('Deployment', 'otel-agent-gateway').spec.replicas).toBe(2);
});

test('A0.7 an autoscaler alone says how many pods there are', () => {
  const objects = synthesized((at) => {
    new GatewayDeployment(at, 'gateway', {
      exportTo, image, scaling: Scaling.horizontal({ min: 2, max: 10 }),
    });
  });
  expect(objects.get('Deployment', 'gateway').spec).not.toHaveProperty('replicas');
  expect(objects.get('HorizontalPodAutoscaler', 'gateway').metadata.namespace)
    .toBe('observability');
});

test('A0.8 gateways stand on their nodes', () => {
  expect(chart('gateway-with-daemonset').podOf(GATEWAY).spec.nodeSelector.gateway).toBe('true');
  expect(chart('gateway-with-daemonset').podOf('datadog').spec.nodeSelector)
    .toEqual({ 'kubernetes.io/os': 'linux' });
});

test('A0.8 gateways stand where an affinity wants them', () => {
  const affinity = {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'gateway', operator: 'Exists' }] }],
      },
    },
  };
  expect(pair({ placement: Placement.withAffinity(affinity) }).podOf('gateway').spec.affinity)
    .toEqual(affinity);
});

test('A0.9 agents take OTLP over gRPC and HTTP on the address of their pod', () => {
  expect(chart('gateway-with-daemonset').configOf('datadog').receivers.otlp.protocols).toEqual({
    grpc: { endpoint: '[${env:POD_IP}]:4317' }, http: { endpoint: '[${env:POD_IP}]:4318' },
  });
});

test('A0.9 an agent that nobody can reach is refused', () => {
  expect(pairSays({}, {
    config: CollectorConfigOverrides.fromYaml(
      'receivers: { otlp: { protocols: { grpc: { endpoint: "localhost:4317" } } } }'),
  })).toEqual([
    expect.stringMatching(/grpc\.endpoint: must be reached from outside its pod, got "localhost/),
  ]);
});

describe('A0.10 what agents export with', () => {
  test('A0.10 the gateway is addressed pod by pod, in plain text', () => {
    const { exporters } = chart('gateway-with-daemonset').configOf('datadog');
    expect(exporters).toEqual({
      [`otlp/${GATEWAY}`]: {
        endpoint: `dns:///${GATEWAY}-headless.datadog.svc.cluster.local:4317`,
        compression: 'none',
        tls: { insecure: true },
      },
    });
    expect(chart('gateway-with-daemonset').get('Service', `${GATEWAY}-headless`).spec.clusterIP)
      .toBe('None');
  });

  test('A0.10 a detailed log of all telemetry is written when it is asked for', () => {
    const config = synthesized((at) => {
      const forwardTo = new GatewayDeployment(at, 'gateway', { exportTo, image });
      new AgentDaemonSet(at, 'agent', { forwardTo, image, debug: DebugVerbosity.DETAILED });
    }).configOf('agent');
    expect(config.exporters['debug/temporary']).toEqual({ verbosity: 'detailed' });
    expect(exportersOf(config).logs).toEqual(['otlp/gateway', 'debug/temporary']);
  });
});

test('A0.11 agents gather for ten seconds, after the memory limiter', () => {
  const { processors, service } = chart('gateway-with-daemonset').configOf('datadog');
  expect(processors.batch.timeout).toBe('10s');
  expect(service.pipelines.traces.processors).toEqual(['memory_limiter', 'batch']);
});

test('A0.12 the connector of agents counts spans at the top by their kind and their peers', () => {
  expect(chart('gateway-with-daemonset').configOf('datadog').connectors['datadog/connector'].traces)
    .toEqual({
      compute_top_level_by_span_kind: true,
      peer_tags_aggregation: true,
      compute_stats_by_span_kind: true,
    });
});

test('A0.13 agents count traces and send the counts as metrics', () => {
  const config = chart('gateway-with-daemonset').configOf('datadog');
  expect(exportersOf(config)).toEqual({
    traces: [`otlp/${GATEWAY}`, 'datadog/connector'],
    metrics: [`otlp/${GATEWAY}`],
    logs: [`otlp/${GATEWAY}`],
  });
  expect(config.service.pipelines.metrics.receivers).toEqual(['otlp', 'datadog/connector']);
});

describe('A0.14 a gateway sends all signals to Datadog', () => {
  test('A0.14 it listens on both ports, gathers, and has the key from a Secret', () => {
    const config = chart('gateway-with-daemonset').configOf(GATEWAY);
    expect(config.receivers.otlp.protocols.http.endpoint).toBe('[${env:POD_IP}]:4318');
    expect(config.processors.batch.timeout).toBe('10s');
    expect(config.exporters.datadog.api.key).toBe('${env:DATADOG_SECRET_API_KEY}');
    expect(exportersOf(config))
      .toEqual({ traces: ['datadog'], metrics: ['datadog'], logs: ['datadog'] });
  });

  test('A0.14 it is alive, ready, bounded in memory and not taken away all at once', () => {
    const objects = chart('gateway-with-daemonset');
    expect(container(objects, GATEWAY)).toMatchObject({
      readinessProbe: { httpGet: { port: 'health' } },
      livenessProbe: { httpGet: { port: 'health' } },
      resources: { limits: { memory: '512Mi' } },
    });
    expect(objects.configOf(GATEWAY).processors.memory_limiter.limit_mib).toBe(409);
    expect(objects.get('PodDisruptionBudget', GATEWAY).spec.maxUnavailable).toBe(1);
  });
});

describe('A0.15 a gateway stands alone', () => {
  test('A0.15 agents of somebody else send to its Service', () => {
    expect(chart('standalone-gateway').all.map(({ kind }) => kind)).toEqual([
      'ServiceAccount', 'ConfigMap', 'Service', 'Service', 'Deployment', 'PodDisruptionBudget',
    ]);
    expect(portsOf(chart('standalone-gateway'), 'gw-only-otel-agent-gateway'))
      .toEqual([4317, 4318, 8888]);
  });

  test('A0.15 its address can be asked for, and agents of another app are pointed to it', () => {
    let address = '';
    synthesized((at) => {
      address = new GatewayDeployment(at, 'gw-only', { exportTo, image }).httpEndpoint;
    });
    expect(address).toBe('http://gw-only.observability.svc.cluster.local:4318');
    const { exporters } = synthesized((at) => {
      const forwardTo = TelemetryTarget.external('gw-only', { endpoint: 'gw-only.other.svc:4317' });
      new AgentDaemonSet(at, 'agent', { forwardTo, image });
    }).configOf('agent');
    expect(exporters['otlp/gw-only']).toMatchObject({
      endpoint: 'gw-only.other.svc:4317', tls: { insecure: true },
    });
  });
});

test('A0.16 the configuration of each tier is overridden by itself', () => {
  const objects = chart('custom-configuration');
  expect(objects.configOf('my-gw-otel-agent-gateway').exporters.datadog.metrics)
    .toEqual({ resource_attributes_as_tags: true });
  expect(objects.configOf('my-gw-otel-agent-gateway').processors.batch.timeout).toBe('200ms');
  expect(objects.configOf('datadog').processors.batch)
    .toEqual({ timeout: '1s', send_batch_size: 1024, send_batch_max_size: 2048 });
});

test('A0.17 the Service has the ports that were said, and no other for telemetry', () => {
  const objects = chart('custom-configuration');
  expect(objects.get('Service', 'my-gw-otel-agent-gateway').spec.ports
    .map(({ name, port }: any) => [name, port])).toEqual([['otlp-grpc', 5317], ['metrics', 8888]]);
  expect(container(objects, 'my-gw-otel-agent-gateway').ports[0])
    .toEqual({ name: 'otlp-grpc', containerPort: 5317, protocol: 'TCP' });
});

test('A0.17 a port is a number, and a text is refused', () => {
  expect(pairSays({ grpcPort: '4317' })).toEqual([
    expect.stringMatching(/grpcPort: must be a number, got "4317"/),
  ]);
});

describe('A0.18 Service, receiver and exporter agree about the port', () => {
  test('A0.18 the port is said once and is everywhere', () => {
    const objects = chart('custom-configuration');
    expect(portsOf(objects, 'my-gw-otel-agent-gateway')).toContain(5317);
    expect(objects.configOf('my-gw-otel-agent-gateway').receivers.otlp.protocols.grpc.endpoint)
      .toMatch(/:5317$/);
    expect(objects.configOf('datadog').exporters['otlp/my-gw-otel-agent-gateway'].endpoint)
      .toMatch(/:5317$/);
  });

  test.each<[string, object, object, RegExp]>([
    ['of a receiver', {
      config: CollectorConfigOverrides.fromYaml(
        'receivers: { otlp: { protocols: { grpc: { endpoint: "0.0.0.0:5317" } } } }'),
    }, {}, /must end in :4317, to which its Service leads, got "0\.0\.0\.0:5317"/],
    ['of an exporter', {}, {
      config: CollectorConfigOverrides.fromYaml(
        'exporters: { otlp/gateway: { endpoint: "gateway:5317" } }'),
    }, /gateway takes OTLP over gRPC on port 4317, got "gateway:5317" with port 5317/],
    ['that is a text', { grpcPort: '5317' }, {}, /grpcPort: must be a number, got "5317"/],
  ])('A0.18 a port %s by itself is refused', (_what, gatewayProps, agentProps, says) => {
    expect(pairSays(gatewayProps, agentProps).join('\n')).toMatch(says);
  });

  test('A0.18 a span goes from agent to gateway to store on those ports', async () => {
    const objects = chart('custom-configuration');
    const [agent, gateway, store] = addresses(3);
    const taker = new Taker(store);
    await taker.start();
    const pool = objects.configOf('my-gw-otel-agent-gateway');
    await runTier(sendingTo(pool, `${store}:4317`), gateway);
    const config = objects.configOf('datadog');
    const exporter = config.exporters['otlp/my-gw-otel-agent-gateway'];
    const name = 'dns:///my-gw-otel-agent-gateway-headless.datadog.svc.cluster.local';
    exporter.endpoint = exporter.endpoint.replace(name, gateway);
    await runTier(config, agent);
    await send(agent, [{ trace: 'a' }]);
    await until('a span in the store', () => taker.spans.length === 1);
    expect(taker.traces.size).toBe(1);
    await taker.stop();
  });
});

test('A0.19 with gRPC only there is no HTTP anywhere, and all signals pass', () => {
  const objects = chart('custom-configuration');
  for (const name of ['datadog', 'my-gw-otel-agent-gateway']) {
    expect(Object.keys(objects.configOf(name).receivers.otlp.protocols)).toEqual(['grpc']);
    expect(portsOf(objects, name)).not.toContain(4318);
  }
  const agent = objects.configOf('datadog');
  const gateway = 'otlp/my-gw-otel-agent-gateway';
  expect(exportersOf(agent)).toEqual({
    traces: [gateway], metrics: [gateway], logs: [gateway],
  });
  expect(agent.exporters[gateway].tls).toEqual({ insecure: true });
});

test('A0.19 an agent follows a gateway that takes HTTP only', () => {
  const { exporters } = pair({ protocols: [Protocol.HTTP] }).configOf('agent');
  expect(exporters).toEqual({
    'otlphttp/gateway': {
      endpoint: 'http://gateway.observability.svc.cluster.local:4318',
      compression: 'none',
      tls: { insecure: true },
    },
  });
});
