import type { PolicySettings } from '../../../config';
import { inCollectorOrder } from '../../../testing/collector-order';
import { oracleLines } from '../../../testing/oracle-lines';
import {
  isPolicyHere, policySettings, traceRequest, type RawConfig,
} from '../../../testing/oracle-traces';
import { encodeProto } from '../../../testing/otlp-proto';
import { PolicyJudge } from '../../../testing/policy-judge';
import { spans, traceIdOf, type TestSpan } from '../../../testing/span-builder';

interface PolicyLine {
  readonly policy: RawConfig;
  readonly decisions?: Readonly<Record<string, string>>;
  readonly build_error?: string;
}
interface TraceLine {
  readonly trace: string;
  readonly otlp: object;
}
interface LimiterLine {
  readonly case: string;
  readonly policy: RawConfig;
  readonly steps: readonly {
    readonly at_ms: number;
    readonly spans: number;
    readonly bytes: number;
    readonly k?: string;
    readonly decision: string;
  }[];
}

const TRACES = oracleLines<TraceLine>('tail_traces')
  .map(({ trace, otlp }) => ({ trace, bytes: traceRequest(otlp) }));
const LINES = oracleLines<PolicyLine>('tail_policies');
const POLICIES = LINES.filter(({ policy, decisions }) =>
  decisions !== undefined && isPolicyHere(policy));
const LIMITERS = oracleLines<LimiterLine>('tail_limiters')
  .filter(({ policy }) => isPolicyHere(policy));

test('the oracle has traces, policies and limiters to compare with', () => {
  expect([TRACES.length, POLICIES.length, LIMITERS.length]).toEqual([57, 49, 9]);
});

test('all policies of the oracle are here but those with OTTL and those that are broken', () => {
  const others = LINES.filter((line) => !POLICIES.includes(line));
  expect(others.filter(({ policy, decisions }) =>
    decisions !== undefined && !JSON.stringify(policy).includes('"ottl_condition"'))).toEqual([]);
});

test.each(POLICIES.map((line) => [JSON.stringify(line.policy), line] as const))(
  'upstream decides as %s does about every trace', (_name, { policy, decisions }) => {
    const ours = Object.fromEntries(TRACES.map(({ trace, bytes }) =>
      [trace, new PolicyJudge(policySettings(policy)).decide(bytes)]));
    expect(ours).toEqual(decisions);
    const lastFirst = Object.fromEntries(TRACES.map(({ trace, bytes }) => {
      const turned = inCollectorOrder('ExportTraceServiceRequest', bytes);
      return [trace, new PolicyJudge(policySettings(policy)).decide(turned)];
    }));
    expect(lastFirst).toEqual(decisions);
  });

test.each(LIMITERS.map((line) => [line.case, line] as const))(
  'upstream limits as ours does: %s', async (_name, { policy, steps }) => {
    const judge = new PolicyJudge(policySettings(policy));
    const ours: string[] = [];
    let now = 0;
    for (const { at_ms: at, spans: count, bytes, k } of steps) {
      await judge.clock.advance(at - now);
      now = at;
      const span: TestSpan = { trace: 't', attributes: k === undefined ? {} : { k } };
      const request = spans(Array.from({ length: count }, () => span));
      ours.push(judge.decideAbout(judge.held([request], { bytes })));
    }
    expect(ours).toEqual(steps.map(({ decision }) => decision));
  });

test('a pattern that RE2 does not know is refused by name', () => {
  const line = LINES.find(({ build_error: error }) => error?.startsWith('invalid regex'));
  expect(() => new PolicyJudge(policySettings((line as PolicyLine).policy)))
    .toThrow('must be a regular expression of RE2, got "(?=x)"');
});

const stringPolicy = (values: string[], more: RawConfig = {}): PolicySettings => policySettings({
  name: 'p', type: 'string_attribute', string_attribute: { key: 'http.route', values, ...more },
});
const numeric = (min: number, max: number): PolicySettings => policySettings({
  name: 'p',
  type: 'numeric_attribute',
  numeric_attribute: { key: 'n', min_value: min, max_value: max },
});
const latencyOf = (threshold: number, upper = 0): PolicySettings => policySettings({
  name: 'p', type: 'latency', latency: { threshold_ms: threshold, upper_threshold_ms: upper },
});

const CASES: readonly [string, PolicySettings, readonly TestSpan[][], string][] = [
  ['an attribute in a later request counts', stringPolicy(['/a']),
    [[{ trace: 't' }], [{ trace: 't', attributes: { 'http.route': '/a' } }]], 'sampled'],
  ['a name that only begins alike does not count', stringPolicy(['/a']),
    [[{ trace: 't', attributes: { 'http.rout': '/a', 'http.routes': '/a', 'http.routX': '/a' } }]],
    'not_sampled'],
  ['a pattern is searched anywhere', stringPolicy(['\\d{3}'], { enabled_regex_matching: true }),
    [[{ trace: 't', attributes: { 'http.route': '/order/123/items' } }]], 'sampled'],
  ['letters beyond ASCII are compared as UTF-8', stringPolicy(['/größe']),
    [[{ trace: 't', attributes: { 'http.route': '/größe' } }]], 'sampled'],
  ['one of many values is found', stringPolicy(Array.from({ length: 500 }, (_, i) => `/${i}`)),
    [[{ trace: 't', attributes: { 'http.route': '/499' } }]], 'sampled'],
  ['a number of 64 bits is no small one', numeric(1, 4096),
    [[{ trace: 't', attributes: { n: 2n ** 32n + 5n } }]], 'not_sampled'],
  ['a negative number is below zero', numeric(-10, -1),
    [[{ trace: 't', attributes: { n: -5 } }]], 'sampled'],
  ['a duration is from the first start to the last end over requests', latencyOf(1000),
    [[{ trace: 't', startMs: 2000, ms: 400 }], [{ trace: 't', startMs: 1300, ms: 10 }]],
    'sampled'],
  ['a trace that was in the range for a while stays in it', latencyOf(100, 200),
    [[{ trace: 't', ms: 150 }], [{ trace: 't', ms: 5000 }]], 'sampled'],
];

test.each(CASES)('%s', (_name, settings, requests, decision) => {
  expect(new PolicyJudge(settings).decide(...requests.map((list) => spans(list)))).toBe(decision);
});

const NOW = 1_700_000_000_000_000_000n;

/** A trace whose spans have these starts and ends in nanoseconds, without a sign. */
function lasting(...times: readonly (readonly [bigint, bigint])[]): Buffer {
  const list = times.map(([start, end]) => ({
    traceId: traceIdOf('t'), startTimeUnixNano: `${start}`, endTimeUnixNano: `${end}`,
  }));
  return encodeProto('ExportTraceServiceRequest', {
    resourceSpans: [{ scopeSpans: [{ spans: list }] }],
  });
}

test.each([
  ['a span that ends at -1, as one that has not ended, makes no trace long',
    [[NOW, 2n ** 64n - 1n]], 'not_sampled'],
  ['a span that ends at the least of all times makes no trace long',
    [[NOW, 2n ** 63n]], 'not_sampled'],
  ['a span that begins at the least of all times makes a trace long',
    [[2n ** 63n, NOW]], 'sampled'],
  ['a span that ends before it begins makes no trace long', [[NOW, NOW - 1n]], 'not_sampled'],
] as const)('%s', (_name, times, decision) => {
  expect(new PolicyJudge(latencyOf(1000)).decide(lasting(...times))).toBe(decision);
});

test('forty policies have forty answers', () => {
  const codes = Array.from({ length: 40 }, (_, i) => stringPolicy([`/${i}`]));
  const all = policySettings({ name: 'all', type: 'and', and: { and_sub_policy: [] } });
  const settings = { ...all, and: { andSubPolicy: codes } } as PolicySettings;
  const list = codes.map((_, i): TestSpan =>
    ({ trace: 't', attributes: { 'http.route': `/${i}` } }));
  expect(new PolicyJudge(settings).decide(spans(list))).toBe('sampled');
  expect(new PolicyJudge(settings).decide(spans(list.slice(1)))).toBe('not_sampled');
});
