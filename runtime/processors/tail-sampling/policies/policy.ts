/** What a policy of the tail sampler is. */
import type { Clock } from '../../../clock';
import type { PolicySettings } from '../../../config';
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
   * How many of the traces it never keeps, from 0 to 1, where it knows: of several policies that
   * keep a trace, the least strict one is recorded as the one that did.
   */
  readonly strictness: number;
  /** SAMPLED, NOT_SAMPLED or DROPPED for the trace whose record begins at `trace`. */
  decide(words: Int32Array, trace: number): number;
}

/** What a policy is made with. */
export interface PolicyContext {
  /** Where it asks for the facts that it decides by. */
  readonly questions: FactQuestions;
  /** The time. */
  readonly clock: Clock;
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
  isYes: (words: Int32Array, trace: number) => boolean, strictness = 0,
): Policy {
  return {
    strictness,
    decide: (words, trace) => isYes(words, trace) ? SAMPLED : NOT_SAMPLED,
  };
}
