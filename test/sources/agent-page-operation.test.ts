/** OpenTelemetry's page on agents and gateways: what it says beside its configurations. */
import { execFile } from 'child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { Chart, Duration, Size } from 'cdk8s';
import { stringify } from 'yaml';
import { chartsOf } from './example';
import { Gateways, oneSpan } from './gateways';
import { until } from '../../runtime/testing/collector-process';
import {
  AgentDaemonSet, Authentication, Backend, CertificateIssuer, CollectorConfigOverrides,
  DebugVerbosity, Discovery, GatewayDeployment, Placement, Processor, ResourceDetector, Routing,
  RoutingKey, SamplingPolicy, Scaling, ScalingSignal, SecretReference, TailSamplingGateway,
  TransportSecurity,
} from '../../src';
import { complaints, synthesized } from '../synthesized';

const objects = chartsOf('agent-to-gateway')('telemetry');
const agent = objects.configOf('otel-agent');
const gateway = objects.configOf('otel-gateway');
const container = (name: string) => objects.podOf(name).spec.containers[0];
const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];
const policies = [SamplingPolicy.alwaysSample('all')];
const security = TransportSecurity.tls(CertificateIssuer.certManager('telemetry-ca'));

/** A sampler and an agent that forwards to it. */
const sampling = (props: object) => (chart: Chart) => {
  const forwardTo = new TailSamplingGateway(
    chart, 'otel-gateway', { exportTo, policies, ...props });
  new AgentDaemonSet(chart, 'otel-agent', { forwardTo });
};

const said = (build: (chart: Chart) => void) => complaints(build).join('\n');

describe('sampling', () => {
  test('A1.19 agents find the pods of the gateway by DNS, and ask them for the name of it', () => {
    const written = synthesized(
      sampling({ discovery: Discovery.DNS, transportSecurity: security }));
    const { routing_key: key, protocol, resolver }
      = written.configOf('otel-agent').exporters['load_balancing/otel-gateway'];
    expect(key).toBe('traceID');
    expect(resolver).toEqual({
      dns: {
        hostname: 'otel-gateway-headless.observability.svc.cluster.local', port: '4317',
      },
    });
    expect(written.get('Service', 'otel-gateway-headless').spec.clusterIP).toBe('None');
    expect(protocol.otlp.tls)
      .toMatchObject({ server_name_override: 'otel-gateway.observability.svc.cluster.local' });
    expect(written.get('Certificate', 'otel-gateway-server').spec.dnsNames)
      .toContain('otel-gateway.observability.svc.cluster.local');
  });

  test('A1.19 a port that is a number is refused', () => {
    const config = {
      protocol: { otlp: { tls: { insecure: true } } },
      resolver: { dns: { hostname: 'gateway-headless', port: 4317 } },
    };
    expect(said((chart) => {
      const store = Backend.fromYaml('gateway', 'load_balancing', config);
      new AgentDaemonSet(chart, 'agent', { exportTo: [store] });
    })).toContain('resolver.dns.port: must be a port as text, such as "4317", got 4317');
  });

  test('A1.20 agents do not sample, but send each trace to one of the gateways', () => {
    expect(Object.keys(agent.processors)).not.toContain('tail_sampling');
    expect(agent.exporters['load_balancing/otel-gateway'].routing_key).toBe('traceID');
    expect(said((chart) => {
      new TailSamplingGateway(chart, 'sampler', { exportTo, policies, tracePeers: false });
      new AgentDaemonSet(chart, 'agent', {
        exportTo: [Backend.otlp('sampler', { endpoint: 'sampler:4317' })],
      });
    })).toContain('spans of one trace would meet different pods');
  });

  test.each([['otel-agent', agent], ['otel-gateway', gateway]])(
    'A1.21 the memory limiter stands first in every pipeline of %s', (_name, { service }) => {
      const first = Object.values<any>(service.pipelines).map(({ processors }) => processors[0]);
      expect(first).toEqual(Array(3).fill('memory_limiter'));
    });

  test('A1.21 a limiter behind another processor is refused', () => {
    expect(said((chart) => {
      new AgentDaemonSet(chart, 'agent', {
        exportTo,
        resourceDetection: [ResourceDetector.ENV],
        config: CollectorConfigOverrides.fromYaml(
          'service: {pipelines: {traces: {processors: [resource_detection, memory_limiter]}}}'),
      });
    })).toContain('memory_limiter must stand first');
  });

  test('A1.22 agents ask for half a core, gateways for one and up to 4 GB', () => {
    expect(container('otel-agent').resources)
      .toEqual({ requests: { cpu: '500m', memory: '640Mi' }, limits: { memory: '640Mi' } });
    expect(container('otel-gateway').resources)
      .toEqual({ requests: { cpu: '1000m', memory: '2560Mi' }, limits: { memory: '2560Mi' } });
  });

  test('A1.23 one sampler serves all tiers with the same hash seed', () => {
    const tenth = Processor.probabilisticSampler({ samplingPercentage: 10 });
    const written = synthesized((chart) => {
      const forwardTo = new GatewayDeployment(chart, 'gateway', { exportTo, process: [tenth] });
      new AgentDaemonSet(chart, 'agent', { forwardTo, process: [tenth] });
    });
    expect(['agent', 'gateway'].map((name) =>
      written.configOf(name).processors.probabilistic_sampler))
      .toEqual(Array(2).fill({ sampling_percentage: 10, hash_seed: 22 }));
  });

  test('A1.24 a single large gateway samples, too', () => {
    const written = synthesized(
      sampling({ scaling: Scaling.fixed(1), memory: Size.gibibytes(4) }));
    const { replicas, template } = written.get('StatefulSet', 'otel-gateway').spec;
    expect(replicas).toBe(1);
    expect(template.spec.containers[0].resources.limits.memory).toBe('4096Mi');
    expect(written.has('PodDisruptionBudget', 'otel-gateway')).toBe(false);
  });

  test('A1.24 of several gateways, traces change hands one pod at a time', () => {
    expect(objects.get('HorizontalPodAutoscaler', 'otel-gateway').spec.behavior.scaleDown).toEqual({
      stabilizationWindowSeconds: 900,
      policies: [{ type: 'Pods', value: 1, periodSeconds: 300 }],
    });
    expect(objects.get('StatefulSet', 'otel-gateway').spec.updateStrategy)
      .toEqual({ type: 'RollingUpdate' });
  });
});

describe('between agents and gateways', () => {
  test('A1.25 they speak OTLP, and find each other by the names of Services', () => {
    const { ports } = objects.get('Service', 'otel-gateway').spec;
    expect(ports[0]).toMatchObject({ name: 'otlp-grpc', appProtocol: 'https', port: 4317 });
    expect(Object.keys(agent.exporters)).toEqual([
      'load_balancing/otel-gateway', 'load_balancing/otel-gateway-streamID',
      'otlp_grpc/otel-gateway',
    ]);
    expect(agent.exporters['load_balancing/otel-gateway'].resolver.k8s)
      .toMatchObject({ service: 'otel-gateway.observability', ports: [4317] });
  });

  test('A1.26 both tiers queue and retry; what agents send at a time is bounded', () => {
    const queued = [...Object.values<any>(agent.exporters), gateway.exporters['otlp_grpc/backend']];
    expect(queued.map(({ sending_queue: queue }) => queue.enabled)).toEqual(Array(4).fill(true));
    expect(queued.map(({ retry_on_failure: retry }) => retry.max_elapsed_time))
      .toEqual(['5m', '5m', '5m', '0s']);
    // What the gateway queues is on disk first, and made into batches behind it.
    expect([agent.processors.batch.send_batch_max_size,
      gateway.exporters['otlp_grpc/backend'].sending_queue.batch.max_size])
      .toEqual([2048, 20_000]);
  });

  test('A1.26 what a gateway misses while it is away comes to it afterwards', async () => {
    const config = agent.exporters['load_balancing/otel-gateway'];
    const gateways = await Gateways.three();
    await gateways.start(0, 1);
    const exporter = await gateways.exporter({
      ...config,
      retry_on_failure: { ...config.retry_on_failure, initial_interval: '50ms' },
    });
    for (let n = 0; n < 60; n += 1) await exporter.consume(oneSpan(`trace ${n}`));
    await until('what others own', () => gateways.counts[0] > 0 && gateways.counts[1] > 0);
    await gateways.start(2);
    await until('all spans', () => gateways.placesByTrace.size === 60);
    await exporter.stop();
    await gateways.stop();
    expect(Math.min(...gateways.counts)).toBeGreaterThan(0);
  });

  test('A1.27 servers and clients of both protocols show certificates', () => {
    const servers = Object.values<any>(gateway.receivers.otlp.protocols);
    expect(servers.map(({ tls }) => tls.client_ca_file))
      .toEqual(Array(2).fill('/etc/otelgw/tls/server/ca.crt'));
    const clients = [
      agent.exporters['load_balancing/otel-gateway'].protocol.otlp,
      agent.exporters['otlp_grpc/otel-gateway'],
    ];
    expect(clients.map(({ tls }) => tls.cert_file))
      .toEqual(Array(2).fill('/etc/otelgw/tls/client/tls.crt'));
  });

  test('A1.27 where senders show no certificate, they show a token', () => {
    const written = synthesized(sampling({
      transportSecurity: security,
      authentication: Authentication.bearerToken(SecretReference.of('gateway', 'token')),
    }));
    const { receivers, extensions } = written.configOf('otel-gateway');
    expect(receivers.otlp.protocols.grpc.auth).toEqual({ authenticator: 'bearertokenauth' });
    expect(extensions.bearertokenauth).toEqual({ token: '${env:GATEWAY_TOKEN}' });
    const sender = written.configOf('otel-agent');
    expect(sender.exporters['load_balancing/otel-gateway'].protocol.otlp.auth)
      .toEqual({ authenticator: 'bearertokenauth/otel-gateway' });
    expect(sender.extensions['bearertokenauth/otel-gateway'])
      .toEqual({ token: '${env:GATEWAY_TOKEN}' });
  });

  test('A1.28 cert-manager renews certificates, which collectors then read again', () => {
    for (const [name, secret, folder, usage] of [
      ['otel-gateway-server', 'otel-gateway-server-tls', 'server', 'server auth'],
      ['otel-agent-client', 'otel-agent-client-tls', 'client', 'client auth'],
    ]) {
      const { issuerRef, secretName, usages } = objects.get('Certificate', name).spec;
      expect(issuerRef).toMatchObject({ kind: 'ClusterIssuer', name: 'telemetry-ca' });
      expect([secretName, usages.at(-1)]).toEqual([secret, usage]);
      const tier = folder === 'server' ? 'otel-gateway' : 'otel-agent';
      expect(objects.podOf(tier).spec.volumes).toContainEqual(
        { name: `tls-${folder}`, secret: { secretName: secret, defaultMode: 0o440 } });
    }
    expect(gateway.receivers.otlp.protocols.grpc.tls.reload_interval).toBe('1h');
  });
});

describe('scaling', () => {
  test('A1.29 agents are made larger, gateways larger or more', () => {
    expect(objects.has('HorizontalPodAutoscaler', 'otel-agent')).toBe(false);
    expect(container('otel-agent').env).toContainEqual({ name: 'GOMEMLIMIT', value: '409MiB' });
    const { minReplicas, maxReplicas, scaleTargetRef }
      = objects.get('HorizontalPodAutoscaler', 'otel-gateway').spec;
    expect([minReplicas, maxReplicas, scaleTargetRef.kind]).toEqual([3, 12, 'StatefulSet']);
  });

  test('A1.30 gateways follow CPU unless told otherwise', () => {
    const { metrics } = objects.get('HorizontalPodAutoscaler', 'otel-gateway').spec;
    expect(metrics).toEqual([{
      type: 'Resource',
      resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
    }]);
  });

  test('A1.30 gateways follow memory, and at what pace is said', () => {
    const { metrics, behavior } = synthesized((chart) => {
      new GatewayDeployment(chart, 'gateway', {
        exportTo,
        scaling: Scaling.horizontal({
          max: 8,
          signals: [ScalingSignal.cpu(60), ScalingSignal.memory(75)],
          scaleUp: { pods: 4, period: Duration.seconds(15) },
        }),
      });
    }).get('HorizontalPodAutoscaler', 'gateway').spec;
    expect(metrics.map(({ resource: { name, target } }: any) => [name, target.averageUtilization]))
      .toEqual([['cpu', 60], ['memory', 75]]);
    expect(behavior.scaleUp.policies).toEqual([{ type: 'Pods', value: 4, periodSeconds: 15 }]);
  });

  test('A1.31 each stream of metrics is written by one gateway', () => {
    const { exporters, service } = synthesized((chart) => {
      const forwardTo = new GatewayDeployment(chart, 'gateway', {
        exportTo: [Backend.prometheusRemoteWrite(
          'prometheus', { endpoint: 'https://prometheus:9090/api/v1/write' })],
        scaling: Scaling.fixed(3),
      });
      new AgentDaemonSet(chart, 'agent', {
        forwardTo, routing: Routing.byKey(RoutingKey.STREAM_ID),
      });
    }).configOf('agent');
    expect(exporters['load_balancing/gateway'].routing_key).toBe('streamID');
    expect(service.pipelines.metrics.exporters).toEqual(['load_balancing/gateway']);
  });

  test('A1.31 in the example, too, beside traces that go by trace id', () => {
    const { exporters, service: { pipelines } } = objects.configOf('otel-agent');
    const keyOf = (signal: string) =>
      pipelines[signal].exporters.map((id: string) => exporters[id].routing_key);
    expect([keyOf('traces'), keyOf('metrics')]).toEqual([['traceID'], ['streamID']]);
    expect(exporters['load_balancing/otel-gateway-streamID'].resolver)
      .toEqual(exporters['load_balancing/otel-gateway'].resolver);
  });
});

describe('operation', () => {
  test('A1.32 a team with limits of its own has agents of its own on its nodes', () => {
    const written = synthesized((chart) => {
      new AgentDaemonSet(chart, 'agent', { exportTo });
      new AgentDaemonSet(chart, 'payments-agent', {
        exportTo, memory: Size.gibibytes(1), placement: Placement.onNodes({ team: 'payments' }),
      });
    });
    const { nodeSelector, containers } = written.podOf('payments-agent').spec;
    expect(nodeSelector).toMatchObject({ team: 'payments' });
    expect(containers[0].resources.limits.memory).toBe('1024Mi');
    expect(written.get('DaemonSet', 'agent').kind).toBe('DaemonSet');
  });

  test('A1.33 a debug exporter stands beside the others for a while', () => {
    const { exporters, service } = synthesized((chart) => {
      new AgentDaemonSet(chart, 'agent', { exportTo, debug: DebugVerbosity.DETAILED });
    }).configOf('agent');
    expect(exporters['debug/temporary']).toEqual({ verbosity: 'detailed' });
    expect(Object.values<any>(service.pipelines).map((pipeline) => pipeline.exporters))
      .toEqual(Array(3).fill(['otlp_grpc/store', 'debug/temporary']));
  });

  test('A1.33 no collector is throttled, and full queues and lost gateways are told', () => {
    expect(['otel-agent', 'otel-gateway'].map((name) => container(name).resources.limits.cpu))
      .toEqual([undefined, undefined]);
    const alerts = objects.get('PrometheusRule', 'otel-agent').spec.groups[0].rules
      .map(({ alert }: any) => alert);
    expect(alerts).toEqual(expect.arrayContaining(
      ['CollectorQueueRefusesSpans', 'CollectorHasNoBackends']));
  });

  test.each([
    ['CollectorRefusesSpans', 'otelcol_receiver_refused_spans'],
    ['CollectorQueueNearlyFull', 'otelcol_exporter_queue_size'],
    ['CollectorFailsToSendSpans', 'otelcol_exporter_send_failed_spans'],
    ['CollectorMemoryNearLimit', 'otelcol_process_memory_rss'],
  ])('A1.34 %s watches %s of both tiers', (name, metric) => {
    const rules = ['otel-agent', 'otel-gateway'].map((tier) =>
      objects.get('PrometheusRule', tier).spec.groups[0].rules
        .find(({ alert }: any) => alert === name).expr);
    expect(rules).toEqual(Array(2).fill(expect.stringContaining(`${metric}{`)));
  });

  test('A1.34 no alert is about a metric that collectors no longer have', () => {
    const rules = objects.all.filter(({ kind }) => kind === 'PrometheusRule');
    expect(rules.map(({ metadata }) => metadata.name)).toEqual(['otel-gateway', 'otel-agent']);
    expect(JSON.stringify(rules)).not.toMatch(/otelcol_processor_(refused|dropped)_/);
  });
});

test('A1.20 all spans of a trace come to the same gateway, from whichever agent', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'otelgw-source-'));
  const written = synthesized(
    sampling({ decisionWait: Duration.seconds(1), scaling: Scaling.fixed(3) }));
  const file = join(folder, 'telemetry.yaml');
  writeFileSync(file, written.all.map((object) => stringify(object)).join('---\n'));
  const program = join(__dirname, '..', '..', 'runtime', 'dist', 'otelgw.js');
  const words = [program, 'up', file, '--nodes', '2', '--traffic', '20', '--for', '3s'];
  const table = await new Promise<string>((resolve) => {
    execFile(process.execPath, words, (_error, text) => resolve(text));
  });
  rmSync(folder, { recursive: true });
  expect(table).toMatch(/traces met by pods of otel-gateway +(\d\d+) +\1\n/);
  expect(table).toMatch(/traces split on the way to store +0 +0\n/);
  expect(table).toContain('green: nothing lost');
}, 80_000);
