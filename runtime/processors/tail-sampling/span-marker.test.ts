import { SpanMarker } from './span-marker';
import { itemsIn } from '../../testing/sample-payload';
import { findSpans, spans, type TestSpan } from '../../testing/span-builder';

const LIST: TestSpan[] = [
  { trace: 'a', service: 's', scope: 'c', attributes: { k: 'v', n: 1 }, status: 'error' },
  { trace: 'b', service: 's', scope: 'd' },
  { trace: 'c', resource: { r: 'x'.repeat(300) }, statusMessage: 'y'.repeat(120) },
  { trace: 'd', attributes: { long: 'z'.repeat(20_000) } },
];

test('every span gets the attribute, and nothing else changes', () => {
  const before = spans(LIST);
  const after = Buffer.from(new SpanMarker('share', 12.5).mark(before));
  expect(findSpans(after).map(({ attributes }) => attributes.share))
    .toEqual([12.5, 12.5, 12.5, 12.5]);
  const mark = { key: 'share', value: { double_value: 12.5 } };
  const withMark = itemsIn('traces', before).map((line) => {
    const [resource, scope, span] = JSON.parse(line) as Record<string, unknown>[];
    const attributes = [...span.attributes as object[] | undefined ?? [], mark];
    return [resource, scope, { ...span, attributes }];
  });
  expect(itemsIn('traces', after).map((line) => JSON.parse(line) as unknown)).toEqual(withMark);
});

test('fields that it does not know survive, of requests, resources and scopes, too', () => {
  // Field 100, a text, in front of the request; the rest is an empty resource with a schema URL.
  const unknown = Buffer.from([0xa2, 0x06, 1, 0x7a]);
  const resource = Buffer.from([0x0a, 3, 0x1a, 1, 0x75]);
  const bytes = Buffer.concat([unknown, resource, spans([{ trace: 'a' }])]);
  const marked = Buffer.from(new SpanMarker('share', 1).mark(bytes));
  expect(marked.subarray(0, 9)).toEqual(Buffer.concat([unknown, resource]));
  expect(findSpans(marked.subarray(4))).toHaveLength(1);
});
