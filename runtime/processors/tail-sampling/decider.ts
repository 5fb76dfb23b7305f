/**
 * Asks the policies about a trace, combines their votes as upstream does, and counts them.
 *
 * Where counts are adjusted and a policy limits, a tick has two turns: in the first, policies that
 * drop are asked and the limits told of all other traces; in the second, all others are asked.
 */
import type { FactQuestions } from './fact-questions';
import { createPolicy } from './policies';
import type { TailSamplingMetrics } from './tail-sampling-metrics';
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
  private readonly drops: number;
  /** The first policy that is asked in the second turn of a tick. */
  private first = 0;
  private readonly votes: Float64Array;
  private readonly kept: Float64Array;
  private readonly decisions: readonly (Counter | undefined)[];
  private readonly decided = new Float64Array(DECISIONS);
  /** Milliseconds that timed questions took, and their number. */
  private readonly times: Float64Array;
  private readonly timings: Float64Array;
  private untilTimed = 0;

  public constructor(private readonly options: DeciderOptions) {
    const { policies, metrics } = options;
    const drops = policies.filter(({ type }) => type === 'drop');
    const others = policies.filter(({ type }) => type !== 'drop');
    this.voters = [...drops, ...others].map((settings) => this.voterOf(settings));
    this.drops = drops.length;
    this.hasBudgets = this.voters.some(({ policy }) => policy.budget !== undefined);
    if (this.hasBudgets) this.first = this.drops;
    this.votes = new Float64Array(this.voters.length * DECISIONS);
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
    for (let i = 0; i < this.drops; i += 1) {
      const vote = this.ask(i, words, trace);
      if (vote !== DROPPED) continue;
      this.decided[DROPPED] += 1;
      return DROPPED;
    }
    for (let i = this.drops; i < this.voters.length; i += 1) {
      this.voters[i].policy.budget?.consider(words, trace);
    }
    return PENDING;
  }

  /** The end of the first turn. */
  public spend(): void {
    for (const { policy } of this.voters) policy.budget?.spend();
  }

  /** SAMPLED, NOT_SAMPLED or DROPPED for the trace whose record begins at `trace`. */
  public decide(words: Int32Array, trace: number): number {
    const { voters } = this;
    const { sampleOnFirstMatch } = this.options;
    const isTimed = this.untilTimed === 0;
    this.untilTimed = isTimed ? TIMED_EVERY - 1 : this.untilTimed - 1;
    let decision = NOT_SAMPLED;
    this.reason = this.composite = NOBODY;
    for (let i = this.first; i < voters.length; i += 1) {
      const vote = this.ask(i, words, trace, isTimed);
      if (vote === DROPPED) {
        decision = DROPPED;
        break;
      }
      if (vote !== SAMPLED) continue;
      decision = SAMPLED;
      this.noteReason(i);
      if (sampleOnFirstMatch) break;
    }
    if (decision === SAMPLED) this.kept[this.reason] += 1;
    this.decided[decision] += 1;
    return decision;
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

  private ask(i: number, words: Int32Array, trace: number, isTimed = false): number {
    const vote = isTimed
      ? this.timed(i, words, trace) : this.voters[i].policy.decide(words, trace);
    this.votes[i * DECISIONS + vote] += 1;
    return vote;
  }

  private noteReason(i: number): void {
    const { policy } = this.voters[i];
    if (policy.parts !== undefined) this.composite = i;
    if (this.reason === NOBODY
      || isLess(policy.threshold, this.voters[this.reason].policy.threshold)) this.reason = i;
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
    const votes = settings.type === 'drop' ? [DROPPED, NOT_SAMPLED] : [SAMPLED, NOT_SAMPLED];
    return {
      name: settings.name,
      policy: createPolicy(settings, { questions, clock, adjustsCounts }),
      counters: countersFor(votes, (decision) => metrics.votes(name, decision)),
      executions: metrics.executions(name),
      executionTime: metrics.executionTime(name),
      kept: metrics.kept(name),
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
