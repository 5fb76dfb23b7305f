/** A blog's manifests for a trace gateway: what keeps the gateway well (A3.22 to A3.30). */
import { Chart, Duration, Size } from 'cdk8s';
import { chartsOf } from './example';
import { Gateways, oneSpan } from './gateways';
import { until } from '../../runtime/testing/collector-process';
import {
  AgentDaemonSet, Availability, Backend, CollectorConfigOverrides, CollectorImage,
  GatewayDeployment, SamplingPolicy, Scaling, ScalingSignal, TailSamplingGateway,
} from '../../src';
import { complaints, synthesized } from '../synthesized';

const objects = chartsOf('trace-gateway')('traces');
const pod = objects.podOf('otel-gateway');
const [container] = pod.spec.containers;
const autoscaler = objects.get('HorizontalPodAutoscaler', 'otel-gateway').spec;
const { groups } = objects.get('PrometheusRule', 'otel-gateway').spec;
const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];
const SPANS = 1000;

const gatewaySays = (props: object) => complaints((chart: Chart) => {
  new GatewayDeployment(chart, 'gateway', { exportTo, ...props });
}).join('\n');

/** A sampler as that of the blog, with other props. */
const sampler = (props: object) => synthesized((chart) => {
  new TailSamplingGateway(chart, 'gateway', {
    exportTo,
    policies: [SamplingPolicy.alwaysSample('all')],
    decisionWait: Duration.seconds(10),
    tracePeers: false,
    ...props,
  });
});

describe('pods', () => {
  test('A3.22 a ServiceMonitor says what is scraped, and no annotation says it again', () => {
    expect(Object.keys(pod.metadata.annotations)).toEqual(['checksum/config']);
    expect(objects.has('ServiceMonitor', 'otel-gateway')).toBe(true);
  });

  test('A3.22 where nobody reads ServiceMonitors, pods are annotated', () => {
    const annotations = {
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': '8888',
      'prometheus.io/path': '/metrics',
    };
    const written = sampler({ pod: { annotations } });
    expect(written.podOf('gateway').metadata.annotations).toMatchObject(annotations);
    expect(written.has('ServiceMonitor', 'gateway')).toBe(false);
  });

  test('A3.23 a pod has 2 GiB of its own and asks for one core', () => {
    expect(container.resources)
      .toEqual({ requests: { cpu: '1000m', memory: '2048Mi' }, limits: { memory: '2048Mi' } });
  });

  test.each([
    ['A3.5', 'requests and limits of agents', 256, 512, 200, 500],
    ['A3.23', 'requests and limits of gateways', 1024, 2048, 1000, 2000],
  ])('%s %s may be those of the blog', (_item, _what, least, most, asked, allowed) => {
    const { resources } = synthesized((chart) => {
      new AgentDaemonSet(chart, 'collector', {
        exportTo,
        memory: Size.mebibytes(most),
        cpuMillis: asked,
        pod: { memoryRequest: Size.mebibytes(least), cpuLimitMillis: allowed },
      });
    }).podOf('collector').spec.containers[0];
    expect(resources).toEqual({
      requests: { memory: `${least}Mi`, cpu: `${asked}m` },
      limits: { memory: `${most}Mi`, cpu: `${allowed}m` },
    });
  });

  test('A3.24 probes ask what listens, and differ in their patience', () => {
    const { livenessProbe, readinessProbe, startupProbe, ports } = container;
    expect(ports)
      .toContainEqual({ name: 'health', containerPort: 13_133, protocol: 'TCP' });
    expect([livenessProbe, readinessProbe].map(({ httpGet }) => httpGet))
      .toEqual(Array(2).fill({ path: '/', port: 'health' }));
    expect([startupProbe, livenessProbe, readinessProbe].map((probe) =>
      probe.periodSeconds * probe.failureThreshold)).toEqual([120, 60, 10]);
    const { extensions, service } = objects.configOf('otel-gateway');
    expect(extensions.health_check.endpoint).toBe('[${env:POD_IP}]:13133');
    expect(service.extensions).toContain('health_check');
  });

  test.each([
    ['runs nowhere', 'service: {extensions: []}', 'extensions.health_check: is not used'],
    ['listens inside its pod only', 'extensions: {health_check: {endpoint: "localhost:13133"}}',
      'must be reached from outside its pod, got "localhost:13133"'],
  ])('A3.24 a health check that %s is refused', (_where, yaml, says) => {
    expect(gatewaySays({ config: CollectorConfigOverrides.fromYaml(yaml) })).toContain(says);
  });

  test('A3.25 a Service of one address has both protocols and metrics', () => {
    const { type, ports, sessionAffinity } = objects.get('Service', 'otel-gateway').spec;
    expect([type, sessionAffinity]).toEqual(['ClusterIP', undefined]);
    expect(ports.map(({ name, port }: any) => [name, port]))
      .toEqual([['otlp-grpc', 4317], ['otlp-http', 4318], ['metrics', 8888]]);
    expect(sampler({ service: { sessionAffinity: 'None' } }).get('Service', 'gateway').spec)
      .toMatchObject({ sessionAffinity: 'None' });
  });

  test('A3.25 senders that spread by themselves find every pod', () => {
    expect(objects.get('Service', 'otel-gateway-headless').spec).toMatchObject({
      clusterIP: 'None', selector: { 'app.kubernetes.io/instance': 'otel-gateway' },
    });
  });
});

describe('how many pods there are', () => {
  test('A3.26 the pool has 5 to 20 pods, by CPU, memory and what comes in', () => {
    expect([autoscaler.minReplicas, autoscaler.maxReplicas]).toEqual([5, 20]);
    const targets = autoscaler.metrics.map(({ resource, pods }: any) => resource === undefined
      ? [pods.metric.name, pods.target.averageValue]
      : [resource.name, resource.target.averageUtilization]);
    expect(targets).toEqual([
      ['cpu', 70], ['memory', 80], ['otelcol_receiver_accepted_spans_per_second', '10000'],
    ]);
  });

  test('A3.26 what comes in is a rate, and a counter is refused', () => {
    const { rules } = groups.find(({ name }: any) => name === 'otel-gateway.scaling');
    expect(rules).toEqual([{
      record: 'otelcol_receiver_accepted_spans_per_second',
      expr: 'sum by (namespace, pod) (rate(otelcol_receiver_accepted_spans'
        + '{namespace="observability",service="otel-gateway"}[2m]))',
    }]);
    const counter = ScalingSignal.pods('otelcol_receiver_accepted_spans', 10_000);
    expect(gatewaySays({ scaling: Scaling.horizontal({ max: 20, signals: [counter] }) }))
      .toContain('is a counter, which only grows');
    const rate = ScalingSignal.acceptedSpansPerSecond(10_000);
    expect(gatewaySays({ scaling: Scaling.horizontal({ max: 20, signals: [rate] }) }))
      .toContain('is made by Prometheus, but nobody watches this tier');
  });

  test('A3.26 memory falls below its target, for the heap is kept below it', () => {
    const { value } = container.env.find(({ name }: any) => name === 'GOMEMLIMIT');
    expect(parseInt(value, 10) / parseInt(container.resources.requests.memory, 10))
      .toBeLessThan(0.65);
  });

  test('A3.26 it grows as in the blog, and shrinks by one pod in a while', () => {
    expect(autoscaler.behavior).toEqual({
      scaleUp: {
        stabilizationWindowSeconds: 60,
        policies: [{ type: 'Percent', value: 50, periodSeconds: 60 }],
      },
      scaleDown: {
        stabilizationWindowSeconds: 900,
        policies: [{ type: 'Pods', value: 1, periodSeconds: 300 }],
      },
    });
  });

  test('A3.26 it may shrink as in the blog, but no faster than traces are decided', () => {
    const scaling = (seconds: number, window: number) => Scaling.horizontal({
      min: 5,
      max: 20,
      scaleDown: {
        percent: 10,
        period: Duration.seconds(seconds),
        stabilizationWindow: Duration.seconds(window),
      },
    });
    const { behavior } = sampler({ scaling: scaling(60, 300) })
      .get('HorizontalPodAutoscaler', 'gateway').spec;
    expect(behavior.scaleDown).toEqual({
      stabilizationWindowSeconds: 300,
      policies: [{ type: 'Percent', value: 10, periodSeconds: 60 }],
    });
    expect(() => sampler({ scaling: scaling(5, 300) }))
      .toThrow('must take pods away no faster than processors.tail_sampling lets go');
  });

  test('A3.27 one pod at a time is taken away, however many there are', () => {
    expect(objects.get('PodDisruptionBudget', 'otel-gateway').spec)
      .toMatchObject({ maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' });
  });

  test('A3.27 three pods may be kept, but not all of them', () => {
    const scaling = Scaling.horizontal({ min: 5, max: 20 });
    const written = sampler({ scaling, availability: Availability.minAvailable(3) });
    expect(written.get('PodDisruptionBudget', 'gateway').spec.minAvailable).toBe(3);
    expect(gatewaySays({ scaling, availability: Availability.minAvailable(5) }))
      .toContain('no node could ever be emptied');
  });
});

describe('who watches', () => {
  test('A3.28 the ServiceMonitor selects one Service, which has the labels and the port', () => {
    const { selector, endpoints } = objects.get('ServiceMonitor', 'otel-gateway').spec;
    expect(endpoints).toEqual([{ port: 'metrics', interval: '30s', path: '/metrics' }]);
    const selected = objects.all.filter(({ kind, metadata, spec }) => kind === 'Service'
      && Object.entries(selector.matchLabels).every(([label, value]) =>
        metadata.labels?.[label] === value)
      && spec.ports.some(({ name }: any) => name === 'metrics'));
    expect(selected.map(({ metadata }) => metadata.name)).toEqual(['otel-gateway']);
  });

  test.each([
    ['CollectorMemoryNearLimit', 'warning', '5m',
      'max by (pod) (otelcol_process_memory_rss{…}) > 2048 * 1048576 * 0.9'],
    ['CollectorRefusesSpans', 'warning', '5m',
      'sum by (pod, receiver) (rate(otelcol_receiver_refused_spans{…}[5m])) > 0'],
    ['CollectorQueueRefusesSpans', 'critical', '1m',
      'sum by (pod, exporter) (rate(otelcol_exporter_enqueue_failed_spans{…}[5m])) > 0'],
    ['CollectorFailsToSendSpans', 'critical', '5m',
      'sum by (pod, exporter) (rate(otelcol_exporter_send_failed_spans{…}[5m])) > 0'],
  ])('A3.29 %s is a rule of Prometheus', (name, severity, wait, expr) => {
    const rule = groups[0].rules.find(({ alert }: any) => alert === name);
    expect(rule.expr.replaceAll('{namespace="observability",service="otel-gateway"}', '{…}'))
      .toBe(expr);
    expect([rule.labels.severity, rule.for]).toEqual([severity, wait]);
  });

  test('A3.29 names are those that the collector is told to use', () => {
    const [{ pull }] = objects.configOf('otel-gateway').service.telemetry.metrics.readers;
    expect(pull.exporter.prometheus)
      .toMatchObject({ without_type_suffix: true, without_units: true });
    expect(JSON.stringify(groups)).not.toMatch(/_total|processor_dropped_|container_memory_/);
    expect(gatewaySays({ image: CollectorImage.contrib('0.119.0') }))
      .toContain('must be of version 0.120.0 or newer');
  });
});

test('A3.30 of a thousand spans at once, each gateway takes its share; none is lost', async () => {
  const gateways = await Gateways.three();
  await gateways.start(0, 1, 2);
  const config = chartsOf('trace-gateway')('traces').configOf('otel-agent');
  const exporter = await gateways.exporter(config.exporters['load_balancing/otel-gateway']);
  const traces = Array.from({ length: SPANS }, (_, n) => `test-span-${n}`);
  await Promise.all(traces.map((trace) => exporter.consume(oneSpan(trace))));
  await until('all spans', () => gateways.counts.reduce((sum, count) => sum + count) === SPANS);
  await exporter.stop();
  await gateways.stop();
  expect(gateways.placesByTrace.size).toBe(SPANS);
  expect(Math.min(...gateways.counts)).toBeGreaterThan(SPANS / 3 * 0.7);
  expect(Math.max(...gateways.counts)).toBeLessThan(SPANS / 3 * 1.3);
});
