import { decideBy, type PolicyFactory } from './policy';
import { hasBit } from '../fact-questions';

/** Keeps traces with a span that has the W3C flag `sampled`. */
export const traceFlags: PolicyFactory<'trace_flags'> = (_settings, { questions }) => {
  const bit = questions.askSampledFlag();
  return decideBy((words, trace) => hasBit(words, trace, bit));
};
