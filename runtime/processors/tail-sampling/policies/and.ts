import { NOT_SAMPLED, SAMPLED, type Policy, type PolicyFactory } from './policy';

/** Whether all of `policies` keep the trace. The first one that does not is the last one asked. */
export function allSample(
  policies: readonly Policy[], words: Int32Array, trace: number,
): boolean {
  for (let i = 0; i < policies.length; i += 1) {
    if (policies[i].decide(words, trace) !== SAMPLED) return false;
  }
  return true;
}

/** Keeps traces that all of its policies keep. */
export const and: PolicyFactory<'and'> = (settings, { create }) => {
  const policies = settings.and.andSubPolicy.map(create);
  return {
    strictness: Math.max(0, ...policies.map(({ strictness }) => strictness)),
    decide: (words, trace) => allSample(policies, words, trace) ? SAMPLED : NOT_SAMPLED,
  };
};
