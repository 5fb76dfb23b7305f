import { decideBy, type PolicyFactory } from './policy';
import { TraceIdHash, thresholdOf } from '../trace-id-hash';

const DEFAULT_SALT = 'default-hash-seed';

/** Keeps a share of all traces, chosen by a hash of the trace id. */
export const probabilistic: PolicyFactory<'probabilistic'> = (settings) => {
  const { hashSalt, samplingPercentage } = settings.probabilistic;
  const share = samplingPercentage / 100;
  const hash = new TraceIdHash(hashSalt === '' ? DEFAULT_SALT : hashSalt);
  const threshold = thresholdOf(share);
  return decideBy(
    (words, trace) => hash.isAtMost(threshold, words, trace),
    1 - Math.min(1, Math.max(0, share)));
};
