/** What became of every span that was sent, and whether one sampler would have done the same. */
import type { TailSamplingSettings } from '../../config';
import { expectDecision } from '../../local-cluster/policy-expectation';
import type { SpanLedger } from '../../local-cluster/span-ledger';
import type { PlannedTrace } from '../../local-cluster/trace-plan';
import type { SentTrace } from '../../local-cluster/traffic';

/** What is known of a run that has come to rest. */
export interface Evidence {
  /** All traces that were begun. */
  readonly sent: ReadonlyMap<string, SentTrace>;
  /** How samplers decide. */
  readonly settings: TailSamplingSettings;
  /** What the backend received. */
  readonly ledger: SpanLedger;
  /** Whether senders had to wait so long that a trace may be decided before all of it is there. */
  readonly isLate: (trace: PlannedTrace) => boolean;
  /** Whether a pod that was killed without a journal may have held this span. */
  readonly wasHeldByKilled: (traceId: string, spanId: string) => boolean;
}

/** What became of it. */
export interface Outcome {
  /** Traces of which every span was taken. */
  readonly traces: number;
  /** Spans in them. */
  readonly sent: number;
  /** Spans of other traces: a collector refused some of them until their sender gave up. */
  readonly refused: number;
  /** Spans that arrived at the backend, each counted once. */
  readonly kept: number;
  /** Spans of traces that must be kept and did not arrive; those of a killed pod are not meant. */
  readonly lost: number;
  /** Arrivals of spans after their first one. */
  readonly duplicated: number;
  /** Traces of which some spans arrived and others did not. */
  readonly split: number;
  /** Traces that were decided otherwise than all of their spans ask for, and came in time. */
  readonly otherwise: number;
  /** Traces that senders could not give in time: of these, all or nothing must arrive. */
  readonly late: number;
  /** Spans that a killed pod may have held, of traces that must be kept. */
  readonly heldByKilled: number;
  /** Those of them that did not arrive. */
  readonly lostWithKilled: number;
  /** The first traces that are not as they must be, in words. */
  readonly examples: readonly string[];
}

type Counts = { -readonly [key in keyof Outcome]: Outcome[key] };

const MOST_EXAMPLES = 12;

/** What became of all spans in `evidence`. */
export function outcomeOf(evidence: Evidence): Outcome {
  const examples: string[] = [];
  const counts: Counts = {
    traces: 0,
    sent: 0,
    refused: 0,
    kept: 0,
    lost: 0,
    duplicated: 0,
    split: 0,
    otherwise: 0,
    late: 0,
    heldByKilled: 0,
    lostWithKilled: 0,
    examples,
  };
  for (const trace of evidence.sent.values()) {
    if (trace.delivered < trace.plan.spans.length) {
      counts.refused += trace.plan.spans.length;
      continue;
    }
    const complaint = countTrace(counts, trace, evidence);
    if (complaint !== '' && examples.length < MOST_EXAMPLES) examples.push(complaint);
  }
  for (const { spans } of evidence.ledger.traces.values()) {
    for (const times of spans.values()) counts.duplicated += times - 1;
  }
  return counts;
}

function countTrace(counts: Counts, { plan }: SentTrace, evidence: Evidence): string {
  const received = evidence.ledger.traces.get(plan.traceId);
  const ids = plan.spans.map(({ spanId }) => spanId);
  const mustBeKept = expectDecision(evidence.settings, plan).isKept === true;
  const isHere = (id: string): boolean => received?.spans.has(id) === true;
  const isHeld = (id: string): boolean => evidence.wasHeldByKilled(plan.traceId, id);
  counts.traces += 1;
  counts.sent += ids.length;
  counts.kept += ids.filter(isHere).length;
  const held = ids.filter(isHeld);
  const others = held.length === 0 ? ids : ids.filter((id) => !isHeld(id));
  if (held.length > 0 && mustBeKept) {
    counts.heldByKilled += held.length;
    counts.lostWithKilled += held.filter((id) => !isHere(id)).length;
  }
  const here = others.filter(isHere).length;
  const isSplit = here > 0 && here < others.length;
  // What a killed pod left of a trace is decided anew, by what is left.
  const isOne = !isSplit && held.length === 0;
  const isLate = evidence.isLate(plan);
  const isOtherwise = isOne && !isLate && here > 0 !== mustBeKept;
  if (isLate) counts.late += 1;
  if (isSplit) counts.split += 1;
  if (isOtherwise) counts.otherwise += 1;
  if (isSplit && mustBeKept) counts.lost += others.length - here;
  if (isOtherwise && mustBeKept) counts.lost += ids.length;
  if (!isSplit && !isOtherwise) return '';
  const missing = others.filter((id) => !isHere(id));
  return `trace ${plan.traceId} must be ${mustBeKept ? 'kept' : 'dropped'}, got ${here} of`
    + ` ${others.length} spans${isSplit ? `, without ${missing.join(' ')}` : ''}, from`
    + ` ${[...received?.senders ?? []].join(' ')}`;
}
