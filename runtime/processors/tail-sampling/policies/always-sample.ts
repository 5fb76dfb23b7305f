import { SAMPLED, type PolicyFactory } from './policy';
import { ALWAYS } from '../../../otlp/sampling-threshold';

/** Keeps every trace. */
export const alwaysSample: PolicyFactory<'always_sample'> = () => ({
  threshold: ALWAYS,
  decide: () => SAMPLED,
});
