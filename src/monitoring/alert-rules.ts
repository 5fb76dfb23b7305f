/** The alerts of a tier: only those about components that it has. */
import { counterName } from '../distribution/metric-spelling';
import type { TierIdentity } from '../workload/labels';
import type { Scaling } from '../workload/scaling';

/** What an alert is routed by; two tiers with the same alert are told apart. */
export interface AlertLabels {
  /** How urgent it is. */
  readonly severity: 'warning' | 'critical';
  /** Name of the tier. */
  readonly collector: string;
  /** Namespace of the tier. */
  readonly namespace?: string;
}

/** One alert of a PrometheusRule. */
export interface AlertRule {
  /** Its name. */
  readonly alert: string;
  /** When it is true. */
  readonly expr: string;
  /** For how long it must be true. */
  readonly for: string;
  /** How urgent it is, and whose it is. */
  readonly labels: AlertLabels;
  /** What it means and what to do. */
  readonly annotations: { readonly summary: string; readonly description: string };
}

const KINDS = ['spans', 'metric_points', 'log_records'] as const;
const KIND_OF = { traces: 'spans', metrics: 'metric_points', logs: 'log_records' } as const;

/** What alerts are about. */
export interface AlertSubject {
  /** The tier. */
  readonly tier: TierIdentity;
  /** Its signals. */
  readonly signals: readonly string[];
  /** Types of its processors, exporters and extensions, in upstream's present spelling. */
  readonly components: readonly string[];
  /** Memory of a pod, in MiB. */
  readonly memoryMib: number;
  /** Those of its signals before whose queues no processor gathers. */
  readonly gathersInQueues: readonly string[];
  /** What its autoscaler goes by. */
  readonly scaling?: Scaling;
  /** Whether what it holds is noted on disk. */
  readonly keepsJournal?: boolean;
}

interface Alert {
  readonly name: string;
  readonly expr: string;
  readonly for: string;
  readonly severity: 'warning' | 'critical';
  readonly summary: string;
  readonly description: string;
}

/** A rule that gives the result of an expression a name. */
export interface RecordingRule {
  /** The name. */
  readonly record: string;
  /** What it stands for. */
  readonly expr: string;
}

/** Metrics that the autoscaler of a tier goes by: rates, of each pod, which it cannot ask for. */
export function scalingRules({ tier, scaling }: AlertSubject): RecordingRule[] {
  return (scaling?._signals ?? []).flatMap(({ _metric: { name, rateOf } }) =>
    rateOf === undefined ? [] : [{
      record: name,
      expr: `sum by (namespace, pod) (rate(${counterName(rateOf)}{${selectorOf(tier)}}[2m]))`,
    }]);
}

function selectorOf({ name, namespace }: TierIdentity): string {
  const matchers = [`service="${name}"`];
  if (namespace !== undefined) matchers.unshift(`namespace="${namespace}"`);
  return matchers.join(',');
}

/** The alerts of a tier. */
export function alertRules(subject: AlertSubject): AlertRule[] {
  const { tier } = subject;
  const selector = selectorOf(tier);
  const kinds = KINDS.filter((kind) => subject.signals.some((signal) =>
    KIND_OF[signal as keyof typeof KIND_OF] === kind));
  const routers = subject.components.filter((type) => type === 'load_balancing').length;
  return [
    downAlert(selector),
    memoryAlert(selector, subject.memoryMib),
    ...kinds.flatMap((kind) => deliveryAlerts(kind, selector, subject.gathersInQueues)),
    queueAlert(selector),
    ...subject.components.includes('load_balancing') ? [noBackendsAlert(selector)] : [],
    // The metric does not tell exporters apart, so that several of them always differ.
    ...routers === 1 ? [backendsDifferAlert(selector)] : [],
    ...subject.components.includes('tail_sampling') ? tailSamplingAlerts(selector) : [],
    ...subject.components.includes('trace_peers') ? poolAlerts(selector) : [],
    ...subject.keepsJournal === true ? [journalAlert(selector)] : [],
    ...subject.scaling?.autoscaling === undefined ? [] : [maximumAlert(subject)],
  ].map((alert) => ({
    alert: alert.name,
    expr: alert.expr,
    for: alert.for,
    labels: {
      severity: alert.severity,
      collector: tier.name,
      ...tier.namespace === undefined ? {} : { namespace: tier.namespace },
    },
    annotations: { summary: `${tier.name}: ${alert.summary}`, description: alert.description },
  }));
}

function downAlert(selector: string): Alert {
  return {
    name: 'CollectorDown',
    expr: `up{${selector}} == 0`,
    for: '5m',
    severity: 'critical',
    summary: '{{ $labels.pod }} does not answer',
    description: 'Its metrics cannot be fetched: it does not run, or it is too busy to answer.',
  };
}

/** The limit is known here, so that nobody else needs to be asked for it. */
function memoryAlert(selector: string, memoryMib: number): Alert {
  return {
    name: 'CollectorMemoryNearLimit',
    expr: `max by (pod) (otelcol_process_memory_rss{${selector}}) > ${memoryMib} * 1048576 * 0.9`,
    for: '5m',
    severity: 'warning',
    summary: '{{ $labels.pod }} has little memory left',
    description: `It uses more than nine tenths of its ${memoryMib} MiB, at which it is killed and`
      + ' what it holds is lost: give this tier more memory or more pods.',
  };
}

/** Needs kube-state-metrics; without it the alert is silent. */
function maximumAlert({ tier, scaling }: AlertSubject): Alert {
  const of = [`horizontalpodautoscaler="${tier.name}"`];
  if (tier.namespace !== undefined) of.unshift(`namespace="${tier.namespace}"`);
  return {
    name: 'CollectorPoolAtMaximum',
    expr: 'max(kube_horizontalpodautoscaler_status_current_replicas'
      + `{${of.join(',')}}) >= ${scaling?.max}`,
    for: '15m',
    severity: 'warning',
    summary: 'the pool is as large as it may be',
    description: `All of ${scaling?.max} pods are there, and the autoscaler will add no more: raise`
      + ' `max`, or give each pod more.',
  };
}

function rate(counter: string, selector: string, by: string): string {
  return `sum by (${by}) (rate(${counterName(counter)}{${selector}}[5m]))`;
}

function deliveryAlerts(
  kind: (typeof KINDS)[number], selector: string, gathersInQueues: readonly string[],
): Alert[] {
  const words = kind.split('_').map((word) => word[0].toUpperCase() + word.slice(1)).join('');
  const what = kind.replace('_', ' ');
  const isRefused = gathersInQueues.some((signal) =>
    KIND_OF[signal as keyof typeof KIND_OF] === kind);
  return [
    {
      name: `CollectorRefuses${words}`,
      expr: `${rate(`otelcol_receiver_refused_${kind}`, selector, 'pod, receiver')} > 0`,
      for: '5m',
      severity: 'warning',
      summary: `{{ $labels.pod }} refuses ${what}`,
      description: 'Senders keep what is refused until their queues are full. It is the memory'
        + ' limiter that refuses, or a full queue that no batch stands before: look at the memory'
        + ' and at the exporters of this tier.',
    },
    {
      name: `CollectorFailsToSend${words}`,
      expr: `${rate(`otelcol_exporter_send_failed_${kind}`, selector, 'pod, exporter')} > 0`,
      for: '5m',
      severity: 'critical',
      summary: `{{ $labels.exporter }} gives ${what} up`,
      description: 'The receiver did not take them in all tries, and they are lost.',
    },
    {
      name: `CollectorQueueRefuses${words}`,
      expr: `${rate(`otelcol_exporter_enqueue_failed_${kind}`, selector, 'pod, exporter')} > 0`,
      for: '1m',
      severity: 'critical',
      summary: `the queue of {{ $labels.exporter }} is full of ${what}`,
      description: isRefused
        ? 'What does not fit is refused, and its senders keep it until their queues are full; what'
          + ' a sampler held is lost. The receiver is too slow or away.'
        : 'What does not fit is lost: the batch before the queue has told its senders that it is'
          + ' taken. The receiver is too slow or away.',
    },
  ];
}

function queueAlert(selector: string): Alert {
  return {
    name: 'CollectorQueueNearlyFull',
    expr: `max by (pod, exporter) (otelcol_exporter_queue_size{${selector}}`
      + ` / otelcol_exporter_queue_capacity{${selector}}) > 0.7`,
    for: '5m',
    severity: 'warning',
    summary: 'the queue of {{ $labels.exporter }} is nearly full',
    description: 'The receiver takes less than is sent. More pods help only if it is not the'
      + ' receiver that is slow.',
  };
}

function noBackendsAlert(selector: string): Alert {
  return {
    name: 'CollectorHasNoBackends',
    expr: `min by (pod) (otelcol_loadbalancer_num_backends{${selector}}) == 0`,
    for: '1m',
    severity: 'critical',
    summary: '{{ $labels.pod }} knows nobody to route traces to',
    description: 'No pod of the next tier is ready, or it may not be asked for: look at the pods'
      + ' of the next tier, then at the Role that lets this one read EndpointSlices.',
  };
}

function backendsDifferAlert(selector: string): Alert {
  return {
    name: 'CollectorBackendsDiffer',
    // Other pods may be as many, which only this runtime tells.
    expr: `max(otelcol_loadbalancer_num_backends{${selector}})`
      + ` != min(otelcol_loadbalancer_num_backends{${selector}})`
      + ` or count(count_values("ring", otelgw_ring_fingerprint{${selector}})) > 1`,
    for: '5m',
    severity: 'warning',
    summary: 'pods disagree about the next tier',
    description: 'Spans of one trace meet different pods as long as senders disagree.',
  };
}

function tailSamplingAlerts(selector: string): Alert[] {
  const early = 'otelcol_processor_tail_sampling_sampling_trace_dropped_too_early';
  const errors = 'otelcol_processor_tail_sampling_sampling_policy_evaluation_error';
  return [
    {
      name: 'CollectorDropsTracesTooEarly',
      expr: `${rate(early, selector, 'pod')} > 0`,
      for: '5m',
      severity: 'warning',
      summary: '{{ $labels.pod }} lets traces go before they are decided',
      description: 'More traces arrive within the decision wait than are held: raise `numTraces`'
        + ' and the memory, or the number of pods.',
    },
    {
      name: 'CollectorPolicyFails',
      expr: `${rate(errors, selector, 'pod')} > 0`,
      for: '5m',
      severity: 'warning',
      summary: 'a sampling policy of {{ $labels.pod }} fails',
      description: 'Traces that it would have kept are dropped. The log names the policy.',
    },
  ];
}

function poolAlerts(selector: string): Alert[] {
  return [
    {
      name: 'CollectorStaysOutsideOfPool',
      expr: `min by (pod) (otelgw_peers_joined{${selector}}) == 0`,
      for: '5m',
      severity: 'warning',
      summary: '{{ $labels.pod }} does not join the samplers',
      description: 'It takes no traces before every pod that is listed has answered it. Its log'
        + ' names those that do not: their certificates, a NetworkPolicy that does not let port'
        + ' 4319 in, another version, or a node that is lost.',
    },
    {
      name: 'CollectorMaySplitTraces',
      expr: `${rate('otelgw_peers_unanswered_claims', selector, 'pod')} > 0`,
      for: '1m',
      severity: 'warning',
      summary: '{{ $labels.pod }} decides traces without a pod that may hold parts of them',
      description: 'A sampler that is listed did not answer whether it holds a trace, and was not'
        + ' waited for any longer. Look at the pods of this tier that are not ready.',
    },
  ];
}

function journalAlert(selector: string): Alert {
  return {
    name: 'CollectorJournalIsNotWritten',
    expr: `${rate('otelgw_tail_sampling_journal_unwritten_spans', selector, 'pod')} > 0`,
    for: '1m',
    severity: 'warning',
    summary: '{{ $labels.pod }} holds spans that a kill would lose',
    description: 'Its journal is full, or its disk is or fails: look for the line in its log, then'
      + ' give `journal` a larger `size`.',
  };
}
