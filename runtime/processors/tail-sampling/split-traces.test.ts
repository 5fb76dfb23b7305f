import { running } from '../../testing/tail-sampler';

const SPLIT = 'otelgw_tail_sampling_split_traces';
const CONFIG = { decision_wait: '1s', policies: [{ name: 'all', type: 'always_sample' }] };
const root = { trace: 'a', span: 'root' };

test.each([
  ['a whole trace', [root, { trace: 'a', span: 'c1', parent: 'root' },
    { trace: 'a', span: 'c2', parent: 'c1' }, { trace: 'a', span: 'c3', parent: 'root' }], [0, 0]],
  ['spans in any order', [{ trace: 'a', span: 'c2', parent: 'c1' },
    { trace: 'a', span: 'c1', parent: 'root' }, root], [0, 0]],
  ['no root', [{ trace: 'a', span: 'c1', parent: 'root' }], [1, 0]],
  ['a parent that did not come', [root, { trace: 'a', span: 'c2', parent: 'c1' }], [0, 1]],
])('%s is told apart when it is decided', async (_name, list, [roots, parents]) => {
  const { context: { clock, metrics }, give } = await running(CONFIG);
  for (const span of list) give([span]);
  await clock.advance(2000);
  const count = (sign: string): number =>
    metrics.value(SPLIT, { sign, reason: 'decision_wait' }) ?? 0;
  expect([count('no_root'), count('orphan_parent')]).toEqual([roots, parents]);
});

test('why it was decided says where the rest may be', async () => {
  const { context: { clock, metrics }, sampler, give } =
    await running({ ...CONFIG, decision_wait: '9s', decision_wait_after_root_received: '1s' });
  give([root, { trace: 'a', span: 'c2', parent: 'c1' }]);
  await clock.advance(2000);
  give([{ trace: 'b', span: 'c', parent: 'root' }]);
  await sampler.stop();
  expect(metrics.value(SPLIT, { sign: 'orphan_parent', reason: 'root_received' })).toBe(1);
  expect(metrics.value(SPLIT, { sign: 'no_root', reason: 'shutdown' })).toBe(1);
});

test('most traces are found that lack one span of ten, and none that lacks none', async () => {
  const { context: { clock, metrics }, give } = await running(CONFIG);
  const id = (trace: number, span: number): string =>
    (BigInt(trace + 1) * 0x9e37_79b9_7f4a_7c15n * BigInt(span + 1)).toString(16)
      .padStart(16, '0').slice(-16);
  for (let trace = 0; trace < 500; trace += 1) {
    const list = Array.from({ length: 10 }, (_, i) => ({
      trace: `t${trace}`, span: id(trace, i), ...i > 0 && { parent: id(trace, i - 1) },
    }));
    give(list.filter((_, i) => trace % 2 === 0 || i !== 4));
  }
  await clock.advance(2000);
  const found = metrics.value(SPLIT, { sign: 'orphan_parent', reason: 'decision_wait' });
  expect(found).toBeGreaterThan(200);
  expect(found).toBeLessThanOrEqual(250);
});

test('nothing is counted when nobody asks', async () => {
  const { context: { clock, metrics }, give } =
    await running({ ...CONFIG, detect_split_traces: false });
  give([{ trace: 'a', span: 'c', parent: 'root' }]);
  await clock.advance(2000);
  expect(metrics.value(SPLIT)).toBeUndefined();
});
