/** Datadog's guide, item by item: advanced use cases and limitations. See docs/sources.md. */
import { container, exportersOf, exportTo, image, pairSays, portsOf } from './datadog-pair';
import { chartsOf } from './example';
import { addresses, runTier, send, Taker } from './running-tiers';
import { CollectorProcess, until } from '../../runtime/testing/collector-process';
import {
  AgentDaemonSet, Backend, CollectorConfigOverrides, CollectorImage, GatewayDeployment, HostPorts,
  SamplingPolicy, TailSamplingGateway,
} from '../../src';
import { complaints, synthesized } from '../synthesized';

const GATEWAY = 'datadog-otel-agent-gateway';
const chart = chartsOf('datadog-gateway');

afterAll(() => CollectorProcess.killAll());

describe('A0.20 agents route traces by their id', () => {
  const exporterId = 'loadbalancing/my-gw-otel-agent-gateway';

  test('A0.20 to the pods of the gateway, as Kubernetes tells them', () => {
    expect(chart('tail-sampling').configOf('datadog').exporters[exporterId]).toMatchObject({
      routing_key: 'traceID',
      protocol: { otlp: { tls: { insecure: true } } },
      resolver: { k8s: { service: 'my-gw-otel-agent-gateway.datadog', ports: [4317] } },
    });
  });

  test('A0.20 metrics and logs go on, too', () => {
    expect(exportersOf(chart('tail-sampling').configOf('datadog'))).toEqual({
      traces: [exporterId],
      metrics: ['otlp/my-gw-otel-agent-gateway'],
      logs: ['otlp/my-gw-otel-agent-gateway'],
    });
  });

  test('A0.20 two agents send all spans of a trace to the same pod', async () => {
    const [one, two, ...gateways] = addresses(5);
    const takers = gateways.map((address) => new Taker(address));
    await Promise.all(takers.map((taker) => taker.start()));
    const config = chart('tail-sampling').configOf('datadog');
    config.exporters[exporterId].resolver = { static: { hostnames: gateways } };
    await Promise.all([one, two].map((agent) => runTier(config, agent)));
    const traces = Array.from({ length: 40 }, (_, index) => `trace-${index}`);
    await send(one, traces.map((trace) => ({ trace, span: 'front' })));
    await send(two, traces.map((trace) => ({ trace, span: 'back' })));
    await until('all spans', () => takers.flatMap(({ spans }) => spans).length === 80);
    const met = takers.flatMap((taker) => [...taker.traces]);
    expect(met).toHaveLength(40);
    expect(new Set(met).size).toBe(40);
    await Promise.all(takers.map((taker) => taker.stop()));
  });

  test('A0.20 another way to the sampler is refused', () => {
    expect(complaints((at) => {
      new TailSamplingGateway(at, 'sampler', {
        exportTo, image, policies: [SamplingPolicy.alwaysSample('all')],
      });
      new AgentDaemonSet(at, 'agent', {
        image, exportTo: [Backend.otlp('typed', { endpoint: 'sampler:4317' })],
      });
    }).join('\n')).toMatch(/sends traces by connection to telemetry\/sampler, which samples whole/);
  });
});

test('A0.21 agents may ask for the pods of the gateway, in its namespace only', () => {
  const objects = chart('tail-sampling');
  const role = objects.get('Role', 'datadog-finds-my-gw-otel-agent-gateway');
  expect(role.metadata.namespace).toBe('datadog');
  expect(role.rules).toContainEqual({
    apiGroups: ['discovery.k8s.io'],
    resources: ['endpointslices'],
    verbs: ['get', 'list', 'watch'],
  });
  expect(objects.get('RoleBinding', 'datadog-finds-my-gw-otel-agent-gateway').subjects)
    .toEqual([{ kind: 'ServiceAccount', name: 'datadog', namespace: 'datadog' }]);
  expect(objects.podOf('datadog').spec.serviceAccountName).toBe('datadog');
  expect(objects.all.map(({ kind }) => kind)).not.toContain('ClusterRole');
});

test('A0.22 the gateway waits ten seconds for a trace, then decides by the policies', () => {
  const objects = chart('tail-sampling');
  expect(objects.configOf('my-gw-otel-agent-gateway').processors.tail_sampling).toMatchObject({
    decision_wait: '10s',
    policies: [{ name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } }],
  });
  expect(objects.podOf('my-gw-otel-agent-gateway').spec.terminationGracePeriodSeconds).toBe(35);
});

describe('A0.23 statistics are made of all traces', () => {
  test('A0.23 in a pipeline of their own, before anything is sampled', () => {
    const { pipelines } = chart('tail-sampling').configOf('my-gw-otel-agent-gateway').service;
    expect(pipelines['traces/unsampled']).toEqual({
      receivers: ['otlp'], processors: ['memory_limiter'], exporters: ['datadog/connector'],
    });
    expect(pipelines.traces.processors).toEqual(['memory_limiter', 'tail_sampling', 'batch']);
    expect(pipelines.traces.exporters).toEqual(['datadog']);
    expect(pipelines.metrics).toMatchObject({
      receivers: ['otlp', 'datadog/connector'], exporters: ['datadog'],
    });
    expect(pipelines.logs.exporters).toEqual(['datadog']);
  });

  test('A0.23 in either tier, and not in both', () => {
    expect(pairSays({ traceStats: true })).toEqual([]);
    expect(pairSays({}, { traceStats: true })).toEqual([]);
    expect(pairSays({ traceStats: true }, { traceStats: true })).toEqual([
      expect.stringMatching(/datadog\/connector: must stand in one tier .* counted twice/),
    ]);
  });
});

test('A0.24 an image of one\'s own is started as Datadog\'s is', () => {
  expect(container(chart('custom-image'), 'otel-agent-gateway')).toMatchObject({
    image: 'registry.example.com/ddot:7.76.0-own',
    command: ['otel-agent'],
    args: ['--config', '/etc/otelgw/collector.yaml'],
  });
  expect(portsOf(chart('custom-image'), 'otel-agent-gateway')).toEqual([4317, 8888]);
});

test('A0.24 a collector that is no DDOT is named with its image', () => {
  const objects = synthesized((at) => {
    new GatewayDeployment(at, 'gateway', {
      exportTo, image: CollectorImage.custom({ image: 'registry.example.com/otelcol:1.2.3' }),
    });
  });
  expect(container(objects, 'gateway').image).toBe('registry.example.com/otelcol:1.2.3');
  expect(container(objects, 'gateway').command).toBeUndefined();
});

describe('A0.25 layers form a chain', () => {
  test('A0.25 agents reach layer 2, layer 2 reaches layer 1, layer 1 reaches Datadog', () => {
    const objects = chart('multi-layer');
    const endpoint = (name: string, exporter: string) =>
      objects.configOf(name).exporters[exporter].endpoint;
    expect(endpoint('datadog', 'otlp/gw-layer-2'))
      .toBe('dns:///gw-layer-2-headless.datadog.svc.cluster.local:4317');
    expect(endpoint('gw-layer-2', 'otlp/gw-layer-1'))
      .toBe('dns:///gw-layer-1-headless.datadog.svc.cluster.local:4317');
    expect(Object.keys(objects.configOf('gw-layer-1').exporters)).toEqual(['datadog']);
  });

  test('A0.25 the last layer is made first, and the agents at the end', () => {
    const workloads = chart('multi-layer').all.filter(({ spec }) => spec?.template !== undefined);
    expect(workloads.map(({ metadata }) => metadata.name))
      .toEqual(['gw-layer-1', 'gw-layer-2', 'datadog']);
  });

  test('A0.25 no key stands in a configuration', () => {
    expect(chart('multi-layer').configOf('gw-layer-1').exporters.datadog.api.key)
      .toBe('${env:DATADOG_SECRET_API_KEY}');
    expect(pairSays({
      config: CollectorConfigOverrides.fromYaml('exporters: { datadog: { api: { key: abc } } }'),
    })).toEqual([
      expect.stringMatching(/datadog\.api\.key: must not stand in a ConfigMap in plain text/),
    ]);
  });
});

describe('A0.26 each layer has its own nodes', () => {
  test.each([['gw-layer-1', 'gw-node-1'], ['gw-layer-2', 'gw-node-2']])(
    'A0.26 %s has three pods on %s', (name, label) => {
      const { spec } = chart('multi-layer').get('Deployment', name);
      expect(spec.replicas).toBe(3);
      expect(spec.template.spec.nodeSelector.gateway).toBe(label);
    });

  test('A0.26 nobody takes a port of a node, and a gateway may not', () => {
    const ports = ['gw-layer-1', 'gw-layer-2', 'datadog'].flatMap((name) =>
      container(chart('multi-layer'), name).ports);
    expect(ports).toHaveLength(12);
    for (const port of ports) expect(port).not.toHaveProperty('hostPort');
    expect(pairSays({ hostPorts: HostPorts.same() }))
      .toEqual([expect.stringMatching(/hostPorts: must be left to agents/)]);
  });
});

test('A0.27 agents and gateways run the same image, which holds everything', () => {
  const images = ['datadog', 'gw-layer-2', 'gw-layer-1'].map((name) =>
    container(chart('multi-layer'), name).image);
  expect(new Set(images)).toEqual(new Set(['registry.datadoghq.com/ddot-collector:7.76.0']));
});

describe('A0.28 what is known to be missing', () => {
  test('A0.28 Datadog is told that a pod is a gateway', () => {
    const config = chart('gateway-with-daemonset').configOf(GATEWAY);
    expect(config.extensions.datadog.deployment_type).toBe('gateway');
    expect(config.service.extensions).toEqual(['health_check', 'datadog']);
  });

  test('A0.28 what an agent takes before there is a gateway arrives there later', async () => {
    const [agent, gateway] = addresses(2);
    const config = chart('multi-layer').configOf('datadog');
    config.exporters['otlp/gw-layer-2'].endpoint = `${gateway}:4317`;
    const collector = await runTier(config, agent);
    await send(agent, [{ trace: 'early' }]);
    await until('a failed try', () => /ECONNREFUSED/.test(collector.stderr));
    const taker = new Taker(gateway);
    await taker.start();
    await until('the span', () => taker.spans.length === 1);
    expect(taker.traces.size).toBe(1);
    await taker.stop();
  });

  test('A0.28 infraattributes stands only where something goes to Datadog', () => {
    expect(pairSays({ infraAttributes: true })).toEqual([]);
    expect(pairSays({}, { infraAttributes: true })).toEqual([
      expect.stringMatching(/infraAttributes: needs an exporter of Datadog/),
    ]);
  });

  test('A0.28 a pod looks for no core agent beside it', () => {
    expect(container(chart('gateway-with-daemonset'), GATEWAY).env).toEqual(expect.arrayContaining([
      { name: 'DD_AGENT_IPC_PORT', value: '0' },
      { name: 'DD_CMD_PORT', value: '0' },
      { name: 'DD_OTELCOLLECTOR_GATEWAY_MODE', value: 'true' },
    ]));
  });
});
