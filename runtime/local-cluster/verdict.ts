/** Compares what was sent with what arrived, and says whether it is what the policies ask for. */
import type { TailSamplingSettings } from '../config';
import { expectDecision, type Vote } from './policy-expectation';
import type { ReceivedTrace, SpanLedger } from './span-ledger';
import type { SentTrace } from './traffic';

/** What happened. */
export interface Evidence {
  /** All traces that were begun. */
  readonly sent: ReadonlyMap<string, SentTrace>;
  /** Spans that the collectors in front say they have taken; undefined when they cannot say. */
  readonly accepted: number | undefined;
  /** What each exporter's hosts received. */
  readonly sinks: readonly SinkEvidence[];
  /** All tail samplers. */
  readonly samplers: readonly SamplerEvidence[];
  /** Sentences with which the API server refused somebody, each once. */
  readonly refusals: readonly string[];
}

/** What the hosts behind one exporter received. */
export interface SinkEvidence {
  /** What it is called. */
  readonly name: string;
  /** What its hosts received. */
  readonly ledgers: readonly SpanLedger[];
  /** Entrances whose traces are meant for it. */
  readonly entrances: ReadonlySet<number>;
  /** Tail samplers on the way to it: a trace must be kept by all of them. */
  readonly samplers: readonly SamplerEvidence[];
  /** Whether its senders decide about traces, so that a trace may come from one of them only. */
  readonly fromSamplers: boolean;
}

/** One tail sampler. */
export interface SamplerEvidence {
  /** What it is called. */
  readonly name: string;
  /** How it decides. */
  readonly settings: TailSamplingSettings;
  /** Entrances whose traces come to it. */
  readonly entrances: ReadonlySet<number>;
  /** Traces that its pods met, in sum; undefined when they cannot say. */
  readonly metTraces: number | undefined;
  /** Traces that its pods say a policy voted for; undefined when they cannot say. */
  readonly votesOf: (policy: string) => number | undefined;
}

/** One line of the verdict. */
export interface Finding {
  /** What was looked at. */
  readonly what: string;
  /** What was found. */
  readonly found: string;
  /** What it should be. */
  readonly wanted: string;
  /** Whether it is so; undefined when it only informs. */
  readonly isGood: boolean | undefined;
}

/** Every finding for `evidence`. */
export function judge(evidence: Evidence): Finding[] {
  const { sent, samplers, sinks, accepted, refusals } = evidence;
  const traces = [...sent.values()];
  const spans = sumOf(traces, ({ plan }) => plan.spans.length);
  const delivered = sumOf(traces, (trace) => trace.delivered);
  // Of a trace that collectors refused spans of, nobody can know what arrived.
  const whole = traces.filter(({ plan, delivered: count }) => count === plan.spans.length);
  const refused = spans - delivered;
  return [
    inform('traces sent', `${traces.length} with ${spans} spans`),
    mustBeZero('spans refused at the entrance', refused),
    {
      what: 'spans taken at the entrance',
      found: accepted === undefined ? 'not known: pods came and went' : `${accepted}`,
      wanted: `${delivered}`,
      isGood: accepted === undefined ? undefined : accepted === delivered,
    },
    ...samplers.flatMap((sampler) => [
      ...judgePolicies(sampler, comingTo(sampler, whole), refused === 0),
      judgeMetTraces(sampler, comingTo(sampler, traces)),
    ]),
    ...sinks.flatMap((sink) => judgeSink(sink, comingTo(sink, whole))),
    mustBeZero('kinds of requests refused by the API server', refusals.length),
  ];
}

function comingTo(
  { entrances }: { readonly entrances: ReadonlySet<number> }, traces: readonly SentTrace[],
): SentTrace[] {
  return traces.filter(({ entrance }) => entrances.has(entrance));
}

/** Whether nothing in `findings` is as it should not be. */
export function isGreen(findings: readonly Finding[]): boolean {
  return findings.every(({ isGood }) => isGood !== false);
}

function judgePolicies(
  sampler: SamplerEvidence, traces: readonly SentTrace[], isExact: boolean,
): Finding[] {
  const votes = traces.map(({ plan }) =>
    countedVotes(sampler.settings, expectDecision(sampler.settings, plan).votes));
  return sampler.settings.policies.map(({ name, type }, place): Finding => {
    const what = `kept by policy ${name} (${type})`;
    const expected = votes.filter((vote) => vote[place] === 'sampled').length;
    const isPredicted = type !== 'drop' && votes.every((vote) => vote[place] !== undefined);
    const measured = sampler.votesOf(name);
    if (measured === undefined) return inform(what, 'not known: pods came and went');
    if (!isPredicted || !isExact) return inform(what, `${measured} (not predicted)`);
    return { what, found: `${measured}`, wanted: `${expected}`, isGood: measured === expected };
  });
}

/** With `sample_on_first_match` the policies after the first that samples are not asked. */
function countedVotes(settings: TailSamplingSettings, votes: readonly Vote[]): readonly Vote[] {
  if (!settings.sampleOnFirstMatch) return votes;
  const first = votes.indexOf('sampled');
  return votes.map((vote, place) => first >= 0 && place > first ? 'not sampled' : vote);
}

function judgeMetTraces(sampler: SamplerEvidence, traces: readonly SentTrace[]): Finding {
  const arrived = traces.filter(({ delivered }) => delivered > 0).length;
  const what = `traces met by pods of ${sampler.name}`;
  const { metTraces } = sampler;
  if (metTraces === undefined) return inform(what, 'not known: pods came and went');
  return { what, found: `${metTraces}`, wanted: `${arrived}`, isGood: metTraces === arrived };
}

interface SinkCounts {
  kept: number;
  expected: number;
  lost: number;
  unwanted: number;
  repeated: number;
  split: number;
}

function judgeSink(sink: SinkEvidence, traces: readonly SentTrace[]): Finding[] {
  const counts: SinkCounts = { kept: 0, expected: 0, lost: 0, unwanted: 0, repeated: 0, split: 0 };
  for (const trace of traces) {
    const received = receivedOf(sink, trace.plan.traceId);
    const isKept = keptByAll(trace, sink.samplers);
    countTrace(counts, trace, received, isKept);
    if (sink.fromSamplers && received.senders.size > 1) counts.split++;
  }
  const zero = (what: string, count: number): Finding =>
    mustBeZero(`${what} ${sink.name}`, count);
  return [
    {
      what: `traces kept for ${sink.name}`,
      found: `${counts.kept}`,
      wanted: `${counts.expected}`,
      isGood: counts.kept === counts.expected,
    },
    zero('spans lost on the way to', counts.lost),
    zero('spans sent twice to', counts.repeated),
    zero('spans that policies do not keep at', counts.unwanted),
    ...sink.fromSamplers ? [zero('traces split on the way to', counts.split)] : [],
  ];
}

function receivedOf(sink: SinkEvidence, traceId: string): ReceivedTrace {
  const parts = sink.ledgers.flatMap(({ traces }) => traces.get(traceId) ?? []);
  if (parts.length === 1) return parts[0];
  const spans = new Map<string, number>();
  for (const [spanId, times] of parts.flatMap((part) => [...part.spans])) {
    spans.set(spanId, (spans.get(spanId) ?? 0) + times);
  }
  return { spans, senders: new Set(parts.flatMap(({ senders }) => [...senders])) };
}

function keptByAll(
  { plan }: SentTrace, samplers: readonly SamplerEvidence[],
): boolean | undefined {
  const decisions = samplers.map(({ settings }) => expectDecision(settings, plan).isKept);
  if (decisions.includes(false)) return false;
  return decisions.includes(undefined) ? undefined : true;
}

function countTrace(
  counts: SinkCounts, { plan }: SentTrace, { spans }: ReceivedTrace, isKept: boolean | undefined,
): void {
  const present = plan.spans.filter(({ spanId }) => spans.has(spanId)).length;
  // Where nobody can know the decision, the first span that arrived tells it.
  const shouldBe = isKept ?? present > 0;
  if (present > 0) counts.kept++;
  if (shouldBe) counts.expected++;
  if (shouldBe) counts.lost += plan.spans.length - present;
  else counts.unwanted += present;
  for (const times of spans.values()) counts.repeated += times - 1;
}

function mustBeZero(what: string, count: number): Finding {
  return { what, found: `${count}`, wanted: '0', isGood: count === 0 };
}

function inform(what: string, found: string): Finding {
  return { what, found, wanted: '', isGood: undefined };
}

function sumOf<T>(list: readonly T[], value: (item: T) => number): number {
  return list.reduce((sum, item) => sum + value(item), 0);
}
