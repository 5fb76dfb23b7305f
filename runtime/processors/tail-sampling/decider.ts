/**
 * Asks the policies about a trace, combines their votes as upstream does, and counts them.
 *
 * Where counts are adjusted and a policy limits, a tick has two turns: in the first, policies that
 * drop are asked and the limits told of all other traces; in the second, all others are asked.
 */
import type { FactQuestions } from './fact-questions';
import { createPolicy } from './policies';
import type { TailSamplingMetrics } from './tail-sampling-metrics';
import { voteSizes, type VoteSizes, type VoteSizeSettings } from './vote-sizes';
import type { Clock } from '../../clock';
import type { PolicySettings } from '../../config';
import {
  DECISION_NAMES, DROPPED, NOT_SAMPLED, PENDING, SAMPLED, type Policy,
} from './policies/policy';
import { isLess, type Word64 } from '../../otlp/sampling-threshold';
import type { Counter } from '../../telemetry/metrics';

const MICROSECONDS = 1000;
/** Asking for the time costs more than most policies do: the first of so many traces is timed. */
const TIMED_EVERY = 16;
/** The number of no policy. */
export const NOBODY = -1;
const DECISIONS = 4;

/** A policy and the name that it was given. */
export interface NamedPolicy {
  /** Its name. */
  readonly name: string;
  /** The policy. */
  readonly policy: Policy;
}

interface Voter extends NamedPolicy {
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
  /** Whether decisions are made by the randomness of trace states. */
  readonly adjustsCounts: boolean;
  /** What of votes is counted besides. */
  readonly counted: VoteSizeSettings;
  /** Where the policies ask for facts. */
  readonly questions: FactQuestions;
  /** The time. */
  readonly clock: Clock;
  /** Where votes are counted. */
  readonly metrics: TailSamplingMetrics;
}

/** Decides about traces. */
export class Decider {
  /** Whether some policy has to be told of all traces of a tick before any is decided. */
  public readonly hasBudgets: boolean;
  /** The policy that kept the trace decided last, by its number; NOBODY when none did. */
  public reason = NOBODY;
  /** The composite policy that kept it, whether or not it is the reason; NOBODY for none. */
  public composite = NOBODY;
  /** Policies that drop, then all others: a trace that one of them drops is not voted on. */
  private readonly voters: readonly Voter[];
  /** Number of those that drop; those in `dry_run` are behind, as they never keep from a vote. */
  private readonly drops: number;
  private readonly votes: Float64Array;
  private readonly sizes?: VoteSizes;
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
    const wet = drops.filter(({ dryRun }) => dryRun !== true);
    const dry = drops.filter(({ dryRun }) => dryRun === true);
    const others = policies.filter(({ type }) => type !== 'drop');
    this.voters = [...wet, ...dry, ...others].map((settings) => this.voterOf(settings));
    this.drops = wet.length;
    this.hasBudgets = this.voters.some(({ policy }) => policy.budget !== undefined);
    this.hasDryRuns = this.voters.some(({ isDry }) => isDry);
    this.dryVotes = new Uint8Array(this.voters.length).fill(NOT_SAMPLED);
    this.votes = new Float64Array(this.voters.length * DECISIONS);
    this.sizes = voteSizes(options.counted, this.voters.map(({ name, drops: isDrop }) => ({
      name: options.prefix + name,
      decisions: DECISION_NAMES.map((decision, at) =>
        votesOf(isDrop).includes(at) ? decision : undefined),
    })), metrics);
    this.kept = new Float64Array(this.voters.length);
    this.times = new Float64Array(this.voters.length);
    this.timings = new Float64Array(this.voters.length);
    const decisions = drops.length > 0
      ? [SAMPLED, NOT_SAMPLED, DROPPED]
      : [SAMPLED, NOT_SAMPLED];
    this.decisions = countersFor(decisions, (name) => metrics.decisions(name));
  }

  /** Policies by their numbers. */
  public get policies(): readonly NamedPolicy[] {
    return this.voters;
  }

  /** The threshold with which the trace decided last was kept. */
  public get threshold(): Word64 {
    return this.voters[this.reason].policy.threshold;
  }

  /** The first turn of a tick with budgets: DROPPED, or PENDING if the trace is to be decided. */
  public consider(words: Int32Array, trace: number): number {
    this.isTimed = false;
    if (this.isDropped(words, trace)) return DROPPED;
    for (let i = this.drops; i < this.voters.length; i += 1) {
      this.voters[i].policy.budget?.consider(words, trace);
    }
    return PENDING;
  }

  /** The end of the first turn. */
  public spend(): void {
    for (const { policy } of this.voters) policy.budget?.spend();
  }

  /**
   * Decides, before its time, about a trace that no tick told the budgets of: it must be as random
   * as those that the last tick kept, and pays for itself.
   */
  public decideAlone(words: Int32Array, trace: number): number {
    if (!this.hasBudgets) return this.decide(words, trace);
    this.isTimed = false;
    if (this.isDropped(words, trace)) return DROPPED;
    for (const { policy } of this.voters) policy.budget?.payEach(true);
    const decision = this.decide(words, trace);
    for (const { policy } of this.voters) policy.budget?.payEach(false);
    return decision;
  }

  /**
   * SAMPLED, NOT_SAMPLED or DROPPED for the trace whose record begins at `trace`. With budgets,
   * policies that drop were asked before.
   */
  public decide(words: Int32Array, trace: number): number {
    const { voters } = this;
    const { sampleOnFirstMatch } = this.options;
    const first = this.hasBudgets ? this.drops : 0;
    this.beginTrace();
    let decision = NOT_SAMPLED;
    for (let i = first; i < voters.length; i += 1) {
      const vote = this.voteOf(i, words, trace);
      if (voters[i].isDry) continue;
      if (vote === DROPPED) {
        decision = DROPPED;
        break;
      }
      if (vote !== SAMPLED) continue;
      decision = SAMPLED;
      this.noteReason(i);
      if (sampleOnFirstMatch) break;
    }
    this.count(decision, this.reason);
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
      if (!drops && this.drops > 0) break;
      const vote = this.voteOf(i, words, trace);
      if (isDry) continue;
      if (vote === SAMPLED || vote === DROPPED) {
        if (vote === SAMPLED) this.noteReason(i);
        this.count(vote, this.reason);
        return vote;
      }
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
    this.sizes?.report();
    this.decisions.forEach((counter, decision) => counter?.add(this.decided[decision]));
    this.votes.fill(0);
    this.times.fill(0);
    this.timings.fill(0);
    this.untilTimed = 0;
    this.kept.fill(0);
    this.decided.fill(0);
  }

  /** Whether a policy that drops, and is not on trial, drops the trace. */
  private isDropped(words: Int32Array, trace: number): boolean {
    for (let i = 0; i < this.drops; i += 1) {
      if (this.voteOf(i, words, trace) !== DROPPED) continue;
      this.count(DROPPED);
      return true;
    }
    return false;
  }

  private noteReason(i: number): void {
    const { policy } = this.voters[i];
    if (policy.parts !== undefined) this.composite = i;
    if (this.reason === NOBODY
      || isLess(policy.threshold, this.voters[this.reason].policy.threshold)) this.reason = i;
  }

  private beginTrace(): void {
    this.reason = this.composite = NOBODY;
    this.isTimed = this.untilTimed === 0;
    this.untilTimed = this.isTimed ? TIMED_EVERY - 1 : this.untilTimed - 1;
    if (this.hasDryRuns) this.dryVotes.fill(NOT_SAMPLED);
  }

  private voteOf(i: number, words: Int32Array, trace: number): number {
    const { policy, isDry } = this.voters[i];
    const vote = this.isTimed ? this.timed(i, words, trace) : policy.decide(words, trace);
    this.votes[i * DECISIONS + vote] += 1;
    this.sizes?.add(i * DECISIONS + vote, words, trace);
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
    const { questions, clock, metrics, prefix, adjustsCounts } = this.options;
    const name = prefix + settings.name;
    const drops = settings.type === 'drop';
    return {
      name: settings.name,
      policy: createPolicy(settings, { questions, clock, adjustsCounts }),
      counters: countersFor(votesOf(drops), (decision) => metrics.votes(name, decision)),
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

/** What a policy can say. */
function votesOf(drops: boolean): readonly number[] {
  return drops ? [DROPPED, NOT_SAMPLED] : [SAMPLED, NOT_SAMPLED];
}

/** A counter for each of `decisions`, at its number. */
function countersFor(
  decisions: readonly number[], create: (name: string) => Counter,
): (Counter | undefined)[] {
  return DECISION_NAMES.map((name, decision) =>
    decisions.includes(decision) ? create(name) : undefined);
}
