import { decideBy, type PolicyFactory } from './policy';
import { NEVER, ALWAYS, thresholdOfShare } from '../../../otlp/sampling-threshold';
import { hasBit } from '../fact-questions';
import { TraceIdHash, thresholdOf } from '../trace-id-hash';
import { randomnessReader } from '../trace-randomness';

const DEFAULT_SALT = 'default-hash-seed';

/**
 * Keeps a share of all traces, chosen by a hash of the trace id; where counts are adjusted, by the
 * trace's randomness, unless no sampler before left a word about it.
 */
export const probabilistic: PolicyFactory<'probabilistic'> = (settings, context) => {
  const { hashSalt, samplingPercentage } = settings.probabilistic;
  const share = samplingPercentage / 100;
  const hash = new TraceIdHash(hashSalt === '' ? DEFAULT_SALT : hashSalt);
  const most = thresholdOf(share);
  const threshold = thresholdOfShare(share) ?? (share >= 1 ? ALWAYS : NEVER);
  if (!context.adjustsCounts) {
    return decideBy((words, trace) => hash.isAtMost(most, words, trace), threshold);
  }
  const randomness = randomnessReader(context.questions);
  const { sampledBit } = context.questions.askRandomness();
  return decideBy((words, trace) => hasBit(words, trace, sampledBit)
    ? randomness.isAtLeast(threshold, words, trace)
    : hash.isAtMost(most, words, trace), threshold);
};
