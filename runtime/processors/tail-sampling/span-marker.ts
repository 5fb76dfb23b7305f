/** Adds one attribute to every span of a request, by writing it behind what is there. */
import {
  KEY_VALUE_KEY, KEY_VALUE_VALUE, ANY_VALUE_DOUBLE, REQUEST_RESOURCE_SPANS,
  RESOURCE_SPANS_SCOPE_SPANS, SCOPE_SPANS_SPANS, SPAN_ATTRIBUTES,
} from '../../otlp/fields';
import { SpanIndex, type RangeTable } from '../../otlp/span-index';
import { fieldLength, writeHeader } from '../../wire/writer';

const DOUBLE_BYTES = 8;
const DOUBLE_FIELD_BYTES = 1 + DOUBLE_BYTES;

/** Marks spans. */
export class SpanMarker {
  private readonly index = new SpanIndex();
  private readonly attribute: Uint8Array;

  /** Every span gets the attribute `key`, a number. */
  public constructor(key: string, value: number) {
    this.attribute = attributeField(key, value);
  }

  /** The request `bytes` with the attribute on all of its spans. */
  public mark(bytes: Uint8Array): Uint8Array {
    const { index } = this;
    index.read(bytes);
    const scopes = new Int32Array(index.scopeCount);
    for (let scope = 0; scope < index.scopeCount; scope += 1) {
      scopes[scope] = index.scopeExtras.byteCount[scope];
    }
    for (let span = 0; span < index.spanCount; span += 1) {
      scopes[index.scopeOf[span]] += fieldLength(this.lengthOf(span));
    }
    const resources = index.resourceExtras.byteCount.slice(0, index.resourceCount);
    scopes.forEach((length, scope) => {
      resources[index.resourceOf[scope]] += fieldLength(length);
    });
    let total = index.requestExtras.byteCount[0];
    for (const length of resources) total += fieldLength(length);
    const out = new Uint8Array(total);
    this.write(bytes, out, scopes, resources);
    return out;
  }

  private lengthOf(span: number): number {
    const { spanBody, spanEnd } = this.index;
    return spanEnd[span] - spanBody[span] + this.attribute.length;
  }

  private write(
    bytes: Uint8Array, out: Uint8Array, scopes: Int32Array, resources: Int32Array,
  ): void {
    const { index } = this;
    let at = copyRanges(bytes, index.requestExtras, 0, out, 0);
    let scope = 0;
    let span = 0;
    for (let resource = 0; resource < index.resourceCount; resource += 1) {
      at = writeHeader(out, at, REQUEST_RESOURCE_SPANS, resources[resource]);
      at = copyRanges(bytes, index.resourceExtras, resource, out, at);
      for (; scope < index.scopeCount && index.resourceOf[scope] === resource; scope += 1) {
        at = writeHeader(out, at, RESOURCE_SPANS_SCOPE_SPANS, scopes[scope]);
        at = copyRanges(bytes, index.scopeExtras, scope, out, at);
        for (; span < index.spanCount && index.scopeOf[span] === scope; span += 1) {
          at = writeHeader(out, at, SCOPE_SPANS_SPANS, this.lengthOf(span));
          out.set(bytes.subarray(index.spanBody[span], index.spanEnd[span]), at);
          at += index.spanEnd[span] - index.spanBody[span];
          out.set(this.attribute, at);
          at += this.attribute.length;
        }
      }
    }
  }
}

/** Copies the ranges of a group to `at` and returns the offset after them. */
function copyRanges(
  from: Uint8Array, table: RangeTable, group: number, out: Uint8Array, at: number,
): number {
  let end = at;
  for (let range = table.from[group]; range < table.from[group + 1]; range += 1) {
    out.set(from.subarray(table.start[range], table.end[range]), end);
    end += table.end[range] - table.start[range];
  }
  return end;
}

/** An attribute of a span as the field that it is. */
function attributeField(key: string, value: number): Uint8Array {
  const name = Buffer.from(key);
  const pair = fieldLength(name.length) + fieldLength(DOUBLE_FIELD_BYTES);
  const field = Buffer.alloc(fieldLength(pair));
  let at = writeHeader(field, 0, SPAN_ATTRIBUTES, pair);
  at = writeHeader(field, at, KEY_VALUE_KEY, name.length);
  at += name.copy(field, at);
  at = writeHeader(field, at, KEY_VALUE_VALUE, DOUBLE_FIELD_BYTES);
  field[at] = ANY_VALUE_DOUBLE;
  field.writeDoubleLE(value, at + 1);
  return field;
}
