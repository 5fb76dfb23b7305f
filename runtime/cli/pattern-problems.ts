/**
 * Patterns of policies that are none of RE2. Its engine is a part of the runtime alone, so what
 * reads configurations everywhere cannot ask it.
 */
import {
  problem, type CollectorReading, type CollectorSettings, type Path, type PolicySettings,
  type Problem, type TailSamplingSettings,
} from '../config';
import { messageOf } from '../errors';
import { compilePattern } from '../processors/tail-sampling/policies/string-attribute';

/** The same reading, in which patterns that the engine does not take are mistakes. */
export function withPatternProblems(reading: CollectorReading): CollectorReading {
  const problems = reading.settings === undefined ? [] : patternProblems(reading.settings);
  if (problems.length === 0) return reading;
  return { warnings: reading.warnings, problems: [...reading.problems, ...problems] };
}

function patternProblems({ processors }: CollectorSettings): Problem[] {
  return [...processors].flatMap(([id, { type, settings }]) => type !== 'tail_sampling' ? []
    : inside(['processors', id, 'policies'], (settings as TailSamplingSettings).policies));
}

function inside(at: Path, policies: readonly PolicySettings[]): Problem[] {
  return policies.flatMap((policy, index) => ofPolicy([...at, index], policy));
}

function ofPolicy(at: Path, policy: PolicySettings): Problem[] {
  switch (policy.type) {
    case 'and': return inside([...at, 'and', 'and_sub_policy'], policy.and.andSubPolicy);
    case 'not': return ofPolicy([...at, 'not', 'not_sub_policy'], policy.not.notSubPolicy);
    case 'drop': return inside([...at, 'drop', 'drop_sub_policy'], policy.drop.dropSubPolicy);
    case 'composite': return inside(
      [...at, 'composite', 'composite_sub_policy'], policy.composite.compositeSubPolicy);
    case 'string_attribute': return policy.stringAttribute.enabledRegexMatching
      ? ofValues([...at, 'string_attribute', 'values'], policy.stringAttribute.values) : [];
    default: return [];
  }
}

function ofValues(at: Path, values: readonly string[]): Problem[] {
  return values.flatMap((value, index) => {
    try {
      compilePattern(value);
      return [];
    } catch (error) {
      return [problem([...at, index], messageOf(error))];
    }
  });
}
