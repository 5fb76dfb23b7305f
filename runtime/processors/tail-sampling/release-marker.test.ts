import { ReleaseMarker } from './release-marker';
import { attributeField, doubleValue } from '../../otlp/attribute-field';
import { SPAN_ATTRIBUTES } from '../../otlp/fields';
import { SpanIndex } from '../../otlp/span-index';
import { protoType } from '../../testing/otlp-proto';
import { spans, type TestSpan } from '../../testing/span-builder';

const LIST: TestSpan[] = [
  { trace: 'a', service: 's', scope: 'c', attributes: { k: 'v', n: 1 }, status: 'error' },
  { trace: 'b', service: 's', scope: 'd' },
  { trace: 'c', resource: { r: 'x'.repeat(300) }, statusMessage: 'y'.repeat(120) },
  { trace: 'd', attributes: { long: 'z'.repeat(20_000) } },
];
/** Field 100 of a ScopeSpans, a text. */
const UNKNOWN = Buffer.from([0xa2, 0x06, 1, 0x7a]);

/** The spans of a request as fields of ScopeSpans, each by itself. */
function rowsOf(request: Uint8Array): Uint8Array[] {
  const index = new SpanIndex();
  index.read(request);
  return Array.from({ length: index.spanCount }, (_, span) =>
    request.subarray(index.spanTag[span], index.spanEnd[span]));
}

function readRows(rows: Uint8Array): { attributes?: object[] }[] {
  const type = protoType('ScopeSpans');
  return (type.toObject(type.decode(rows), { longs: String, bytes: String }) as {
    spans: { attributes?: object[] }[];
  }).spans;
}

function marked(rows: Uint8Array): Buffer {
  const marker = new ReleaseMarker({
    adjustsCounts: false,
    unparseable: { add: () => undefined },
    added: attributeField(SPAN_ATTRIBUTES, 'share', doubleValue(12.5)),
  });
  marker.addSpans(rows, 0, rows.length);
  return Buffer.from(marker.out.bytes.subarray(0, marker.out.end));
}

test('every span gets the attribute, and nothing else changes', () => {
  const before = Buffer.concat(rowsOf(spans(LIST)));
  const mark = { key: 'share', value: { doubleValue: 12.5 } };
  expect(readRows(marked(before))).toEqual(readRows(before).map((span) =>
    ({ ...span, attributes: [...span.attributes ?? [], mark] })));
});

test('what stands between spans stays where it is', () => {
  const [first, second] = rowsOf(spans(LIST));
  expect(marked(Buffer.concat([first, UNKNOWN, second])))
    .toEqual(Buffer.concat([marked(first), UNKNOWN, marked(second)]));
});
