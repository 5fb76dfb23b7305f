import type { Chart } from 'cdk8s';
import { exportTo, policies, raw } from './props';
import { tiersOf } from './tiers';
import { SamplingPolicy, StatusCode, TailSamplingGateway } from '../../../src';
import { policyNeverMatches } from '../../../src/graph/checks/policy-never-matches';
import { complaints } from '../../synthesized';

function sampler(given: readonly SamplingPolicy[]) {
  return complaints((chart: Chart) => {
    new TailSamplingGateway(chart, 'sampler', { exportTo, policies: [...given] });
  });
}

const spans = (minSpans: number, maxSpans: number) =>
  SamplingPolicy.spanCount('n', { minSpans, maxSpans });
const share = (samplingPercentage: number) =>
  SamplingPolicy.probabilistic('p', { samplingPercentage });
const texts = (values: string[], options: object = {}) =>
  SamplingPolicy.stringAttribute('s', { key: 'k', values, ...options });
const rate = (spansPerSecond: number) => SamplingPolicy.rateLimiting('r', { spansPerSecond });

test.each([
  ['sampling_percentage 0', share(0)],
  ['spans_per_second 0', rate(0)],
  ['values that are all empty', texts(['', ''])],
  ['the opposite of always_sample', SamplingPolicy.not('x', policies[0])],
  ['10 spans at least and 5 at most', SamplingPolicy.and('a', [spans(10, 0), spans(0, 5)])],
  ['sampling_percentage 0', SamplingPolicy.and('a', [policies[0], share(0)])],
  ['values that are all empty', SamplingPolicy.drop('d', [texts([''])])],
  ['string_attribute and its opposite',
    SamplingPolicy.and('a', [texts(['v']), SamplingPolicy.not('n', texts(['v']))])],
])('%s matches no trace', (got, policy) => {
  expect(sampler([...policies, policy])).toEqual([
    `[telemetry/sampler] processors.tail_sampling.policies[1]: must match some trace, got ${got}.`
    + ' → mend number 2 of the `policies`, or remove it.',
  ]);
});

test.each([
  ['a small share', share(0.01)],
  ['a rate', rate(1)],
  ['an empty pattern', texts([''], { enabledRegexMatching: true })],
  ['anything but the empty text', texts([''], { invertMatch: true })],
  ['what is not a share of nothing', SamplingPolicy.not('n', share(0))],
  ['a range of spans', SamplingPolicy.and('a', [spans(5, 0), spans(0, 10)])],
  ['traces with spans of either kind', SamplingPolicy.and('a', [
    SamplingPolicy.statusCode('e', { statusCodes: [StatusCode.ERROR] }),
    SamplingPolicy.statusCode('o', { statusCodes: [StatusCode.OK] }),
  ])],
  ['one text and not another',
    SamplingPolicy.and('a', [texts(['v']), SamplingPolicy.not('n', texts(['w']))])],
])('%s may match', (_, policy) => {
  expect(sampler([policy])).toEqual([]);
});

const [plain] = tiersOf((chart) => {
  new TailSamplingGateway(chart, 'sampler', { exportTo, policies, ...raw('exporters: {}') });
});

function rawly(type: string, settings: object): string[] {
  const processors = {
    ...plain.data.processors, tail_sampling: { policies: [{ name: 'p', type, [type]: settings }] },
  };
  return policyNeverMatches({ ...plain, data: { ...plain.data, processors } }, [plain]);
}

test.each([
  ['latency', { threshold_ms: 500, upper_threshold_ms: 500 }, 1],
  ['latency', { threshold_ms: 500, upper_threshold_ms: 501 }, 0],
  ['latency', { threshold_ms: 500 }, 0],
  ['numeric_attribute', { key: 'k', min_value: 9, max_value: 3 }, 1],
  ['numeric_attribute', { key: 'k', min_value: 9, max_value: 3, invert_match: true }, 0],
  ['numeric_attribute', { key: 'k', max_value: -3 }, 0],
  ['span_count', { min_spans: 9, max_spans: 3 }, 1],
  ['status_code', { status_codes: [] }, 1],
  ['bytes_limiting', {}, 1],
  ['composite', { max_total_spans_per_second: 0 }, 1],
  ['ottl_condition', { span: ['true'] }, 0],
])('in raw configuration %s with %j is told %i times', (type, settings, times) => {
  expect(rawly(type, settings)).toHaveLength(times);
});
