/**
 * Attributes of spans, and the service. Each piece of a request that is of one resource, one scope
 * and one trace has one identifier, which the first span of the piece decides about where resource
 * and scope do not.
 */
import { AttributeNames, type AttributeEncoding } from './attribute-names';
import { findOnResource, findOnScope, RESOURCE, SCOPE } from './levels';
import { TraceUnits } from './trace-units';
import { SPAN_ATTRIBUTES, SPAN_KIND, SPAN_NAME, SPAN_TRACE_ID } from '../../../otlp/fields';
import { findAttribute, valueEnd, valueStart } from '../../../otlp/find-attribute';
import { Verdict, type Key } from '../../../otlp/key-splitter';
import { ByteBuilder } from '../../../wire/byte-builder';
import { fieldTag, nextField, position, readVarint } from '../../../wire/reader';

/** pdata's names of kinds of spans. */
const KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer']
  .map((kind) => Buffer.from(kind));
const NO_KIND = new Uint8Array(0);

/** What stands in the place of an attribute. */
const ATTRIBUTE = 0;
const KIND = 1;
const NAME = 2;
const ID_BYTES = 16;
const NOWHERE = 0;

/** Routes pieces of traces. `span.kind` and `span.name` are the kind and name of the span. */
export class SpanAttributesKey implements Key {
  public readonly identifier = new ByteBuilder();
  private readonly attributes: AttributeNames;
  private readonly sources: readonly number[];
  /** The depth at which each attribute was found, and where its value is. */
  private readonly foundAt: Uint8Array;
  private readonly valueFrom: Uint32Array;
  private readonly valueTo: Uint32Array;
  private readonly traces = new TraceUnits();
  private nameStart = 0;
  private nameEnd = 0;
  private kind = 0;

  public constructor(names: readonly string[], encoding: AttributeEncoding) {
    this.attributes = new AttributeNames(names, encoding);
    this.sources = names.map((name) =>
      name === 'span.kind' ? KIND : name === 'span.name' ? NAME : ATTRIBUTE);
    this.foundAt = new Uint8Array(names.length);
    this.valueFrom = new Uint32Array(names.length);
    this.valueTo = new Uint32Array(names.length);
  }

  public group(bytes: Uint8Array, start: number, end: number, depth: number): Verdict {
    let missing = 0;
    for (let index = 0; index < this.foundAt.length; index += 1) {
      if (depth === SCOPE && this.foundAt[index] === RESOURCE) continue;
      const name = this.attributes.names[index];
      const isFound = depth === RESOURCE
        ? findOnResource(bytes, start, end, name) : findOnScope(bytes, start, end, name);
      this.foundAt[index] = isFound ? depth : NOWHERE;
      if (!isFound) missing += 1;
      this.valueFrom[index] = valueStart;
      this.valueTo[index] = valueEnd;
    }
    if (missing === 0) this.write(bytes, end, end);
    else if (depth === SCOPE) this.traces.clear();
    return missing === 0 ? Verdict.Whole : Verdict.Inside;
  }

  public item(bytes: Uint8Array, start: number, end: number, unit: number): number {
    const first = this.traces.firstOf(bytes, findTraceId(bytes, start, end), unit);
    if (first === unit) this.write(bytes, start, end);
    return first;
  }

  /** Writes the identifier of a piece that begins with the span from `start` to `end`. */
  private write(bytes: Uint8Array, start: number, end: number): void {
    const { attributes, identifier } = this;
    identifier.end = 0;
    this.readSpan(bytes, start, end);
    for (let index = 0; index < this.foundAt.length; index += 1) {
      if (this.foundAt[index] !== NOWHERE) {
        attributes.addValue(
          identifier, index, bytes, this.valueFrom[index], this.valueTo[index]);
      } else {
        this.addOfSpan(bytes, start, end, index);
      }
    }
  }

  private addOfSpan(bytes: Uint8Array, start: number, end: number, index: number): void {
    const { attributes, identifier } = this;
    const source = this.sources[index];
    if (source === KIND) {
      const kind = KINDS[this.kind] ?? NO_KIND;
      attributes.addText(identifier, index, kind, 0, kind.length);
    } else if (source === NAME) {
      attributes.addText(identifier, index, bytes, this.nameStart, this.nameEnd);
    } else if (findAttribute(bytes, start, end, SPAN_ATTRIBUTES, attributes.names[index])) {
      attributes.addValue(identifier, index, bytes, valueStart, valueEnd);
    } else {
      attributes.addText(identifier, index, bytes, end, end);
    }
  }

  private readSpan(bytes: Uint8Array, start: number, end: number): void {
    this.nameStart = end;
    this.nameEnd = end;
    this.kind = 0;
    for (let at = start; at < end;) {
      at = nextField(bytes, at, end);
      if (fieldTag === SPAN_NAME) {
        this.nameStart = position;
        this.nameEnd = at;
      } else if (fieldTag === SPAN_KIND) {
        this.kind = readVarint(bytes, position, end);
      }
    }
  }
}

/** Where the trace id of a span is, or -1 when there is none of 16 bytes. */
function findTraceId(bytes: Uint8Array, start: number, end: number): number {
  // Most encoders write it first; the Go collector writes it last.
  if (end - start >= ID_BYTES + 2 && bytes[start] === SPAN_TRACE_ID
    && bytes[start + 1] === ID_BYTES) return start + 2;
  let idAt = -1;
  for (let at = start; at < end;) {
    at = nextField(bytes, at, end);
    if (fieldTag === SPAN_TRACE_ID) idAt = at - position === ID_BYTES ? position : -1;
  }
  return idAt;
}
