import type { Chart } from 'cdk8s';
import { exportTo, policies, raw } from './props';
import { tiersOf } from './tiers';
import { CollectorImage, SamplingPolicy, StatusCode, TailSamplingGateway } from '../../../src';
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

function rawly(type: string, settings: object, image = plain.image): string[] {
  const processors = {
    ...plain.data.processors, tail_sampling: { policies: [{ name: 'p', type, [type]: settings }] },
  };
  return policyNeverMatches({ ...plain, image, data: { ...plain.data, processors } }, [plain]);
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

const all = { name: 'all', type: 'always_sample' };
const none = { name: 'none', type: 'probabilistic', probabilistic: { sampling_percentage: 0 } };

function composite(inside: readonly object[], percents: object, total = 100) {
  const allocation = Object.entries(percents).map(([policy, percent]) => ({ policy, percent }));
  return {
    max_total_spans_per_second: total,
    composite_sub_policy: inside,
    rate_allocation: allocation,
  };
}

const AT = 'processors.tail_sampling.policies[0]:';
const MEND = '→ mend number 1 of the `policies`, or remove it.';

test.each([
  ['a sub policy that matches nothing', composite([all, none], { all: 50, none: 50 }),
    'must match some trace, got sampling_percentage 0.'],
  ['a share of 0 percent', composite([all], { all: 0 }), 'must give each sub policy a share that is'
    + ' one, got percent 0 for "all", which stands for an equal share.'],
  ['a share of less than a span', composite([all], { all: 5 }, 10),
    'must match some trace, got less than one of 10 spans per second for "all".'],
])('a composite policy with %s is told', (_, settings, sentence) => {
  expect(rawly('composite', settings)).toEqual([`${AT} ${sentence}\n${MEND}`]);
});

test.each([
  ['0.159.0', 0], ['0.158.0', 1],
])('v%s tells of a sub policy without a share %i times', (version, times) => {
  const image = CollectorImage.contrib(version);
  expect(rawly('composite', composite([all], {}), image)).toHaveLength(times);
  expect(rawly('composite', composite([all], { all: 100 }), image)).toEqual([]);
});
