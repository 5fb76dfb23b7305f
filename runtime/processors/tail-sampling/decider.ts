/** Asks the policies about a trace, combines their votes as upstream does, and counts them. */
import type { FactQuestions } from './fact-questions';
import { createPolicy } from './policies';
import type { TailSamplingMetrics } from './tail-sampling-metrics';
import type { Clock } from '../../clock';
import type { PolicySettings } from '../../config';
import {
  DECISION_NAMES, DROPPED, NOT_SAMPLED, PENDING, SAMPLED, type Policy,
} from './policies/policy';
import type { Counter } from '../../telemetry/metrics';

const MICROSECONDS = 1000;
/** Asking for the time costs more than most policies do: the first of so many traces is timed. */
const TIMED_EVERY = 16;
const NOBODY = -1;
const DECISIONS = 4;

interface Voter {
  readonly policy: Policy;
  readonly counters: readonly (Counter | undefined)[];
  readonly executions: Counter;
  readonly executionTime: Counter;
  readonly kept: Counter;
  /** Whether its vote is only counted. */
  readonly isDry: boolean;
  /** Whether it drops rather than keeps. */
  readonly drops: boolean;
  /** Traces about which the decision would be another, where its vote is only counted. */
  readonly changes?: Counter;
}

/** What a decider is made from. */
export interface DeciderOptions {
  /** The policies as they are configured. */
  readonly policies: readonly PolicySettings[];
  /** What the names of policies begin with in metrics. */
  readonly prefix: string;
  /** Whether policies after the first that keeps a trace are not asked. */
  readonly sampleOnFirstMatch: boolean;
  /** Where the policies ask for facts. */
  readonly questions: FactQuestions;
  /** The time. */
  readonly clock: Clock;
  /** Where votes are counted. */
  readonly metrics: TailSamplingMetrics;
}

/** Decides about traces. */
export class Decider {
  /** Policies that drop, then all others: a trace that one of them drops is not voted on. */
  private readonly voters: readonly Voter[];
  private readonly votes: Float64Array;
  private readonly kept: Float64Array;
  private readonly decisions: readonly (Counter | undefined)[];
  private readonly decided = new Float64Array(DECISIONS);
  /** Milliseconds that timed questions took, and their number. */
  private readonly times: Float64Array;
  private readonly timings: Float64Array;
  private untilTimed = 0;
  private isTimed = false;
  private readonly hasDryRuns: boolean;
  /** What policies in `dry_run` said about the trace that is decided now. */
  private readonly dryVotes: Uint8Array;

  public constructor(private readonly options: DeciderOptions) {
    const { policies, metrics } = options;
    const drops = policies.filter(({ type }) => type === 'drop');
    const others = policies.filter(({ type }) => type !== 'drop');
    this.voters = [...drops, ...others].map((settings) => this.voterOf(settings));
    this.hasDryRuns = this.voters.some(({ isDry }) => isDry);
    this.dryVotes = new Uint8Array(this.voters.length).fill(NOT_SAMPLED);
    this.votes = new Float64Array(this.voters.length * DECISIONS);
    this.kept = new Float64Array(this.voters.length);
    this.times = new Float64Array(this.voters.length);
    this.timings = new Float64Array(this.voters.length);
    const decisions = drops.length > 0
      ? [SAMPLED, NOT_SAMPLED, DROPPED]
      : [SAMPLED, NOT_SAMPLED];
    this.decisions = countersFor(decisions, (name) => metrics.decisions(name));
  }

  /** SAMPLED, NOT_SAMPLED or DROPPED for the trace whose record begins at `trace`. */
  public decide(words: Int32Array, trace: number): number {
    const { voters } = this;
    const { sampleOnFirstMatch } = this.options;
    this.beginTrace();
    let decision = NOT_SAMPLED;
    let reason = NOBODY;
    for (let i = 0; i < voters.length; i += 1) {
      const { policy, isDry } = voters[i];
      const vote = this.voteOf(i, words, trace);
      if (isDry) continue;
      if (vote === DROPPED) {
        decision = DROPPED;
        break;
      }
      if (vote !== SAMPLED) continue;
      decision = SAMPLED;
      if (reason === NOBODY || policy.strictness < voters[reason].policy.strictness) reason = i;
      if (sampleOnFirstMatch) break;
    }
    this.count(decision, reason);
    return decision;
  }

  /**
   * Votes on the spans of a trace that came last, as upstream's span-ingest does: PENDING unless
   * that decides. While a policy may still drop the trace, nothing can keep it.
   */
  public decideSoFar(words: Int32Array, trace: number): number {
    const { voters } = this;
    this.beginTrace();
    for (let i = 0; i < voters.length; i += 1) {
      const { isDry, drops } = voters[i];
      const vote = this.voteOf(i, words, trace);
      if (isDry) continue;
      if (vote === SAMPLED || vote === DROPPED) {
        this.count(vote, i);
        return vote;
      }
      if (drops) break;
    }
    return PENDING;
  }

  /** Counts a decision; `reason` is the policy that kept the trace, if one did. */
  public count(decision: number, reason = NOBODY): void {
    this.decided[decision] += 1;
    if (decision === SAMPLED && reason !== NOBODY) this.kept[reason] += 1;
    if (this.hasDryRuns) this.countChanges(decision);
  }

  /** Adds what was counted since the last call to the metrics. */
  public report(): void {
    this.voters.forEach((voter, i) => {
      let asked = 0;
      voter.counters.forEach((counter, decision) => {
        const count = this.votes[i * DECISIONS + decision];
        asked += count;
        counter?.add(count);
      });
      voter.executions.add(asked);
      const mean = this.timings[i] > 0 ? this.times[i] / this.timings[i] : 0;
      voter.executionTime.add(mean * asked * MICROSECONDS);
      voter.kept.add(this.kept[i]);
    });
    this.decisions.forEach((counter, decision) => counter?.add(this.decided[decision]));
    this.votes.fill(0);
    this.times.fill(0);
    this.timings.fill(0);
    this.untilTimed = 0;
    this.kept.fill(0);
    this.decided.fill(0);
  }

  private beginTrace(): void {
    this.isTimed = this.untilTimed === 0;
    this.untilTimed = this.isTimed ? TIMED_EVERY - 1 : this.untilTimed - 1;
    if (this.hasDryRuns) this.dryVotes.fill(NOT_SAMPLED);
  }

  private voteOf(i: number, words: Int32Array, trace: number): number {
    const { policy, isDry } = this.voters[i];
    const vote = this.isTimed ? this.timed(i, words, trace) : policy.decide(words, trace);
    this.votes[i * DECISIONS + vote] += 1;
    if (isDry) this.dryVotes[i] = vote;
    return vote;
  }

  /** Counts the policies in `dry_run` that would have made another decision of it. */
  private countChanges(decision: number): void {
    for (let i = 0; i < this.voters.length; i += 1) {
      const vote = this.dryVotes[i];
      const keeps = vote === SAMPLED && decision === NOT_SAMPLED;
      if (keeps || vote === DROPPED && decision === SAMPLED) this.voters[i].changes?.add(1);
    }
    this.dryVotes.fill(NOT_SAMPLED);
  }

  private timed(i: number, words: Int32Array, trace: number): number {
    const { clock } = this.options;
    const began = clock.monotonic();
    const vote = this.voters[i].policy.decide(words, trace);
    this.times[i] += clock.monotonic() - began;
    this.timings[i] += 1;
    return vote;
  }

  private voterOf(settings: PolicySettings): Voter {
    const { questions, clock, metrics, prefix } = this.options;
    const name = prefix + settings.name;
    const drops = settings.type === 'drop';
    const votes = drops ? [DROPPED, NOT_SAMPLED] : [SAMPLED, NOT_SAMPLED];
    return {
      policy: createPolicy(settings, { questions, clock }),
      counters: countersFor(votes, (decision) => metrics.votes(name, decision)),
      executions: metrics.executions(name),
      executionTime: metrics.executionTime(name),
      kept: metrics.kept(name),
      isDry: settings.dryRun === true,
      drops,
      changes: settings.dryRun === true
        ? metrics.dryRun(name, drops ? 'dropped' : 'kept') : undefined,
    };
  }
}

/** A counter for each of `decisions`, at its number. */
function countersFor(
  decisions: readonly number[], create: (name: string) => Counter,
): (Counter | undefined)[] {
  return DECISION_NAMES.map((name, decision) =>
    decisions.includes(decision) ? create(name) : undefined);
}
