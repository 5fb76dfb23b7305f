import { withPatternProblems } from './pattern-problems';
import { contracts, problemText, readCollectorConfig } from '../config';

const TOO_MANY = 'a{2000}';
const pattern = (value: string, isPattern = true) => ({
  name: 'p',
  type: 'string_attribute',
  string_attribute: { key: 'k', values: ['a+', value], enabled_regex_matching: isPattern },
});

function problemsOf(...policies: object[]): string[] {
  const text = JSON.stringify({
    receivers: { otlp: { protocols: { grpc: {} } } },
    processors: {
      tail_sampling: {
        policies: policies.map((policy, index) => ({ ...policy, name: `p${index}` })),
      },
    },
    exporters: { nop: {} },
    service: {
      pipelines: {
        traces: { receivers: ['otlp'], processors: ['tail_sampling'], exporters: ['nop'] },
      },
    },
  });
  const reading = withPatternProblems(
    readCollectorConfig([{ name: 'a', text }], {}, { contracts }));
  expect(reading.settings === undefined).toBe(reading.problems.length > 0);
  return reading.problems.map(problemText);
}

test.each<[string, string, object]>([
  ['a policy', 'string_attribute', pattern(TOO_MANY)],
  ['and', 'and.and_sub_policy[0].string_attribute',
    { type: 'and', and: { and_sub_policy: [pattern(TOO_MANY)] } }],
  ['not', 'not.not_sub_policy.string_attribute',
    { type: 'not', not: { not_sub_policy: pattern(TOO_MANY) } }],
  ['drop', 'drop.drop_sub_policy[0].string_attribute',
    { type: 'drop', drop: { drop_sub_policy: [pattern(TOO_MANY)] } }],
  ['composite', 'composite.composite_sub_policy[0].and.and_sub_policy[0].string_attribute',
    {
      type: 'composite',
      composite: {
        max_total_spans_per_second: 1,
        composite_sub_policy: [{
          name: 'a', type: 'and', and: { and_sub_policy: [pattern(TOO_MANY)] },
        }],
      },
    }],
])('a pattern of which RE2 makes nothing is told where it stands: %s', (_, where, policy) => {
  expect(problemsOf({ type: 'always_sample' }, policy)).toEqual([
    expect.stringContaining(`processors.tail_sampling.policies[1].${where}.values[1]: must be a `
      + `regular expression of RE2, got "${TOO_MANY}"`),
  ]);
});

test('texts that are no patterns, and patterns of RE2, are none', () => {
  expect(problemsOf(pattern(TOO_MANY, false), pattern('(?P<x>a)|[[:alpha:]]'))).toEqual([]);
});
