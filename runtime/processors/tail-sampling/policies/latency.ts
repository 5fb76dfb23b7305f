import { decideBy, type PolicyFactory } from './policy';
import { hasBit } from '../fact-questions';

/**
 * Keeps traces that last longer than a threshold and, if there is one, at most an upper one.
 *
 * The first span that makes it true keeps the trace, whatever comes later, as upstream: a long
 * trace whose first spans are short may pass the upper threshold.
 */
export const latency: PolicyFactory<'latency'> = (settings, { questions }) => {
  const { thresholdMs, upperThresholdMs } = settings.latency;
  const bit = questions.askDuration(thresholdMs, upperThresholdMs);
  return decideBy((words, trace) => hasBit(words, trace, bit));
};
