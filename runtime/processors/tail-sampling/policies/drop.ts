import { allSample } from './and';
import { DROPPED, NOT_SAMPLED, type PolicyFactory } from './policy';
import { ALWAYS } from '../../../otlp/sampling-threshold';

/** Drops traces that all of its policies would keep, and says nothing about all others. */
export const drop: PolicyFactory<'drop'> = (settings, { create }) => {
  const policies = settings.drop.dropSubPolicy.map(create);
  return {
    threshold: ALWAYS,
    decide: (words, trace) => allSample(policies, words, trace) ? DROPPED : NOT_SAMPLED,
  };
};
