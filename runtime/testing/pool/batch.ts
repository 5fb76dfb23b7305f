/** Plays many stories, and sums up what was found and what it cost. */
import { Pool } from './pool';
import { PoolMetrics, quantile } from './pool-metrics';
import { rendezvousRings } from './rendezvous-ring';
import { violations, type Findings } from './span-record';
import { storyOf } from './story';
import type { TracePeers, TracePeersOptions } from '../../peers/trace-peers';
import type { Logger } from '../../telemetry/logger';

/** Which stories are played, and how. */
export interface BatchOptions {
  /** The first seed. */
  readonly from: number;
  /** Number of runs. */
  readonly runs: number;
  /**
   * Whether pods are killed.
   * @default false
   */
  readonly hasCrashes?: boolean;
  /** Settings of every pod. */
  readonly settings?: Partial<TracePeersOptions>;
  /** Changes every pod before it lives. */
  readonly mutate?: (peers: TracePeers) => void;
  /**
   * Whether the first run with a violation is the last one.
   * @default false
   */
  readonly untilBad?: boolean;
  /** Where pods log; nowhere when none is given. */
  readonly log?: Logger;
}

/** What all runs came to. */
export interface BatchResult {
  /** Number of runs with a violation. */
  readonly badRuns: number;
  /** Seeds of the first of them. */
  readonly badSeeds: readonly number[];
  /** Sums of what was found. */
  readonly findings: Findings;
  /** What was counted. */
  readonly metrics: PoolMetrics;
  /** Changes of the list of pods. */
  readonly changes: number;
  /** Most live rings. */
  readonly mostRings: number;
  /** Milliseconds that leaving pods stayed. */
  readonly stays: readonly number[];
  /** Milliseconds that traces were old when they were decided. */
  readonly ages: readonly number[];
}

const MOST_SEEDS = 10;

/** A logger that nobody reads. */
export const silence: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => silence,
};

/** Plays them. */
export async function playBatch(options: BatchOptions): Promise<BatchResult> {
  const { from, runs, hasCrashes = false, log = silence } = options;
  const metrics = new PoolMetrics();
  const sum = {
    badRuns: 0,
    changes: 0,
    mostRings: 0,
    badSeeds: [] as number[],
    stays: [] as number[],
    ages: [] as number[],
  };
  const findings = {} as Findings;
  for (let seed = from; seed < from + runs; seed += 1) {
    metrics.forgetGauges();
    const story = storyOf(seed, hasCrashes);
    const pool = new Pool({ ...options, seed, story, metrics, log, makeRing: rendezvousRings() });
    const found = await pool.play();
    for (const [name, count] of Object.entries(found) as [keyof Findings, number][]) {
      findings[name] = (findings[name] ?? 0) + count;
    }
    sum.changes += pool.costs.changes;
    sum.mostRings = Math.max(sum.mostRings, pool.costs.mostRings);
    sum.stays.push(...pool.costs.stays);
    sum.ages.push(...pool.costs.ages);
    if (violations(found, hasCrashes) === 0) continue;
    sum.badRuns += 1;
    if (sum.badSeeds.length < MOST_SEEDS) sum.badSeeds.push(seed);
    if (options.untilBad === true) break;
  }
  return { ...sum, findings, metrics };
}

/** What was found and what it cost, as lines. */
export function describeBatch(name: string, runs: number, result: BatchResult): string[] {
  const { findings, metrics, stays, ages, changes, mostRings, badRuns, badSeeds } = result;
  const count = (of: string): number => metrics.sums.get(`otelgw_peers_${of}`) ?? 0;
  const times = (values: readonly number[], scale = 1): string => [0.5, 0.99, 1]
    .map((share) => `${(quantile(values, share) * scale).toFixed(2)} s`).join(' / ');
  const waits = (of: string): string => times(metrics.values.get(`otelgw_peers_${of}`) ?? []);
  return [
    `${name}: ${runs} runs, ${badRuns} with a violation${badRuns > 0 ? ` (${badSeeds})` : ''}`,
    `  ${Object.entries(findings).map(([what, number]) => `${what} ${number}`).join(', ')}`,
    `  hops per span ${(count('forwarded_spans') / findings.spans).toFixed(3)},`
      + ` repeated forwards ${count('repeated_forwards')}, refused ${count('refused_forwards')}`,
    `  per change of the list: announcements ${(count('announcements') / changes).toFixed(1)},`
      + ` verdicts handed over ${(count('handed_over_verdicts') / changes).toFixed(1)};`
      + ` most live rings ${mostRings}`,
    `  ids asked ${count('claimed_traces')} for ${ages.length} traces, claim wait`
      + ` p50 / p99 / max ${waits('claim_wait')}, unanswered ${count('unanswered_claims')}`,
    `  ring in use after ${waits('ring_wait')}; age at decision ${times(ages, 0.001)};`
      + ` leaving pod stays ${times(stays, 0.001)}`,
  ];
}
