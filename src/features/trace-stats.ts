/** Statistics of all traces for Datadog, whatever is sampled later. */
import type { PartFacts, TierPart } from './part';
import { datadogConnector } from '../config';
import { Signal } from '../graph/signal';

/** Statistics of traces. */
export interface TraceStatsFeature {
  /**
   * Whether Datadog's statistics are made of all traces, before any sampling. They are metrics, and
   * go where metrics go. One tier only may make them on a trace's way, or all is counted twice.
   * @default false
   */
  readonly traceStats?: boolean;
}

/** What they add to a tier. */
export function traceStatsPart(
  { traceStats = false }: TraceStatsFeature, { signals }: PartFacts,
): TierPart {
  if (!traceStats) return {};
  const missing = [Signal.TRACES, Signal.METRICS].filter((signal) => !signals.includes(signal));
  if (missing.length > 0) {
    return {
      problems: [
        'traceStats: makes metrics of traces, so both must be among the `signals` that go'
        + ` somewhere, but ${missing.join(' and ')} are not.`
        + '\n→ add a backend that takes them, or remove `traceStats`.',
      ],
    };
  }
  return {
    connectors: [{
      contract: datadogConnector,
      name: 'connector',
      takes: Signal.TRACES,
      gives: Signal.METRICS,
      write: (at) => datadogConnector.write({
        traces: {
          computeTopLevelBySpanKind: true, peerTagsAggregation: true, computeStatsBySpanKind: true,
        },
      }, at),
    }],
  };
}
