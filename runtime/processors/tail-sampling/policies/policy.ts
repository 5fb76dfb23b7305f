/** What a policy of the tail sampler is. */
import type { Clock } from '../../../clock';
import type { PolicySettings } from '../../../config';
import { ALWAYS, type Word64 } from '../../../otlp/sampling-threshold';
import type { FactQuestions } from '../fact-questions';

/** Nothing was decided yet. */
export const PENDING = 0;
/** The trace is kept. */
export const SAMPLED = 1;
/** The trace is not kept, unless another policy keeps it. */
export const NOT_SAMPLED = 2;
/** The trace is not kept, whatever other policies say. */
export const DROPPED = 3;

/** How decisions are called in metrics. */
export const DECISION_NAMES = ['pending', 'sampled', 'not_sampled', 'dropped'] as const;

/** Decides about traces. */
export interface Policy {
  /**
   * The threshold with which it kept the trace that it was last asked about: of several policies
   * that keep a trace, the one with the least is recorded as the one that did.
   */
  readonly threshold: Word64;
  /** SAMPLED, NOT_SAMPLED or DROPPED for the trace whose record begins at `trace`. */
  decide(words: Int32Array, trace: number): number;
  /** Where it decides about all traces of a tick at once, and counts are adjusted. */
  readonly budget?: TickBudget;
  /** Names of the policies inside, where it says which of them kept a trace. */
  readonly parts?: readonly string[];
  /** Number of that part for the trace that it last kept. */
  readonly keptBy?: number;
}

/** What is spent by the tick: the traces with the greatest randomness are kept. */
export interface TickBudget {
  /** Tells of a trace of this tick that was not dropped. */
  consider(words: Int32Array, trace: number): void;
  /** All traces of the tick were told: what `decide` says from now on is by one threshold. */
  spend(): void;
  /** Whether what `decide` is asked about now was not told of, so that each trace pays itself. */
  payEach(does: boolean): void;
}

/** What a policy is made with. */
export interface PolicyContext {
  /** Where it asks for the facts that it decides by. */
  readonly questions: FactQuestions;
  /** The time. */
  readonly clock: Clock;
  /** Whether counts are adjusted: decisions are made by the randomness of trace states. */
  readonly adjustsCounts: boolean;
  /** Makes a policy that stands inside of this one. */
  create(settings: PolicySettings): Policy;
}

/** Settings of the policies of one type. */
export type SettingsOf<Type extends PolicySettings['type']> =
  Extract<PolicySettings, { readonly type: Type }>;

/** Makes a policy of one type. */
export type PolicyFactory<Type extends PolicySettings['type']> =
  (settings: SettingsOf<Type>, context: PolicyContext) => Policy;

/** A policy that keeps the traces of which the answer to a question is yes, or no. */
export function decideBy(
  isYes: (words: Int32Array, trace: number) => boolean, threshold = ALWAYS,
): Policy {
  return {
    threshold,
    decide: (words, trace) => isYes(words, trace) ? SAMPLED : NOT_SAMPLED,
  };
}
