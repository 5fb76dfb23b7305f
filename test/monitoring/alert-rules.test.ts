import { App, Chart, Duration, Testing } from 'cdk8s';
import { parse } from 'yaml';
import { Backend, GatewayDeployment, Monitoring, Scaling, Signal } from '../../src';
import { counterName, METRIC_SPELLING } from '../../src/distribution/metric-spelling';
import { alertRules } from '../../src/monitoring/alert-rules';
import { exampleNames, objectsIn, synthesizeExample } from '../example-objects';

const tier = { name: 'gateway', component: 'gateway', partOf: 'telemetry', namespace: 'o11y' };

const subject = { tier, signals: [], components: [], memoryMib: 512, gathersInQueues: [] };

function alerts(signals: Signal[], components: string[] = []): string[] {
  return alertRules({ ...subject, signals, components }).map(({ alert }) => alert);
}

test('each signal has its own alerts', () => {
  expect(alerts([Signal.TRACES])).toEqual([
    'CollectorDown', 'CollectorMemoryNearLimit', 'CollectorRefusesSpans',
    'CollectorFailsToSendSpans', 'CollectorQueueRefusesSpans', 'CollectorQueueNearlyFull',
  ]);
  expect(alerts([Signal.METRICS, Signal.LOGS])).toEqual([
    'CollectorDown', 'CollectorMemoryNearLimit', 'CollectorRefusesMetricPoints',
    'CollectorFailsToSendMetricPoints',
    'CollectorQueueRefusesMetricPoints', 'CollectorRefusesLogRecords',
    'CollectorFailsToSendLogRecords', 'CollectorQueueRefusesLogRecords',
    'CollectorQueueNearlyFull',
  ]);
});

test('a component has alerts where it is', () => {
  expect(alerts([], ['tail_sampling']).slice(3)).toEqual(
    ['CollectorDropsTracesTooEarly', 'CollectorPolicyFails']);
  expect(alerts([], ['trace_peers']).slice(3)).toEqual(
    ['CollectorStaysOutsideOfPool', 'CollectorMaySplitTraces']);
  expect(alerts([], ['load_balancing']).slice(3)).toEqual(
    ['CollectorHasNoBackends', 'CollectorBackendsDiffer']);
});

test('several routers of one tier are not compared with each other', () => {
  expect(alerts([], ['load_balancing', 'load_balancing']).slice(3))
    .toEqual(['CollectorHasNoBackends']);
});

test('as many backends, but others, differ, too', () => {
  const { expr } = alertRules({ ...subject, components: ['load_balancing'] })
    .find(({ alert }) => alert === 'CollectorBackendsDiffer') ?? { expr: '' };
  expect(expr).toMatch(
    / or count\(count_values\("ring", otelgw_ring_fingerprint\{[^}]*\}\)\) > 1$/);
});

test('memory is compared with the limit of the pods of this tier', () => {
  const [, memory] = alertRules({ ...subject, memoryMib: 640 });
  expect(memory).toMatchObject({
    alert: 'CollectorMemoryNearLimit',
    expr: 'max by (pod) (otelcol_process_memory_rss{namespace="o11y",service="gateway"})'
      + ' > 640 * 1048576 * 0.9',
    for: '5m',
    labels: { severity: 'warning' },
  });
});

test('a pool that may not grow any more is told of', () => {
  const rules = alertRules({ ...subject, scaling: Scaling.horizontal({ max: 9 }) });
  expect(rules.at(-1)).toMatchObject({
    alert: 'CollectorPoolAtMaximum',
    expr: 'max(kube_horizontalpodautoscaler_status_current_replicas'
      + '{namespace="o11y",horizontalpodautoscaler="gateway"}) >= 9',
  });
});

test('a full queue that gathers by itself refuses, and one behind a processor loses', () => {
  const rules = alertRules({
    ...subject, signals: [Signal.TRACES, Signal.LOGS], gathersInQueues: [Signal.LOGS],
  });
  const said = (name: string) => rules.find(({ alert }) => alert === name)?.annotations.description;
  expect(said('CollectorQueueRefusesSpans')).toMatch(/^What does not fit is lost: the batch/);
  expect(said('CollectorQueueRefusesLogRecords')).toMatch(/^What does not fit is refused, and/);
});

test('every alert looks at its own tier only', () => {
  for (const { expr } of alertRules(
    {
      ...subject,
      signals: Object.values(Signal),
      components: ['tail_sampling', 'trace_peers', 'load_balancing'],
    })) {
    expect(expr).toContain('{namespace="o11y",service="gateway"}');
  }
});

test('alerts of two tiers differ by their labels, even when nothing else is left', () => {
  const labels = (name: string) => alertRules(
    { ...subject, tier: { ...tier, name }, components: ['load_balancing'] })
    .find(({ alert }) => alert === 'CollectorBackendsDiffer')?.labels;
  expect(labels('one')).toEqual({ severity: 'warning', collector: 'one', namespace: 'o11y' });
  expect(labels('two')).toEqual({ severity: 'warning', collector: 'two', namespace: 'o11y' });
});

test('the reader spells metrics as the alerts ask for them', () => {
  const texts = exampleNames.flatMap((name) => synthesizeExample(name))
    .flatMap(({ text }) => objectsIn(text))
    .filter(({ kind, data }) => kind === 'ConfigMap' && data['collector.yaml'] !== undefined)
    .map(({ data }) => parse(data['collector.yaml']).service.telemetry.metrics.readers[0].pull);
  for (const { exporter } of texts) {
    expect(exporter.prometheus).toMatchObject({
      without_type_suffix: METRIC_SPELLING.withoutTypeSuffix,
      without_units: METRIC_SPELLING.withoutUnits,
    });
  }
  expect(counterName('otelcol_exporter_sent_spans')).toBe('otelcol_exporter_sent_spans');
});

test('monitors and rules carry the labels by which Prometheus finds them', () => {
  const chart = new Chart(new App(), 'telemetry', { namespace: 'o11y' });
  new GatewayDeployment(chart, 'gateway', {
    exportTo: [Backend.otlp('store', { endpoint: 'store:4317' })],
    monitoring: Monitoring.prometheusOperator(
      { interval: Duration.minutes(1), labels: { release: 'prometheus' } }),
  });
  const found = Testing.synth(chart)
    .filter(({ apiVersion }: any) => apiVersion === 'monitoring.coreos.com/v1');
  expect(found.map(({ kind, metadata }: any) => [kind, metadata.labels.release])).toEqual([
    ['ServiceMonitor', 'prometheus'], ['PrometheusRule', 'prometheus'],
  ]);
  expect(found[0].spec.endpoints).toEqual([{ port: 'metrics', path: '/metrics', interval: '60s' }]);
});

test('metrics that a tier serves for others are fetched there, with their labels', () => {
  const chart = new Chart(new App(), 'telemetry', { namespace: 'o11y' });
  new GatewayDeployment(chart, 'gateway', {
    exportTo: [
      Backend.prometheus('scraped'), Backend.otlp('store', { endpoint: 'store:4317' }),
    ],
    monitoring: Monitoring.prometheusOperator(),
  });
  const monitor = Testing.synth(chart).find(({ kind }: any) => kind === 'ServiceMonitor');
  expect(monitor.spec.endpoints).toEqual([
    { port: 'metrics', path: '/metrics' },
    { port: 'prom-8889', path: '/metrics', honorLabels: true },
  ]);
});
