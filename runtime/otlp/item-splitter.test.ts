import { splitItems } from './item-splitter';
import { MalformedError } from '../errors';
import { createPayload, mergePayloads, Signal, SIGNALS } from '../pipeline/payload';
import { decodeForeign, encodeForeign, foreignPayload } from '../testing/foreign-otlp';
import { HOSTILE_BYTES } from '../testing/hostile-bytes';
import { bytesOf, itemsIn, samplePayload } from '../testing/sample-payload';

describe.each(SIGNALS)('splitItems of %s', (signal) => {
  it('gives back what fits as it is', () => {
    const payload = samplePayload(signal, 5);
    expect(splitItems(payload, 5, 5)).toEqual([payload]);
    expect(splitItems(payload, 5, 5)[0]).toBe(payload);
  });

  it.each([
    [1, 1, [1, 1, 1, 1, 1, 1, 1]],
    [3, 3, [3, 3, 1]],
    [2, 4, [2, 4, 1]],
    [6, 10, [6, 1]],
  ])('cuts 7 items into %i, then %i each', (first, max, sizes) => {
    const payload = samplePayload(signal, 7);
    const pieces = splitItems(payload, first, max);
    expect(pieces.map(({ items }) => items)).toEqual(sizes);
    expect(pieces.map((piece) => itemsIn(signal, bytesOf([piece])).length)).toEqual(sizes);
    expect(pieces.flatMap((piece) => itemsIn(signal, bytesOf([piece]))).sort())
      .toEqual(itemsIn(signal, bytesOf([payload])));
  });

  it('cuts through a payload of several chunks, and copies only those it cuts', () => {
    const parts = ['a', 'b', 'c'].map((seed) => samplePayload(signal, 4, seed));
    const merged = mergePayloads(signal, parts);
    const pieces = splitItems(merged, 6, 5);
    expect(pieces.map(({ items }) => items)).toEqual([6, 5, 1]);
    expect(pieces[0].chunks[0]).toBe(parts[0].chunks[0]);
    expect(itemsIn(signal, bytesOf(pieces))).toEqual(itemsIn(signal, bytesOf(parts)));
  });

  it.each(HOSTILE_BYTES)('refuses %s, or finds nothing in it', (_name, bytes) => {
    let thrown: unknown;
    try {
      expect(splitItems(createPayload(signal, [bytes], 2), 1, 1).length).toBeLessThan(3);
    } catch (error) {
      thrown = error;
    }
    expect(thrown === undefined || thrown instanceof MalformedError).toBe(true);
  });
});

describe('splitItems', () => {
  const point = (value: number) => ({ as_int: String(value) });
  const request = {
    resource_metrics: [{
      schema_url: 'a',
      scope_metrics: [{
        metrics: [
          { name: 'gauge', gauge: { data_points: [point(1), point(2)], future: 'g' } },
          { name: 'empty', future: 'no data' },
          { name: 'sum', sum: { data_points: [point(3), point(4)], aggregation_temporality: 2 } },
        ],
      }],
    }],
  };

  it('cuts a metric between its data points, and keeps what stands around them', () => {
    const pieces = splitItems(foreignPayload('metrics', request, 4), 1, 2);
    const metricsOf = (piece: { chunks: readonly Uint8Array[] }) => (
      decodeForeign('metrics', piece.chunks[0])).resource_metrics;
    const around = (metrics: unknown[]) => (
      [{ schema_url: 'a', scope_metrics: [{ metrics }] }]);
    expect(pieces.map(metricsOf)).toEqual([
      around([{ name: 'gauge', gauge: { data_points: [point(1)], future: 'g' } }]),
      around([
        { name: 'gauge', gauge: { data_points: [point(2)], future: 'g' } },
        { name: 'empty', future: 'no data' },
        { name: 'sum', sum: { data_points: [point(3)], aggregation_temporality: 2 } },
      ]),
      around([{ name: 'sum', sum: { data_points: [point(4)], aggregation_temporality: 2 } }]),
    ]);
  });

  it('keeps groups without items, once', () => {
    const spans = [{ name: 'a' }, { name: 'b' }];
    const empty = {
      resource_spans: [
        { schema_url: 'first' }, { scope_spans: [{ spans }] }, { schema_url: 'last' },
      ],
    };
    const payload = createPayload('traces', [encodeForeign('traces', empty)], 2);
    const urls = (signal: Signal) => splitItems(payload, 1, 1).map(({ chunks }) => (
      decodeForeign(signal, chunks[0]).resource_spans as { schema_url?: string }[])
      .map(({ schema_url }) => schema_url));
    expect(urls('traces')).toEqual([['first', undefined], [undefined, 'last']]);
  });
});
