import { NOT_SAMPLED, SAMPLED, type PolicyFactory } from './policy';
import { ALWAYS } from '../../../otlp/sampling-threshold';

/** Keeps traces that its policy does not keep. */
export const not: PolicyFactory<'not'> = (settings, { create }) => {
  const policy = create(settings.not.notSubPolicy);
  return {
    threshold: ALWAYS,
    decide: (words, trace) => policy.decide(words, trace) === SAMPLED ? NOT_SAMPLED : SAMPLED,
  };
};
