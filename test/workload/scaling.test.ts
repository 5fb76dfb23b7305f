import { Duration } from 'cdk8s';
import {
  Backend, GatewayDeployment, Monitoring, SamplingPolicy, Scaling, ScalingSignal,
  TailSamplingGateway, type HorizontalScalingOptions,
} from '../../src';
import { complaints, synthesized } from '../synthesized';

const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];
const policies = [SamplingPolicy.alwaysSample('all')];
const monitoring = Monitoring.prometheusOperator();

function autoscaled(options: Partial<HorizontalScalingOptions>) {
  return synthesized((chart) => {
    new GatewayDeployment(chart, 'gateway', {
      exportTo, monitoring, scaling: Scaling.horizontal({ max: 20, ...options }),
    });
  });
}

test('a pool grows by CPU unless told otherwise', () => {
  expect(autoscaled({}).get('HorizontalPodAutoscaler', 'gateway').spec.metrics).toEqual([
    {
      type: 'Resource',
      resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
    },
  ]);
});

test.each([
  [ScalingSignal.acceptedSpansPerSecond(10_000), 'otelcol_receiver_accepted_spans'],
  [ScalingSignal.acceptedMetricPointsPerSecond(10_000), 'otelcol_receiver_accepted_metric_points'],
  [ScalingSignal.acceptedLogRecordsPerSecond(10_000), 'otelcol_receiver_accepted_log_records'],
])('a pool grows by what comes in, as a rate that a rule makes of the counter: %#', (
  signal, counter,
) => {
  const objects = autoscaled({ signals: [ScalingSignal.cpu(70), signal] });
  const name = `${counter}_per_second`;
  expect(objects.get('HorizontalPodAutoscaler', 'gateway').spec.metrics[1]).toEqual({
    type: 'Pods',
    pods: { metric: { name }, target: { type: 'AverageValue', averageValue: '10000' } },
  });
  expect(objects.get('PrometheusRule', 'gateway').spec.groups[1]).toEqual({
    name: 'gateway.scaling',
    rules: [{
      record: name,
      expr: `sum by (namespace, pod) (rate(${counter}`
        + '{namespace="observability",service="gateway"}[2m]))',
    }],
  });
});

test('both paces are as they are given', () => {
  const { behavior } = autoscaled({
    scaleUp: {
      percent: 50, period: Duration.seconds(60), stabilizationWindow: Duration.seconds(60),
    },
    scaleDown: {
      pods: 2, period: Duration.minutes(1), stabilizationWindow: Duration.minutes(5),
    },
  }).get('HorizontalPodAutoscaler', 'gateway').spec;
  expect(behavior).toEqual({
    scaleUp: {
      stabilizationWindowSeconds: 60,
      policies: [{ type: 'Percent', value: 50, periodSeconds: 60 }],
    },
    scaleDown: {
      stabilizationWindowSeconds: 300, policies: [{ type: 'Pods', value: 2, periodSeconds: 60 }],
    },
  });
});

function samplers(decisionWait: Duration, tracePeers: boolean) {
  const { behavior } = synthesized((chart) => {
    new TailSamplingGateway(chart, 'sampler', {
      exportTo, policies, decisionWait, tracePeers, scaling: Scaling.horizontal({ max: 5 }),
    });
  }).get('HorizontalPodAutoscaler', 'sampler').spec;
  return behavior;
}

test.each([
  ['are decided', 240, false, 900, 480],
  ['are decided, however late', 1200, false, 1200, 1800],
  ['were handed over', 30, true, 300, 60],
  ['were handed over, however late', 240, true, 300, 270],
  ['were handed over, after an hour at most', 4000, true, 3600, 1800],
])('samplers go one by one, when the traces of the last one %s: a wait of %s s', (
  _, wait, isPool, stabilizationWindowSeconds, periodSeconds,
) => {
  expect(samplers(Duration.seconds(wait), isPool).scaleDown).toEqual({
    stabilizationWindowSeconds, policies: [{ type: 'Pods', value: 1, periodSeconds }],
  });
});

test('samplers come slowly where each new one splits traces, and at once where none does', () => {
  const upOf = (isPool: boolean) => samplers(Duration.seconds(30), isPool).scaleUp;
  expect(upOf(false)).toEqual({
    stabilizationWindowSeconds: 60,
    policies: [{ type: 'Percent', value: 50, periodSeconds: 60 }],
  });
  expect(upOf(true)).toEqual({
    stabilizationWindowSeconds: 0,
    policies: [{ type: 'Percent', value: 100, periodSeconds: 60 }],
  });
});

const MINUTE = Duration.minutes(1);

test.each<[string, object, RegExp]>([
  ['a fraction for a percentage', { signals: [ScalingSignal.cpu(0.7)] },
    /scaling: cpu must be a whole percentage .* up to 1000, got 0\.7\. → use ScalingSignal\.cpu/],
  ['more memory than there is', { signals: [ScalingSignal.memory(120)] },
    /scaling: memory must be a whole percentage .* up to 100, got 120\. → /],
  ['no signal', { signals: [] }, /signals must be a list of one or more ScalingSignals, got \[\]/],
  ['something else for a signal', { signals: [{ cpu: 70 }] }, /list of one or more ScalingSig/],
  ['a signal twice', { signals: [ScalingSignal.cpu(70), ScalingSignal.cpu(80)] },
    /cpu must be a signal only once, got it twice\. → remove one/],
  ['a counter', { signals: [ScalingSignal.pods('otelcol_receiver_accepted_spans', 10_000)] },
    /otelcol_receiver_accepted_spans is a counter, which only grows.* → use ScalingSignal\.accep/],
  ['a counter in Prometheus\' spelling', { signals: [ScalingSignal.pods('requests_total', 5)] },
    /requests_total is a counter/],
  ['no target', { signals: [ScalingSignal.acceptedSpansPerSecond(0)] },
    /must have a whole number from 1 on as its target, got 0/],
  ['a pace without a number', { scaleUp: { period: MINUTE } },
    /scaleUp must have either pods or percent, .* got no pods, no percent, 60 s, 0 s\. → give/],
  ['a pace with two numbers', { scaleDown: { pods: 1, percent: 1, period: MINUTE } },
    /scaleDown must have either pods or percent/],
  ['a period that Kubernetes refuses', { scaleDown: { pods: 1, period: Duration.hours(1) } },
    /in a period of 1 to 1800 whole seconds/],
])('%s is refused', (_what, options, sentence) => {
  const said = complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', {
      exportTo,
      monitoring,
      scaling: Scaling.horizontal({ max: 5, ...options } as HorizontalScalingOptions),
    });
  });
  expect(said).toEqual([expect.stringMatching(sentence)]);
});

test('a rate needs somebody who makes it', () => {
  const scaling = Scaling.horizontal({
    max: 5, signals: [ScalingSignal.acceptedSpansPerSecond(10_000)],
  });
  const said = (props: object) => complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, scaling, ...props });
  });
  expect(said({})).toEqual([expect.stringMatching(
    /_per_second is made by Prometheus, but nobody watches this tier\. → give `monitoring`/)]);
  expect(said({ monitoring })).toEqual([]);
});
