import {
  NOT_SAMPLED, SAMPLED, type Policy, type PolicyFactory, type TickBudget,
} from './policy';
import { ALWAYS, isLess, type Word64 } from '../../../otlp/sampling-threshold';

/** Whether all of `policies` keep the trace. The first one that does not is the last one asked. */
export function allSample(
  policies: readonly Policy[], words: Int32Array, trace: number,
): boolean {
  for (let i = 0; i < policies.length; i += 1) {
    if (policies[i].decide(words, trace) !== SAMPLED) return false;
  }
  return true;
}

/** The budgets of `policies`, which are only about traces that all the others keep. */
function budgetOf(policies: readonly Policy[]): TickBudget | undefined {
  const budgets = policies.flatMap(({ budget }) => budget ?? []);
  if (budgets.length === 0) return undefined;
  const others = policies.filter(({ budget }) => budget === undefined);
  return {
    consider: (words, trace) => {
      if (!allSample(others, words, trace)) return;
      for (const budget of budgets) budget.consider(words, trace);
    },
    spend: () => {
      for (const budget of budgets) budget.spend();
    },
    payEach: (does) => {
      for (const budget of budgets) budget.payEach(does);
    },
  };
}

class And implements Policy {
  public readonly budget: TickBudget | undefined;

  public constructor(private readonly policies: readonly Policy[]) {
    this.budget = budgetOf(policies);
  }

  /** That of the strictest one. */
  public get threshold(): Word64 {
    let strictest = ALWAYS;
    for (const { threshold } of this.policies) {
      if (isLess(strictest, threshold)) strictest = threshold;
    }
    return strictest;
  }

  public decide(words: Int32Array, trace: number): number {
    return allSample(this.policies, words, trace) ? SAMPLED : NOT_SAMPLED;
  }
}

/** Keeps traces that all of its policies keep. */
export const and: PolicyFactory<'and'> = (settings, { create }) =>
  new And(settings.and.andSubPolicy.map(create));
