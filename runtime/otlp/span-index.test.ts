import { SpanIndex } from './span-index';
import { spans, traceIdOf } from '../testing/span-builder';

function hexAt(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.subarray(from, to)).toString('hex');
}

function read(bytes: Uint8Array): SpanIndex {
  const index = new SpanIndex();
  index.read(bytes);
  return index;
}

describe('the index of a request', () => {
  test('finds every span, its trace id, scope and resource', () => {
    const bytes = spans([
      { trace: 'a', service: 'shop', scope: 'http' },
      { trace: 'b', service: 'shop', scope: 'http' },
      { trace: 'a', service: 'shop', scope: 'sql' },
      { trace: 'c', service: 'bank', scope: 'http' },
    ]);
    const index = read(bytes);
    expect(index.spanCount).toBe(4);
    expect([...index.traceIdAt.subarray(0, 4)].map((at) => hexAt(bytes, at, at + 16)))
      .toEqual(['a', 'b', 'a', 'c'].map((name) => traceIdOf(name).toString('hex')));
    expect([...index.scopeOf.subarray(0, 4)]).toEqual([0, 0, 1, 2]);
    expect([...index.resourceOf.subarray(0, 3)]).toEqual([0, 0, 1]);
  });
});
