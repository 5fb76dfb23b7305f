/**
 * Names in a composite policy that none of its policies has are taken, as upstream, and told.
 */
import { problemReport, readCollectorConfig, tailSamplingProcessor } from '../../src/config';

function composite(order: readonly string[], shares: readonly string[], names = ['slow', 'rest']) {
  return {
    policies: [{
      name: 'both',
      type: 'composite',
      composite: {
        max_total_spans_per_second: 10,
        policy_order: order,
        rate_allocation: shares.map((policy) => ({ policy, percent: 40 })),
        composite_sub_policy: names.map((name) => ({ name, type: 'always_sample' })),
      },
    }],
  };
}

const AT = 'processors.tail_sampling.policies[0].composite';
const NONE = 'names none of composite_sub_policy (slow, rest), got';

test.each<[string, ReturnType<typeof composite>, readonly string[]]>([
  ['right', composite(['rest', 'slow'], ['slow', 'rest']), []],
  ['no names', composite([], []), []],
  ['a share', composite(['slow'], ['slow', 'slwo']),
    [`${AT}.rate_allocation[1].policy: ${NONE} "slwo" (did you mean slow?)`]],
  ['an order', composite(['other', 'slow'], []), [`${AT}.policy_order[0]: ${NONE} "other"`]],
  ['both', composite(['resd', 'slow'], ['resd']), [
    `${AT}.policy_order[0]: ${NONE} "resd" (did you mean rest?)`,
    `${AT}.rate_allocation[0].policy: ${NONE} "resd" (did you mean rest?)`,
  ]],
  ['another case', composite([], ['Slow'], ['slow', 'rest']),
    [`${AT}.rate_allocation[0].policy: ${NONE} "Slow" (did you mean slow?)`]],
])('%s', (_, yaml, told) => {
  const { problems, settings, warnings } = tailSamplingProcessor.read(yaml);
  expect(problems).toEqual([]);
  expect(settings?.policies).toHaveLength(1);
  expect(warnings.map((warning) => problemReport([warning]))).toEqual(told);
});

test('a whole configuration tells it once, with its line, beside what else has no effect', () => {
  const text = [
    'receivers: { otlp: { protocols: { grpc: } } }',
    'exporters: { debug: }',
    `processors: { tail_sampling: ${JSON.stringify({
      num_shards: 2, ...composite([], ['slwo']),
    })} }`,
    'service: { pipelines: { traces: { receivers: [otlp], processors: [tail_sampling],',
    '  exporters: [debug] } } }',
  ].join('\n');
  const { settings, warnings } = readCollectorConfig([{ name: 'a.yaml', text }], {});
  expect(settings).toBeDefined();
  expect(problemReport(warnings).split('\n')).toEqual([
    expect.stringMatching(/num_shards: has no effect/) as string,
    `${AT}.rate_allocation[0].policy: ${NONE} "slwo" (did you mean slow?) (a.yaml:3)`,
  ]);
});
