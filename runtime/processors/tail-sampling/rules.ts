/**
 * The policies that are in force, with what they ask and what gathers the answers.
 *
 * They can be replaced while traces are held. What was gathered about those then answers questions
 * that nobody asks any more: each set of rules has a number, which stands in the record of a trace,
 * and spans of a trace with another number are read again when it is decided.
 */
import { isDeepStrictEqual } from 'util';
import { Decider } from './decider';
import { FactQuestions, RANDOM_WORDS } from './fact-questions';
import type { TailSamplingMetrics } from './tail-sampling-metrics';
import { FactGatherer, SKETCH_WORDS } from './trace-facts';
import { BITS } from './trace-table';
import { VERDICT_WORDS } from './verdicts';
import type { Clock } from '../../clock';
import { snakeCase, type TailSamplingSettings } from '../../config';

/** Words for answers in the record of a trace beyond those needed now: for policies to come. */
const SPARE_WORDS = 1;
const WORD_BITS = 32;

/** What rules are made with. */
export interface RulesContext {
  /** What the names of policies begin with in metrics. */
  readonly prefix: string;
  /** The time. */
  readonly clock: Clock;
  /** Where votes are counted. */
  readonly metrics: TailSamplingMetrics;
}

/** Policies in force. */
export interface Rules {
  /** Their number, from 0 on. */
  readonly epoch: number;
  /** Asks them. */
  readonly decider: Decider;
  /** Gathers what they ask. */
  readonly facts: FactGatherer;
  /** Words of a record for answers of one bit. */
  readonly bitWords: number;
  /** Words of a record for all that is gathered, and for the verdict. */
  readonly factWords: number;
  /** Where the sketch of a trace stands in its record, if one is made. */
  readonly sketchAt?: number;
  /** Where the verdict about a trace stands in its record, if one is remembered. */
  readonly verdictAt?: number;
  /** What the next ones are made with. */
  readonly context: RulesContext;
}

/** Names of policies in metrics begin with the processor's own name, if it has one. */
export function policyPrefix(id: string): string {
  const slash = id.indexOf('/');
  return slash < 0 ? '' : `${id.slice(slash + 1)}.`;
}

/**
 * Settings that differ in their policies only.
 *
 * @throws Error that names what else differs, as it is written in YAML.
 */
export function mustDifferInPolicies(
  id: string, before: TailSamplingSettings, after: TailSamplingSettings,
): void {
  const keys = Object.keys({ ...before, ...after }) as (keyof TailSamplingSettings)[];
  const others = keys.filter((key) =>
    key !== 'policies' && !isDeepStrictEqual(before[key], after[key]));
  if (others.length === 0) return;
  throw new Error(`processors.${id}: must be what it was but for its policies, got another`
    + ` ${others.map(snakeCase).join(', ')}`);
}

/** The rules that a sampler begins with. */
export function firstRules(settings: TailSamplingSettings, context: RulesContext): Rules {
  const questions = new FactQuestions();
  const decider = deciderOf(settings, questions, context);
  const bitWords = questions.bitWords + SPARE_WORDS;
  let factWords = bitWords + (settings.usetracestate ? RANDOM_WORDS : 0);
  const placeOf = (isThere: boolean, words: number): number | undefined => {
    if (!isThere) return undefined;
    factWords += words;
    return BITS + factWords - words;
  };
  const sketchAt = placeOf(settings.detectSplitTraces, SKETCH_WORDS);
  const verdictAt = placeOf(settings.usetracestate || settings.recordpolicy, VERDICT_WORDS);
  const facts = factsOf(settings, questions, sketchAt);
  return { epoch: 0, decider, facts, bitWords, factWords, sketchAt, verdictAt, context };
}

/**
 * The rules that follow on others.
 *
 * @throws Error when they ask more than a record has room for.
 */
export function nextRules(settings: TailSamplingSettings, before: Rules): Rules {
  const { context, bitWords: room, sketchAt } = before;
  const questions = new FactQuestions();
  const decider = deciderOf(settings, questions, context);
  if (questions.bitWords > room) {
    const most = room * WORD_BITS;
    throw new Error(`policies: must ask at most ${most} questions without a restart, got more`);
  }
  return {
    ...before, epoch: before.epoch + 1, decider, facts: factsOf(settings, questions, sketchAt),
  };
}

function deciderOf(
  settings: TailSamplingSettings, questions: FactQuestions, context: RulesContext,
): Decider {
  const { policies, sampleOnFirstMatch, usetracestate: adjustsCounts } = settings;
  return new Decider({
    policies, sampleOnFirstMatch, adjustsCounts, counted: settings, questions, ...context,
  });
}

function factsOf(
  settings: TailSamplingSettings, questions: FactQuestions, sketchAt?: number,
): FactGatherer {
  const { decisionWaitAfterRootReceived, decisionQuietPeriod } = settings;
  const asksRoot = decisionWaitAfterRootReceived > 0 || decisionQuietPeriod > 0;
  return new FactGatherer(questions, asksRoot, sketchAt);
}
