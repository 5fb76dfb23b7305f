import type { PolicySettings } from '../config';
import { expectDecision } from './policy-expectation';
import type { PlannedSpan, PlannedTrace } from './trace-plan';

const span = (given: Partial<PlannedSpan>): PlannedSpan => ({
  spanId: '01',
  parent: -1,
  service: 0,
  name: 'x',
  startMs: 0,
  durationMs: 100,
  isError: false,
  attributes: { text: 'abc', number: 7, flag: true },
  ...given,
});

const trace: PlannedTrace = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spans: [span({}), span({ startMs: 50, durationMs: 150, isError: true })],
};

const sub = (policy: Record<string, unknown>): PolicySettings =>
  ({ name: 'p', ...policy }) as unknown as PolicySettings;

const always = sub({ type: 'always_sample' });
const never = sub({ type: 'latency', latency: { thresholdMs: 999, upperThresholdMs: 0 } });
const limited = sub({ type: 'rate_limiting', rateLimiting: { spansPerSecond: 1 } });

function decide(...policies: PolicySettings[]): ReturnType<typeof expectDecision> {
  const settings = { policies } as unknown as Parameters<typeof expectDecision>[0];
  return expectDecision(settings, trace);
}

describe('what a policy must say', () => {
  test.each([
    ['latency below', { type: 'latency', latency: { thresholdMs: 199, upperThresholdMs: 0 } },
      'sampled'],
    ['latency, which is exclusive',
      { type: 'latency', latency: { thresholdMs: 200, upperThresholdMs: 0 } }, 'not sampled'],
    ['latency above its upper bound',
      { type: 'latency', latency: { thresholdMs: 1, upperThresholdMs: 199 } }, 'not sampled'],
    ['status_code', { type: 'status_code', statusCode: { statusCodes: ['ERROR'] } }, 'sampled'],
    ['status_code of none', { type: 'status_code', statusCode: { statusCodes: ['OK'] } },
      'not sampled'],
    // Upstream's hash of this id is a54533ba2e4970b5: above 50 %, below 66.6 %.
    ['probabilistic above the hash',
      { type: 'probabilistic', probabilistic: { hashSalt: '', samplingPercentage: 66.6 } },
      'sampled'],
    ['probabilistic below the hash',
      { type: 'probabilistic', probabilistic: { hashSalt: '', samplingPercentage: 50 } },
      'not sampled'],
    ['span_count', { type: 'span_count', spanCount: { minSpans: 2, maxSpans: 2 } }, 'sampled'],
    ['string_attribute', {
      type: 'string_attribute',
      stringAttribute: {
        key: 'text', values: ['^a'], enabledRegexMatching: true, invertMatch: false,
      },
    }, 'sampled'],
    ['numeric_attribute', {
      type: 'numeric_attribute',
      numericAttribute: { key: 'number', minValue: 7, maxValue: 0, invertMatch: false },
    }, 'sampled'],
    ['boolean_attribute', {
      type: 'boolean_attribute', booleanAttribute: { key: 'flag', value: true, invertMatch: true },
    }, 'not sampled'],
    ['rate_limiting', { type: 'rate_limiting' }, undefined],
    ['and', { type: 'and', and: { andSubPolicy: [always, never] } }, 'not sampled'],
    ['and with what depends on more', { type: 'and', and: { andSubPolicy: [always, limited] } },
      undefined],
    ['not', { type: 'not', not: { notSubPolicy: never } }, 'sampled'],
    ['drop', { type: 'drop', drop: { dropSubPolicy: [always] } }, 'dropped'],
  ])('%s', (_what, policy, vote) => {
    expect(decide(sub(policy)).votes).toEqual([vote]);
  });

  test.each([
    ['keeps it when one policy does', [never, always], true],
    ['does not keep it when none does', [never], false],
    ['does not keep it when a policy drops it',
      [always, sub({ type: 'drop', drop: { dropSubPolicy: [always] } })], false],
    ['cannot know when only a limit could keep it', [never, limited], undefined],
    ['keeps it whatever a limit says when another policy does', [limited, always], true],
  ])('about a trace %s', (_what, policies, isKept) => {
    expect(decide(...policies).isKept).toBe(isKept);
  });
});
