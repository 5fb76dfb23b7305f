/**
 * The same traces through the tail samplers of both collectors: hundreds of configurations made at
 * random, of which each keeps the same spans and counts the same votes.
 */
import { passedSpans, type PassedSpan } from './kept-spans';
import {
  countedSets, crowdedSets, mixedSets, type PolicySet,
} from './policy-sets';
import { RandomChoices } from './random-choices';
import { mixedTraces, tracesInTurn, uniformTraces, type TraceTraffic } from './sampled-traces';
import { SamplerRun, sumOf, without } from './sampler-run';
import { SIDES, type Side } from './sides';
import { until } from '../../testing/collector-process';

const PREFIX = 'otelcol_processor_tail_sampling_';
const TYPE = 'tail_sampling';
const RECEIVER = 'all';
const DECISION_WAIT = '6s';
/** All of a trace must be there before it is decided, and before its root is three seconds old. */
const MOST_SENDING_MS = 2000;
const DEADLINE_MS = 60_000;
const LIMIT_MS = 180_000;
const SPANS_EACH = 4;
const IN_TURN = 40;

const choose = new RandomChoices(7);
const mixed = mixedTraces(choose, 60);
const uniform = uniformTraces(choose, 60, SPANS_EACH);
const turns = tracesInTurn(choose, IN_TURN);
const gatedTraces = mixedTraces(choose, 60);
const MIXED = mixedSets(choose, 150, { gated: false });
const GATED = mixedSets(choose, 60, { gated: true });
const COUNTED = countedSets(choose, 40, SPANS_EACH);
const CROWDED = crowdedSets(choose, 20, IN_TURN);

/** Keys of ours that upstream has as feature gates. */
const GATES = [
  'usetracestate', 'recordpolicy', 'metricstatcountspanssampled', 'metricstatcountbytessampled',
];
const UPSTREAM_GATES = GATES.map((name) => `processor.tailsamplingprocessor.${name}`);

/** What one side made of some sets. */
interface Outcome {
  readonly kept: ReadonlyMap<string, readonly PassedSpan[]>;
  readonly counts: readonly string[];
  /** Whether all that left without being waited for left in one second of the clock. */
  readonly isWithinSecond: boolean;
}

/** Starts samplers that know nothing but their own keys. */
function start(side: Side, sets: readonly PolicySet[], isGated: boolean): Promise<SamplerRun> {
  const keys = isGated && side === 'ours' ? GATES : [];
  const gates = Object.fromEntries(keys.map((key) => [key, true]));
  const pipelines = sets.map(({ name, config }) => ({
    name,
    receiver: RECEIVER,
    signal: 'traces' as const,
    config: { decision_wait: DECISION_WAIT, ...config, ...gates },
  }));
  return SamplerRun.start(side, TYPE, pipelines, isGated
    ? { upstreamWords: [`--feature-gates=${UPSTREAM_GATES.join(',')}`] } : {});
}

/** Waits until `count` traces more are decided, given up or pushed out. */
async function untilDecided(run: SamplerRun, count: number): Promise<void> {
  await until('all decisions', async () => {
    const metrics = await run.metrics();
    const names = [
      'global_count_traces_sampled', 'traces_dropped_too_large', 'sampling_trace_dropped_too_early',
    ];
    return names.reduce((sum, name) => sum + sumOf(metrics, PREFIX + name), 0) >= count;
  }, DEADLINE_MS);
}

/**
 * Starts samplers and sends them requests, anew where that took so long on a busy machine that
 * traces may have been decided meanwhile.
 */
async function startWith(
  side: Side, sets: readonly PolicySet[], requests: readonly Buffer[], isGated = false,
): Promise<SamplerRun> {
  for (;;) {
    const run = await start(side, sets, isGated);
    try {
      const began = performance.now();
      for (const request of requests) await run.send(RECEIVER, 'traces', request);
      if (performance.now() - began < MOST_SENDING_MS) return run;
      run.stop();
    } catch (error) {
      run.stop();
      throw error;
    }
  }
}

/** Samplers that get traffic of several requests, and late spans after the decisions. */
async function outcomeOf(
  side: Side, sets: readonly PolicySet[], traffic: TraceTraffic, isGated = false,
): Promise<Outcome> {
  const run = await startWith(side, sets, [traffic.first, ...traffic.more], isGated);
  try {
    await untilDecided(run, sets.length * traffic.traces);
    await run.send(RECEIVER, 'traces', traffic.late);
    return await end(run, sets);
  } finally {
    run.stop();
  }
}

/** Samplers that get each trace in a request of its own. */
async function outcomeInTurn(side: Side): Promise<Outcome> {
  const run = await startWith(side, CROWDED, turns);
  try {
    await untilDecided(run, CROWDED.length * IN_TURN);
    return await end(run, CROWDED);
  } finally {
    run.stop();
  }
}

/** Looks at what is kept and counted when all is over. */
async function end(run: SamplerRun, sets: readonly PolicySet[]): Promise<Outcome> {
  await run.finish();
  const requests = new Map(sets.map(({ name }) => [name, run.keptBy(name)]));
  const times = [...requests.values()].flat().map(({ at }) => at);
  const [earliest, latest] = [Math.min(...times), Math.max(...times)];
  // A moment of a decision is known by when its spans came, which is some milliseconds later.
  const isWithinSecond = Math.floor((earliest - 50) / 1000) === Math.floor(latest / 1000);
  const kept = new Map([...requests].map(([name, list]) => [name, passedSpans(list)]));
  return { kept, counts: run.counts(PREFIX).filter(isCompared), isWithinSecond };
}

/** The samplers of one size, again until no second of the clock ends in the midst of a tick. */
async function countedOutcome(side: Side): Promise<Outcome> {
  for (;;) {
    const run = await startWith(side, COUNTED, [uniform.first]);
    try {
      await untilDecided(run, COUNTED.length * uniform.traces);
      const outcome = await end(run, COUNTED);
      if (outcome.isWithinSecond) return outcome;
    } finally {
      run.stop();
    }
  }
}

/** A choice of ours, or of a release after the real collector's, that shows in spans. */
interface KnownDifference {
  /** Its name in docs/compatibility.md. */
  readonly name: string;
  /** Whether it can show in what a set keeps. */
  readonly shows: (set: PolicySet, span: PassedSpan) => boolean;
  /** The span without what may differ. */
  readonly without: (span: PassedSpan) => PassedSpan;
}

function isIngest({ config }: PolicySet): boolean {
  return config.sampling_strategy === 'span-ingest';
}

const thresholds = /"type":"(probabilistic|rate_limiting|bytes_limiting)"/;

const KNOWN: readonly KnownDifference[] = [
  {
    name: '`recordpolicy` names the policy whose threshold is written',
    shows: ({ config: { policies } }) =>
      policies.filter(({ type }) => type !== 'drop').length > 1
      && thresholds.test(JSON.stringify(policies)),
    without: (span) => ({
      ...span, marks: span.marks.replace(/\{"key":"tailsampling\.policy".*?\}\},?/, ''),
    }),
  },
  {
    name: '`usetracestate` writes the threshold on late spans',
    shows: (set, { spanId }) => !isIngest(set) && gatedTraces.lateSpans.has(spanId),
    without: (span) => ({ ...span, traceState: '' }),
  },
  {
    name: '`span-ingest` writes thresholds and records on all spans of a trace',
    shows: isIngest,
    without: (span) => ({ ...span, traceState: '', marks: '' }),
  },
];

function asText(set: PolicySet, span: PassedSpan, known: readonly KnownDifference[]): string {
  const shown = known.filter(({ shows }) => shows(set, span))
    .reduce((one, { without: strip }) => strip(one), span);
  return JSON.stringify(shown);
}

/** Sets whose spans differ, with a sentence about the first of them. */
function differences(
  sets: readonly PolicySet[], ours: Outcome, theirs: Outcome, known = KNOWN,
): string[] {
  return sets.flatMap((set) => {
    const texts = ({ kept }: Outcome): string[] =>
      kept.get(set.name)!.map((span) => asText(set, span, known));
    const [here, there] = [texts(ours), texts(theirs)];
    const [more, less] = [without(here, there), without(there, here)];
    if (more.length === 0 && less.length === 0) return [];
    return [`${set.name}: ${more.length} only here, such as ${more[0]}; ${less.length} only`
      + ` upstream, such as ${less[0]}; ${JSON.stringify(set.config)}`];
  });
}

/** Metrics that are not compared, and why. */
const NOT_COMPARED: readonly (readonly [RegExp, string])[] = [
  [/^sampling_decision_timer_latency|^sampling_policy_execution_time_sum/, 'the time of it'],
  [/^sampling_traces_on_memory/, 'a sum over all processors; upstream tells one of them'],
];

function isCompared(line: string): boolean {
  return !NOT_COMPARED.some(([pattern]) => pattern.test(line));
}

/** Upstream counts traces that span-ingest has decided with those that were pushed out. */
const PUSHED_OUT = /^sampling_trace_dropped_too_early/;
/** Who writes on more spans finds more on which nothing can be written. */
const UNREADABLE = /^count_spans_with_unparseable_tracestate/;

function differentCounts(
  ours: Outcome, theirs: Outcome, excused: readonly RegExp[] = [PUSHED_OUT],
): string[] {
  return [
    ...without(ours.counts, theirs.counts).map((line) => `here: ${line}`),
    ...without(theirs.counts, ours.counts).map((line) => `upstream: ${line}`),
  ].filter((line) => !excused.some((pattern) => pattern.test(line.replace(/^\w+: /, '')))).sort();
}

/** What is needed to say that a comparison is about something. */
function share(sets: readonly PolicySet[], { kept }: Outcome): number {
  return sets.filter(({ name }) => kept.get(name)!.length > 0).length / sets.length;
}

async function both(outcome: (side: Side) => Promise<Outcome>): Promise<Outcome[]> {
  return Promise.all(SIDES.map(outcome));
}

describe(`${MIXED.length} sets of policies`, () => {
  let ours: Outcome;
  let theirs: Outcome;

  beforeAll(async () => {
    [ours, theirs] = await both((side) => outcomeOf(side, MIXED, mixed));
  }, LIMIT_MS);

  it('have all types of policies', () => {
    const types = new Set(JSON.stringify(MIXED).match(/(?<="type":")\w+/g));
    expect([...types].sort()).toEqual([
      'always_sample', 'and', 'boolean_attribute', 'bytes_limiting', 'composite', 'drop', 'latency',
      'not', 'numeric_attribute', 'probabilistic', 'rate_limiting', 'span_count', 'status_code',
      'string_attribute', 'trace_flags', 'trace_state',
    ]);
    expect(share(MIXED, theirs)).toBeGreaterThan(0.6);
  });

  it('keep the same spans, late ones, too', () => {
    expect(differences(MIXED, ours, theirs)).toEqual([]);
  });

  it('count the same', () => {
    expect(theirs.counts.length).toBeGreaterThan(MIXED.length);
    expect(differentCounts(ours, theirs)).toEqual([]);
  });
});

describe(`${GATED.length} sets of policies with trace states, records and more metrics`, () => {
  let ours: Outcome;
  let theirs: Outcome;

  beforeAll(async () => {
    [ours, theirs] = await both((side) => outcomeOf(side, GATED, gatedTraces, true));
  }, LIMIT_MS);

  it('keep the same spans with the same thresholds and records', () => {
    expect(share(GATED, theirs)).toBeGreaterThan(0.6);
    expect(differences(GATED, ours, theirs)).toEqual([]);
  });

  it.each(KNOWN.map(({ name }) => [name]))('differ where it is known: %s', (name) => {
    const others = KNOWN.filter((known) => known.name !== name);
    expect(differences(GATED, ours, theirs, others)).not.toEqual([]);
  });

  it('count the same', () => {
    expect(theirs.counts.filter((line) => line.startsWith('count_bytes_sampled')).length)
      .toBeGreaterThan(GATED.length);
    expect(differentCounts(ours, theirs, [PUSHED_OUT, UNREADABLE])).toEqual([]);
  });
});

describe(`${CROWDED.length} sets of policies with less room than there are traces`, () => {
  let ours: Outcome;
  let theirs: Outcome;

  beforeAll(async () => {
    [ours, theirs] = await both(outcomeInTurn);
  }, LIMIT_MS);

  it('keep the same spans', () => {
    expect(share(CROWDED, theirs)).toBeGreaterThan(0.5);
    expect(differences(CROWDED, ours, theirs)).toEqual([]);
  });

  it('count the same, traces that were pushed out among them', () => {
    const pushedOut = theirs.counts.filter((line) => PUSHED_OUT.test(line));
    expect(pushedOut.length).toBe(1);
    expect(differentCounts(ours, theirs, [])).toEqual([]);
  });
});

describe(`${COUNTED.length} sets of policies whose limits are spent within a tick`, () => {
  let ours: Outcome;
  let theirs: Outcome;

  beforeAll(async () => {
    [ours, theirs] = await both(countedOutcome);
  }, LIMIT_MS);

  it('keep as many spans', () => {
    const numbers = ({ kept }: Outcome): string[] => COUNTED.map(({ name, config }) =>
      `${name} keeps ${kept.get(name)!.length} by ${JSON.stringify(config.policies)}`);
    expect(share(COUNTED, theirs)).toBeGreaterThan(0.6);
    expect(without(numbers(ours), numbers(theirs))).toEqual([]);
  });

  it('count the same', () => {
    expect(differentCounts(ours, theirs)).toEqual([]);
  });
});
