/**
 * The policies that are in force, with what they ask and what gathers the answers.
 *
 * They can be replaced while traces are held. What was gathered about those then answers questions
 * that nobody asks any more: each set of rules has a number, which stands in the record of a trace,
 * and spans of a trace with another number are read again when it is decided.
 */
import { Decider } from './decider';
import { FactQuestions } from './fact-questions';
import type { TailSamplingMetrics } from './tail-sampling-metrics';
import { FactGatherer, SKETCH_WORDS } from './trace-facts';
import { BITS } from './trace-table';
import type { Clock } from '../../clock';
import type { TailSamplingSettings } from '../../config';

/** Words for answers in the record of a trace beyond those needed now: for policies to come. */
const SPARE_WORDS = 1;

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
  /** Words of a record for what is gathered. */
  readonly factWords: number;
  /** Where the sketch of a trace stands in its record, if one is made. */
  readonly sketchAt?: number;
  /** What the next ones are made with. */
  readonly context: RulesContext;
}

/** The rules that a sampler begins with. */
export function firstRules(settings: TailSamplingSettings, context: RulesContext): Rules {
  const questions = new FactQuestions();
  const decider = deciderOf(settings, questions, context);
  const bitWords = questions.bitWords + SPARE_WORDS;
  const sketchAt = settings.detectSplitTraces ? BITS + bitWords : undefined;
  const factWords = bitWords + (sketchAt === undefined ? 0 : SKETCH_WORDS);
  return {
    epoch: 0, decider, facts: factsOf(settings, questions, sketchAt), factWords, sketchAt, context,
  };
}

/**
 * The rules that follow on others.
 *
 * @throws Error when they ask more than a record has room for.
 */
export function nextRules(settings: TailSamplingSettings, before: Rules): Rules {
  const { context, factWords, sketchAt } = before;
  const questions = new FactQuestions();
  const decider = deciderOf(settings, questions, context);
  const room = factWords - (sketchAt === undefined ? 0 : SKETCH_WORDS);
  if (questions.bitWords > room) {
    throw new Error(
      `policies: must ask at most ${room * 32} questions without a restart, got more`);
  }
  return {
    ...before, epoch: before.epoch + 1, decider, facts: factsOf(settings, questions, sketchAt),
  };
}

function deciderOf(
  settings: TailSamplingSettings, questions: FactQuestions, context: RulesContext,
): Decider {
  const { policies, sampleOnFirstMatch } = settings;
  return new Decider({ policies, sampleOnFirstMatch, questions, ...context });
}

function factsOf(
  settings: TailSamplingSettings, questions: FactQuestions, sketchAt?: number,
): FactGatherer {
  const { decisionWaitAfterRootReceived, decisionQuietPeriod } = settings;
  const asksRoot = decisionWaitAfterRootReceived > 0 || decisionQuietPeriod > 0;
  return new FactGatherer(questions, asksRoot, sketchAt);
}
