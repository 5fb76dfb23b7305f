import { NO_TARGET, SpanCutter } from './span-cutter';
import { SpanIndex } from './span-index';
import { findSpans, spans } from '../testing/span-builder';

const bytes = spans([
  { trace: 'a', span: '1', service: 'shop', scope: 'http' },
  { trace: 'b', span: '2', service: 'shop', scope: 'http' },
  { trace: 'a', span: '3', service: 'shop', scope: 'http' },
  { trace: 'c', span: '4', service: 'shop', scope: 'sql' },
  { trace: 'c', span: '5', service: 'bank', scope: 'http' },
]);

/** What is cut out of the request when its spans have these targets. */
function cut(cutter: SpanCutter, targets: readonly number[]): [number, number, string[]][] {
  const index = new SpanIndex();
  index.read(bytes);
  cutter.reserve(index.spanCount);
  targets.forEach((target, span) => {
    cutter.targetOf[span] = target;
    if (target === NO_TARGET) return;
    cutter.targets.reach(target);
    cutter.targets.items[target] += 1;
  });
  return cutter.cut(bytes, index).map((part) => [part.target, part.items, findSpans(part.bytes)
    .map(({ spanId, service, scope }) =>
      `${Buffer.from(spanId, 'hex').toString().slice(-1)} ${service} ${scope}`)]);
}

describe.each([
  ['share a block', true], ['have a block each', false],
])('parts that %s', (_, shares) => {
  const cutter = new SpanCutter(Buffer.allocUnsafeSlow, shares);

  test('hold the spans of their target, and what has none is left out', () => {
    expect(cut(cutter, [NO_TARGET, 0, NO_TARGET, 2, 2])).toEqual([
      [0, 1, ['2 shop http']], [2, 2, ['4 shop sql', '5 bank http']],
    ]);
  });

  test('hold nothing of the request before', () => {
    expect(cut(cutter, [1, NO_TARGET, 1, NO_TARGET, NO_TARGET])).toEqual([
      [1, 2, ['1 shop http', '3 shop http']],
    ]);
  });
});

test('a part of its own keeps no memory of the others', () => {
  const index = new SpanIndex();
  index.read(bytes);
  const cutter = new SpanCutter(Buffer.allocUnsafeSlow, false);
  cutter.reserve(index.spanCount);
  cutter.targets.reach(4);
  for (let span = 0; span < 5; span += 1) {
    cutter.targetOf[span] = span;
    cutter.targets.items[span] = 1;
  }
  const parts = cutter.cut(bytes, index);
  expect(parts.map((part) => part.bytes.buffer.byteLength))
    .toEqual(parts.map((part) => part.bytes.length));
});
