/** Verdicts of other pods: what they write on spans is written here, too. */
import type { VerdictNote } from '../../peers/verdict-note';
import { decodeProto } from '../../testing/otlp-proto';
import { SamplerPool, type PoolSampler } from '../../testing/sampler-pool';
import { numberedSpan, spans } from '../../testing/span-builder';

const HALF = {
  decision_wait: '4s',
  policies: [{ name: 'half', type: 'probabilistic', probabilistic: { sampling_percentage: 50 } }],
};
const CACHES = { decision_cache: { sampled_cache_size: 1000, non_sampled_cache_size: 1000 } };
const NO_CACHES = { decision_cache: { sampled_cache_size: 0, non_sampled_cache_size: 0 } };
const TRACES = Array.from({ length: 60 }, (_, i) => i);
const SPANS = 6;

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}
interface Released {
  readonly trace: string;
  readonly state: string;
  /** Attributes of the scope and of the span, as `key=value`. */
  readonly attributes: readonly string[];
}
interface Request {
  readonly resourceSpans?: readonly {
    readonly scopeSpans?: readonly {
      readonly scope?: { readonly attributes?: readonly Attribute[] };
      readonly spans?: readonly {
        readonly traceId: Uint8Array | string;
        readonly traceState?: string;
        readonly attributes?: readonly Attribute[];
      }[];
    }[];
  }[];
}

let pool: SamplerPool;
afterEach(() => pool.close());

function released(): Released[] {
  return [...pool.samplers, ...pool.ended].flatMap(({ context }) => {
    const request = decodeProto('ExportTraceServiceRequest', context.next.bytes) as Request;
    return (request.resourceSpans ?? []).flatMap(({ scopeSpans = [] }) =>
      scopeSpans.flatMap((scope) => (scope.spans ?? []).map((span) => ({
        trace: String(span.traceId),
        state: span.traceState ?? '',
        attributes: [...scope.scope?.attributes ?? [], ...span.attributes ?? []]
          .map(({ key, value }) => `${key}=${String(Object.values(value)[0])}`),
      }))));
  });
}

/** One span of each trace, each given to the next of the samplers. */
function spread(samplers: readonly PoolSampler[], span: number): void {
  samplers.forEach((sampler, i) => {
    const mine = TRACES.filter((trace) => (trace + span) % samplers.length === i);
    sampler.give(mine.map((trace) => numberedSpan(trace, span)));
  });
}

/** Traces that one sampler decides and another one answers for when late spans come. */
async function changed(config: object): Promise<Released[]> {
  pool = new SamplerPool({ ...HALF, ...config });
  const [a, b] = [await pool.join('10.0.0.1:4317'), await pool.join('10.0.0.2:4317')];
  await pool.clock.advance(30_000);
  spread([a, b], 0);
  await pool.clock.advance(500);
  const c = await pool.join('10.0.0.3:4317');
  spread([b, c, a], 1);
  await pool.clock.advance(500);
  const leaving = pool.leave(a);
  spread([c, b], 2);
  await leaving;
  await pool.clock.advance(5000);
  for (let late = 3; late < SPANS; late += 1) {
    spread(late % 2 === 0 ? [b, c] : [c, b], late);
    await pool.clock.advance(2000);
  }
  return released();
}

const WAYS: [string, object][] = [
  ['thresholds, with caches', { ...CACHES, usetracestate: true }],
  ['policies, with caches', { ...CACHES, recordpolicy: true }],
  ['both, with caches', { ...CACHES, usetracestate: true, recordpolicy: true }],
  ['thresholds, without caches', { ...NO_CACHES, usetracestate: true }],
];

test.each(WAYS)('late spans have the %s of their trace wherever they come', async (_, config) => {
  const all = await changed(config);
  const kept = new Set(all.map(({ trace }) => trace));
  expect(all).toHaveLength(kept.size * SPANS);
  expect(kept.size).toBeGreaterThan(15);
  const told = all.map(({ state, attributes }) =>
    [state, ...attributes.filter((text) => !text.includes('cached_decision'))].join(' '));
  expect([...new Set(told)]).toHaveLength(1);
  expect(told[0]).toBe([
    'usetracestate' in config ? 'ot=th:8' : '',
    ...'recordpolicy' in config ? ['tailsampling.policy=half'] : [],
  ].join(' '));
});

const ID = [1, 2, 3, 4] as const;
const TRACE = (() => {
  const bytes = Buffer.alloc(16);
  ID.forEach((word, at) => bytes.writeInt32LE(word, 4 * at));
  return bytes.toString('hex');
})();
const NOTE: VerdictNote = { high: 0xc0_0000, low: 0, policy: 'theirs', isById: false };
const BOTH = { usetracestate: true, recordpolicy: true };
const TOLD: [string, object, VerdictNote | undefined, string][] = [
  ['a threshold and a policy', { ...CACHES, ...BOTH }, NOTE,
    'ot=th:c tailsampling.policy=theirs tailsampling.cached_decision=true'],
  ['a threshold alone where policies are not told late', { ...NO_CACHES, ...BOTH }, NOTE,
    'ot=th:c'],
  ['a threshold of 56 bits', { ...CACHES, usetracestate: true },
    { ...NOTE, high: 0xff_ffff, low: 0xffff_fff1 }, 'ot=th:fffffffffffff1'],
  ['nothing, as older peers do', { ...CACHES, ...BOTH }, undefined, ''],
  ['that its id decided', { ...CACHES, usetracestate: true, stress_relief: {} },
    { ...NOTE, policy: '', isById: true },
    'ot=th:c tailsampling.stress_relief_percentage=10'],
  ['that its id decided, where nothing else is written', { ...CACHES, stress_relief: {} },
    { ...NOTE, policy: '', isById: true }, 'tailsampling.stress_relief_percentage=10'],
];

describe.each(TOLD)('when another pod tells %s', (_, config, note, expected) => {
  test.each(['held', 'not held'])('spans of a trace that was %s here say so', async (before) => {
    pool = new SamplerPool({ ...HALF, ...config });
    const { holder, context } = await pool.join('10.0.0.1:4317');
    await pool.clock.advance(500);
    const request = spans([{ trace: TRACE }]);
    if (before === 'held') holder.hold(...ID, [request], pool.clock.monotonic());
    holder.learn(...ID, true, note);
    if (before === 'not held') holder.follow(...ID, [request], true);
    await pool.clock.advance(2000);
    expect(context.next.items).toBe(1);
    const [{ state, attributes }] = released();
    expect([...state === '' ? [] : [state], ...attributes].join(' ')).toBe(expected);
    expect(holder.noteOf?.(...ID)).toEqual(note === undefined ? undefined : {
      ...note,
      policy: 'recordpolicy' in config ? note.policy : '',
      ...!('usetracestate' in config) && { high: 0, low: 0 },
    });
  });
});
