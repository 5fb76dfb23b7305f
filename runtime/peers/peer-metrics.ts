/** What a pool of samplers is seen by. */
import type { Attributes, Counter, Histogram, Metrics } from '../telemetry/metrics';

const SPANS = '{spans}';
const TRACES = '{traces}';
const WAITS = [0.001, 0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 20, 40];

/** The numbers of one pod. */
export class PeerMetrics {
  /** Spans that another pod has taken over from this one. */
  public readonly forwardedSpans: Counter;
  /** Spans taken over from other pods. */
  public readonly receivedSpans: Counter;
  /** Forwards that came again and were taken before. */
  public readonly repeatedForwards: Counter;
  /** Forwards that a pod had no memory for. */
  public readonly refusedForwards: Counter;
  /** Forwards that were no request. */
  public readonly malformedForwards: Counter;
  /** Trace ids that another pod was asked about. */
  public readonly claimedTraces: Counter;
  /** Questions that a listed pod did not answer, so that a trace may be split. */
  public readonly unansweredClaims: Counter;
  /** Seconds that a trace waited for the answers. */
  public readonly claimWait: Histogram;
  /** Verdicts that another pod answers for now. */
  public readonly handedOverVerdicts: Counter;
  /** Verdicts taken over from other pods. */
  public readonly importedVerdicts: Counter;
  /** Announcements sent. */
  public readonly announcements: Counter;
  /** Rings put to use. */
  public readonly ringChanges: Counter;
  /** Seconds from the resolver's answer to the use of a ring. */
  public readonly ringWait: Histogram;
  /** Messages refused: another version, another life of a pod, an unknown message. */
  public readonly refusedMessages: Counter;

  public constructor(private readonly metrics: Metrics, private readonly attributes: Attributes) {
    const counter = (name: string, unit: string, description: string): Counter =>
      metrics.counter({ name: `otelgw_peers_${name}`, unit, description }, attributes);
    const seconds = (name: string, description: string): Histogram => metrics.histogram(
      { name: `otelgw_peers_${name}`, unit: 's', description, boundaries: WAITS }, attributes);
    this.forwardedSpans = counter('forwarded_spans', SPANS,
      'Spans that another pod of the pool has taken over.');
    this.receivedSpans = counter('received_spans', SPANS,
      'Spans taken over from other pods of the pool.');
    this.repeatedForwards = counter('repeated_forwards', '{messages}',
      'Forwards that came again after they had been taken; nothing was taken twice.');
    this.refusedForwards = counter('refused_forwards', '{messages}',
      'Forwards that a pod had no memory for; the spans stay here and are sent again.');
    this.malformedForwards = counter('malformed_forwards', '{messages}',
      'Forwards that were no request; what stood behind the fault is lost.');
    this.claimedTraces = counter('claimed_traces', TRACES,
      'Traces that another pod was asked about before they were held.');
    this.unansweredClaims = counter('unanswered_claims', TRACES,
      'Questions that a listed pod never answered; the trace may be split.');
    this.claimWait = seconds('claim_wait', 'How long new traces waited for the answers.');
    this.handedOverVerdicts = counter('handed_over_verdicts', TRACES,
      'Verdicts given to the pod that now owns their trace.');
    this.importedVerdicts = counter('imported_verdicts', TRACES,
      'Verdicts taken over from other pods.');
    this.announcements = counter('announcements', '{messages}', 'Announcements of rings sent.');
    this.ringChanges = counter('ring_changes', '{changes}', 'Rings put to use.');
    this.ringWait = seconds('ring_wait',
      "Time from the resolver's answer until its ring was in use.");
    this.refusedMessages = counter('refused_messages', '{messages}',
      'Messages refused: another version, an earlier life of a pod, an unknown message.');
  }

  /** A gauge that is read when somebody looks. */
  public observe(name: string, unit: string, description: string, read: () => number): void {
    const instrument = { name: `otelgw_peers_${name}`, unit, description };
    this.metrics.observe('gauge', instrument, this.attributes, read);
  }
}
