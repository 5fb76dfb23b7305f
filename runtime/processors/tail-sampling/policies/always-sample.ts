import { SAMPLED, type PolicyFactory } from './policy';

/** Keeps every trace. */
export const alwaysSample: PolicyFactory<'always_sample'> = () => ({
  strictness: 0,
  decide: () => SAMPLED,
});
