import { policySettings } from '../../../testing/oracle-traces';
import { PolicyJudge } from '../../../testing/policy-judge';
import { spans } from '../../../testing/span-builder';

const flagged = (name: string) => ({
  name, type: 'string_attribute', string_attribute: { key: 'k', values: [name] },
});

function judgeOf(more: object): PolicyJudge {
  return new PolicyJudge(policySettings({
    name: 'c',
    type: 'composite',
    composite: {
      max_total_spans_per_second: 10,
      composite_sub_policy: [flagged('a'), { name: 'rest', type: 'always_sample' }],
      rate_allocation: [{ policy: 'a', percent: 40 }, { policy: 'rest', percent: 60 }],
      fair: true,
      ...more,
    },
  }));
}

/** How many traces of one span with this value are kept of twenty. */
function keptOf(judge: PolicyJudge, value: string): number {
  const request = spans([{ trace: 't', attributes: { k: value } }]);
  const decisions = Array.from({ length: 20 }, () => judge.decide(request));
  return decisions.filter((decision) => decision === 'sampled').length;
}

test('what one policy leaves in a second the others have in the next', async () => {
  const judge = judgeOf({});
  expect(keptOf(judge, 'x')).toBe(6);
  await judge.clock.advance(1000);
  expect(keptOf(judge, 'x')).toBe(10);
  await judge.clock.advance(1000);
  expect(keptOf(judge, 'x')).toBe(10);
});

test('over time no more is kept than is allowed', async () => {
  const judge = judgeOf({});
  let kept = 0;
  for (let second = 0; second < 60; second += 1) {
    kept += keptOf(judge, second % 3 === 0 ? 'a' : 'x');
    await judge.clock.advance(1000);
  }
  expect(kept).toBeGreaterThan(60 * 10 * 0.95);
  expect(kept).toBeLessThanOrEqual(60 * 10 + 10);
});

test('a trace that its policy cannot pay for is offered to the next one', () => {
  const judge = judgeOf({});
  expect(keptOf(judge, 'a')).toBe(10);
});

test('policies are asked in the order that policy_order names', () => {
  const judge = judgeOf({ policy_order: ['rest'] });
  expect(keptOf(judge, 'a')).toBe(10);
  const first = judgeOf({ policy_order: ['rest'] });
  first.decide(spans([{ trace: 't', attributes: { k: 'a' } }]));
  expect(first.policy.parts?.[first.policy.keptBy ?? 0]).toBe('rest');
});

test('shares beyond all there is are made to fit', async () => {
  const judge = judgeOf({
    rate_allocation: [{ policy: 'a', percent: 100 }, { policy: 'rest', percent: 100 }],
  });
  let kept = 0;
  for (let second = 0; second < 20; second += 1) {
    kept += keptOf(judge, 'a');
    await judge.clock.advance(1000);
  }
  expect(kept).toBeLessThanOrEqual(20 * 10 + 10);
});

test('what nobody has a share of is there for all', () => {
  const judge = judgeOf({
    rate_allocation: [{ policy: 'a', percent: 10 }, {
      policy: 'rest', percent: 20,
    }],
  });
  expect(keptOf(judge, 'x')).toBe(2 + 7);
});
