import { outcomeOf, type Evidence, type Outcome } from './outcome';
import { seededRandom } from '../../local-cluster/random';
import { SpanLedger } from '../../local-cluster/span-ledger';
import { planTrace } from '../../local-cluster/trace-plan';
import type { SentTrace } from '../../local-cluster/traffic';

const random = seededRandom(3);
const traces: SentTrace[] = Array.from({ length: 60 }, () => {
  const plan = planTrace(random);
  return { plan, entrance: 0, delivered: plan.spans.length, refused: 0 };
});
const kept = traces.filter(({ plan }) => plan.spans.some(({ isError }) => isError));
const dropped = traces.filter((trace) => !kept.includes(trace));
const [{ plan: first }] = kept;
const size = first.spans.length;

/** All failed traces arrived, except for what `change` does to what the backend received. */
function outcome(
  change: (ledger: SpanLedger) => void = () => undefined, given: Partial<Evidence> = {},
): Outcome {
  const ledger = new SpanLedger();
  for (const { plan } of kept) {
    for (const { spanId } of plan.spans) ledger.add(plan.traceId, spanId, 'sampler-0');
  }
  change(ledger);
  return outcomeOf({
    sent: new Map(traces.map((trace) => [trace.plan.traceId, trace])),
    settings: {
      policies: [{ name: 'errors', type: 'status_code', statusCode: { statusCodes: ['ERROR'] } }],
    } as unknown as Evidence['settings'],
    ledger,
    isLate: () => false,
    wasHeldByKilled: () => false,
    ...given,
  });
}

const GOOD = { lost: 0, duplicated: 0, split: 0, otherwise: 0, refused: 0 };
const without = (...spanIds: readonly string[]) => (ledger: SpanLedger): void => {
  for (const id of spanIds) ledger.traces.get(first.traceId)?.spans.delete(id);
};
const allIds = first.spans.map(({ spanId }) => spanId);

describe('the outcome of a scene', () => {
  test('is good when what arrived is what must be kept', () => {
    expect(outcome()).toMatchObject({
      ...GOOD,
      traces: 60,
      sent: traces.reduce((sum, { plan }) => sum + plan.spans.length, 0),
      kept: kept.reduce((sum, { plan }) => sum + plan.spans.length, 0),
      examples: [],
    });
  });

  test.each([
    ['a span of a kept trace is missing', without(allIds[1]), { lost: 1, split: 1 }],
    ['a whole trace is missing', without(...allIds), { lost: size, otherwise: 1 }],
    ['a span comes twice', (ledger: SpanLedger) => ledger.add(first.traceId, allIds[0], 'b'),
      { duplicated: 1 }],
    ['a part of a trace is kept that must be dropped', (ledger: SpanLedger) =>
      ledger.add(dropped[0].plan.traceId, dropped[0].plan.spans[0].spanId, 'b'), { split: 1 }],
    ['a trace is kept that must be dropped', (ledger: SpanLedger) =>
      dropped[0].plan.spans.forEach(({ spanId }) =>
        ledger.add(dropped[0].plan.traceId, spanId, 'b')), { otherwise: 1 }],
  ])('tells that %s', (_what, change, found) => {
    const { examples, ...counts } = outcome(change);
    expect(counts).toMatchObject({ ...GOOD, ...found, traces: 60 });
    expect(examples).toHaveLength('duplicated' in found ? 0 : 1);
  });

  test('tells of spans whose sender gave up, and does not judge their traces', () => {
    const given = { ...traces[0], delivered: 1 };
    const sent = new Map([[given.plan.traceId, given]]);
    expect(outcome(without(...allIds), { sent }))
      .toMatchObject({ ...GOOD, refused: given.plan.spans.length, traces: 0 });
  });

  test('asks of a trace that came too late only that it is not split', () => {
    const isLate: Evidence['isLate'] = ({ traceId }) => traceId === first.traceId;
    expect(outcome(without(...allIds), { isLate })).toMatchObject({ ...GOOD, late: 1 });
    expect(outcome(without(allIds[0]), { isLate })).toMatchObject({ lost: 1, split: 1, late: 1 });
  });

  test('forgives a killed pod what it may have held, and nothing else', () => {
    const held = (_trace: string, spanId: string): boolean => spanId === allIds[0];
    const forgiven = outcome(without(allIds[0]), { wasHeldByKilled: held });
    expect(forgiven).toMatchObject({ ...GOOD, heldByKilled: 1, lostWithKilled: 1 });
    const other = outcome(without(allIds[0], allIds[1]), { wasHeldByKilled: held });
    expect(other).toMatchObject({ split: 1, lost: 1, lostWithKilled: 1 });
    const anew = outcome(without(...allIds), { wasHeldByKilled: held });
    expect(anew).toMatchObject({ ...GOOD, lostWithKilled: 1 });
  });
});
