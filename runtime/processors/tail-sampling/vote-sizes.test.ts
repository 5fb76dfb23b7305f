/** Votes by the spans and bytes of the traces, and the size of a trace. */
import type { RawConfig } from '../../testing/oracle-traces';
import { encodeProto } from '../../testing/otlp-proto';
import { decodeTraces, spans, type TestSpan } from '../../testing/span-builder';
import { running } from '../../testing/tail-sampler';

const UPSTREAM = 'otelcol_processor_tail_sampling_';
const ALL = { name: 'all', type: 'always_sample' };
const ERRORS = { name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } };
const DROP = { name: 'drop', type: 'drop', drop: { drop_sub_policy: [ERRORS] } };
const SPANS = 'metricstatcountspanssampled';
const BYTES = 'metricstatcountbytessampled';

const FAILED: readonly TestSpan[] = [{ trace: 'a', status: 'error' }, { trace: 'a' }];
const LATER: readonly TestSpan[] = [{ trace: 'a', service: 'shop' }];
const WELL: readonly TestSpan[] = [{ trace: 'b' }, { trace: 'b' }, { trace: 'b' }];

/** What upstream calls the size of a trace: that of its entries, without the fields around them. */
function sizeOf(...requests: (readonly TestSpan[])[]): number {
  return requests.flatMap((list) => decodeTraces(spans(list)).resourceSpans ?? [])
    .reduce((sum, entry) => sum + encodeProto('ResourceSpans', withBytes(entry)).length, 0);
}

function withBytes(entry: object): object {
  return JSON.parse(JSON.stringify(entry), (key, value: unknown) =>
    /^(trace|span|parentSpan)Id$/.test(key) ? Buffer.from(String(value), 'hex') : value) as object;
}

async function votes(config: RawConfig) {
  const { context: { clock, metrics }, give } =
    await running({ decision_wait: '1s', ...config }, 'tail_sampling/eu');
  give(FAILED);
  give(LATER);
  give(WELL);
  await clock.advance(2000);
  return (what: string, policy: string, decision: string): number | undefined =>
    metrics.value(`${UPSTREAM}count_${what}_sampled`,
      { policy: `eu.${policy}`, decision, sampled: String(decision === 'sampled') });
}

describe('votes are counted by spans and bytes', () => {
  test('as well as by traces, where both are asked for', async () => {
    const count = await votes({ policies: [ALL, ERRORS], [SPANS]: true, [BYTES]: true });
    const bytes = [sizeOf(FAILED, LATER), sizeOf(WELL)];
    expect([count('traces', 'errors', 'sampled'), count('traces', 'errors', 'not_sampled')])
      .toEqual([1, 1]);
    expect([count('spans', 'errors', 'sampled'), count('spans', 'errors', 'not_sampled')])
      .toEqual([3, 3]);
    expect([count('bytes', 'errors', 'sampled'), count('bytes', 'errors', 'not_sampled')])
      .toEqual(bytes);
    expect(count('spans', 'all', 'sampled')).toBe(6);
    expect(count('bytes', 'all', 'sampled')).toBe(bytes[0] + bytes[1]);
  });

  test('of policies that drop, too', async () => {
    const count = await votes({ policies: [ALL, DROP], [SPANS]: true, [BYTES]: true });
    expect([count('spans', 'drop', 'dropped'), count('spans', 'drop', 'not_sampled')])
      .toEqual([3, 3]);
    expect([count('spans', 'all', 'sampled'), count('bytes', 'all', 'sampled')])
      .toEqual([3, sizeOf(WELL)]);
  });

  test.each([[SPANS, 6, undefined], [BYTES, undefined, sizeOf(FAILED, LATER, WELL)]])(
    'where %s asks for it, and not otherwise', async (key, spanCount, byteCount) => {
      const count = await votes({ policies: [ALL], [key]: true });
      expect([count('spans', 'all', 'sampled'), count('bytes', 'all', 'sampled')])
        .toEqual([spanCount, byteCount]);
      expect(count('traces', 'all', 'sampled')).toBe(2);
    });

  test('with span-ingest each time that spans come, by all that came so far', async () => {
    const count = await votes({
      sampling_strategy: 'span-ingest', policies: [ERRORS], [SPANS]: true, [BYTES]: true,
    });
    expect([count('spans', 'errors', 'sampled'), count('spans', 'errors', 'not_sampled')])
      .toEqual([2, 3]);
  });
});

test('a trace is too large by what is in its entries, not by the fields around them', async () => {
  const { context: { metrics }, give } = await running({
    decision_wait: '1s', policies: [ALL], maximum_trace_size_bytes: sizeOf(FAILED, LATER),
  });
  const given = (): number | undefined => metrics.value(`${UPSTREAM}traces_dropped_too_large`);
  give(FAILED);
  give(LATER);
  expect(given()).toBe(0);
  give([{ trace: 'a' }]);
  expect(given()).toBe(1);
});
