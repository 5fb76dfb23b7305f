/** Asks the policies about a trace, combines their votes as upstream does, and counts them. */
import type { FactQuestions } from './fact-questions';
import { createPolicy } from './policies';
import type { TailSamplingMetrics } from './tail-sampling-metrics';
import type { Clock } from '../../clock';
import type { PolicySettings } from '../../config';
import {
  DECISION_NAMES, DROPPED, NOT_SAMPLED, SAMPLED, type Policy,
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

  public constructor(private readonly options: DeciderOptions) {
    const { policies, metrics } = options;
    const drops = policies.filter(({ type }) => type === 'drop');
    const others = policies.filter(({ type }) => type !== 'drop');
    this.voters = [...drops, ...others].map((settings) => this.voterOf(settings));
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
    const { voters, votes } = this;
    const { sampleOnFirstMatch } = this.options;
    const isTimed = this.untilTimed === 0;
    this.untilTimed = isTimed ? TIMED_EVERY - 1 : this.untilTimed - 1;
    let decision = NOT_SAMPLED;
    let reason = NOBODY;
    for (let i = 0; i < voters.length; i += 1) {
      const { policy } = voters[i];
      const vote = isTimed ? this.timed(i, words, trace) : policy.decide(words, trace);
      votes[i * DECISIONS + vote] += 1;
      if (vote === DROPPED) {
        decision = DROPPED;
        break;
      }
      if (vote !== SAMPLED) continue;
      decision = SAMPLED;
      if (reason === NOBODY || policy.strictness < voters[reason].policy.strictness) reason = i;
      if (sampleOnFirstMatch) break;
    }
    if (decision === SAMPLED) this.kept[reason] += 1;
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
    const votes = settings.type === 'drop' ? [DROPPED, NOT_SAMPLED] : [SAMPLED, NOT_SAMPLED];
    return {
      policy: createPolicy(settings, { questions, clock }),
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
