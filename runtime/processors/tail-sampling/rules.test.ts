import { tailSettings } from '../../testing/oracle-traces';
import { running } from '../../testing/tail-sampler';

const ALL = { name: 'all', type: 'always_sample' };
const ERRORS = {
  name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] },
};
const LONG = { name: 'long', type: 'latency', latency: { threshold_ms: 100 } };
const KEYED = (key: string, value: string) => ({
  name: `${key}=${value}`, type: 'string_attribute', string_attribute: { key, values: [value] },
});
const CONFIG = { decision_wait: '2s', policies: [ERRORS] };

test('other policies decide what was held before, on all of its spans', async () => {
  const { context: { clock }, sampler, give, sent } = await running(CONFIG);
  give([{ trace: 'a', attributes: { k: 'v' } }, { trace: 'b', status: 'error' }]);
  give([{ trace: 'c', ms: 5 }, { trace: 'd', service: 'cart' }]);
  const policies = [KEYED('k', 'v'), KEYED('service.name', 'cart'), LONG];
  sampler.reconfigure?.(tailSettings({ ...CONFIG, policies }))();
  give([{ trace: 'c', ms: 200 }, { trace: 'e', status: 'error' }, { trace: 'a' }]);
  await clock.advance(3000);
  expect(sent()).toEqual(['a', 'a', 'c', 'c', 'd']);
});

test('policies can change again and again, and back', async () => {
  const { context: { clock }, sampler, give, sent } = await running(CONFIG);
  give([{ trace: 'a', status: 'error' }, { trace: 'b', attributes: { k: 'v' } }]);
  for (const policies of [[KEYED('k', 'v')], [ALL], [ERRORS]]) {
    sampler.reconfigure?.(tailSettings({ ...CONFIG, policies }))();
    give([{ trace: 'a' }]);
  }
  await clock.advance(3000);
  expect(sent()).toEqual(['a', 'a', 'a', 'a']);
});

test('span-ingest asks the new ones about the spans that come', async () => {
  const config = { ...CONFIG, sampling_strategy: 'span-ingest' };
  const { context: { clock }, sampler, give, sent } = await running(config);
  give([{ trace: 'a', attributes: { k: 'v' } }, { trace: 'b' }]);
  sampler.reconfigure?.(tailSettings({ ...config, policies: [KEYED('k', 'v')] }))();
  give([{ trace: 'b', attributes: { k: 'v' } }, { trace: 'a' }]);
  await clock.advance(0);
  expect(sent()).toEqual(['b', 'b']);
});

test('roots still count while old traces wait', async () => {
  const config = { ...CONFIG, decision_wait: '30s', decision_wait_after_root_received: '1s' };
  const { context: { clock }, sampler, give, sent } = await running(config);
  give([{ trace: 'a', span: 'child', parent: 'root', status: 'error' }]);
  sampler.reconfigure?.(tailSettings({ ...config, policies: [ALL] }))();
  give([{ trace: 'a', span: 'root' }]);
  await clock.advance(2000);
  expect(sent()).toEqual(['a', 'a']);
});

test.each([
  ['another decision_wait', { decision_wait: '5s' }],
  ['another max_bytes', { max_bytes: 5_000_000 }],
  ['another sample_on_first_match, usetracestate',
    { usetracestate: true, sample_on_first_match: true }],
])('%s needs a restart', async (what, change) => {
  const { sampler } = await running(CONFIG);
  expect(() => sampler.reconfigure?.(tailSettings({ ...CONFIG, ...change }))).toThrow(
    `processors.tail_sampling: must be what it was but for its policies, got ${what}`);
});

test('more questions than a record has room for need a restart', async () => {
  const { context: { clock }, sampler, give, sent } = await running(CONFIG);
  const policies = Array.from({ length: 65 }, (_, i) => KEYED('k', String(i)));
  expect(() => sampler.reconfigure?.(tailSettings({ ...CONFIG, policies }))).toThrow(
    'policies: must ask at most 64 questions without a restart, got more');
  give([{ trace: 'a', status: 'error' }]);
  await clock.advance(3000);
  expect(sent()).toEqual(['a']);
});
