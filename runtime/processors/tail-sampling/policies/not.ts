import { NOT_SAMPLED, SAMPLED, type PolicyFactory } from './policy';

/** Keeps traces that its policy does not keep. */
export const not: PolicyFactory<'not'> = (settings, { create }) => {
  const policy = create(settings.not.notSubPolicy);
  return {
    strictness: 0,
    decide: (words, trace) => policy.decide(words, trace) === SAMPLED ? NOT_SAMPLED : SAMPLED,
  };
};
