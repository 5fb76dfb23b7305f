/**
 * Attributes of log records and data points. What the resource has stands first in the identifier,
 * then what the scope has, then what the item has, as upstream looks for them.
 */
import { AttributeNames, NAMED } from './attribute-names';
import { findOnResource, findOnScope, RESOURCE, SCOPE } from './levels';
import {
  EXPONENTIAL_POINT_ATTRIBUTES, HISTOGRAM_POINT_ATTRIBUTES, LOG_ATTRIBUTES, LOG_BODY,
  LOG_SEVERITY_TEXT, METRIC_EXPONENTIAL_HISTOGRAM, METRIC_HISTOGRAM, NUMBER_POINT_ATTRIBUTES,
} from '../../../otlp/fields';
import { findAttribute, valueEnd, valueStart } from '../../../otlp/find-attribute';
import { Verdict, type Key } from '../../../otlp/key-splitter';
import { ByteBuilder } from '../../../wire/byte-builder';
import { fieldTag, nextField, position } from '../../../wire/reader';

type Find = (bytes: Uint8Array, start: number, end: number, name: Uint8Array) => boolean;

/** Level at which an attribute was found; a level that is gone on from forgets what is inside. */
const NOWHERE = 3;

/** What is common to log records and data points. */
abstract class LevelsKey implements Key {
  public readonly identifier = new ByteBuilder();
  protected readonly attributes: AttributeNames;
  /** The depth at which each attribute was found. */
  private readonly foundAt: Uint8Array;
  /** Bytes of the identifier that come from the resource and the scope. */
  private readonly lengths = [0, 0, 0];

  public constructor(names: readonly string[]) {
    this.attributes = new AttributeNames(names, NAMED);
    this.foundAt = new Uint8Array(names.length);
  }

  public group(
    bytes: Uint8Array, start: number, end: number, depth: number, tag: number,
  ): Verdict {
    if (depth === RESOURCE) return this.look(bytes, start, end, depth, findOnResource);
    if (depth === SCOPE) return this.look(bytes, start, end, depth, findOnScope);
    this.enter(tag);
    return Verdict.Inside;
  }

  public item(bytes: Uint8Array, start: number, end: number, unit: number): number {
    this.identifier.end = this.lengths[SCOPE];
    for (let index = 0; index < this.foundAt.length; index += 1) {
      if (this.foundAt[index] === NOWHERE) this.addOfItem(bytes, start, end, index);
    }
    return unit;
  }

  /** Hears of the groups below scopes. */
  protected abstract enter(tag: number): void;

  /** Writes an attribute that neither resource nor scope has. */
  protected abstract addOfItem(
    bytes: Uint8Array, start: number, end: number, index: number): void;

  private look(
    bytes: Uint8Array, start: number, end: number, depth: number, find: Find,
  ): Verdict {
    const { attributes, foundAt, identifier, lengths } = this;
    identifier.end = lengths[depth - 1];
    let missing = 0;
    for (let index = 0; index < foundAt.length; index += 1) {
      if (foundAt[index] >= depth || depth === RESOURCE) {
        foundAt[index] = find(bytes, start, end, attributes.names[index]) ? depth : NOWHERE;
        if (foundAt[index] === NOWHERE) missing += 1;
        else attributes.addValue(identifier, index, bytes, valueStart, valueEnd);
      }
    }
    lengths[depth] = identifier.end;
    return missing === 0 ? Verdict.Whole : Verdict.Inside;
  }
}

/** Attributes of log records; `log.severity` and `log.body` are the severity's text and body. */
export class LogAttributesKey extends LevelsKey {
  private readonly isSeverity: readonly boolean[];
  private readonly isBody: readonly boolean[];

  public constructor(names: readonly string[]) {
    super(names);
    this.isSeverity = names.map((name) => name === 'log.severity');
    this.isBody = names.map((name) => name === 'log.body');
  }

  protected enter(): void {
    // Records stand in scopes.
  }

  protected addOfItem(bytes: Uint8Array, start: number, end: number, index: number): void {
    const { attributes, identifier } = this;
    const isBody = this.isBody[index];
    if (isBody || this.isSeverity[index]) {
      const at = lastField(bytes, start, end, isBody ? LOG_BODY : LOG_SEVERITY_TEXT);
      if (isBody) attributes.addValue(identifier, index, bytes, at, fieldEnd);
      else attributes.addText(identifier, index, bytes, at, fieldEnd);
      return;
    }
    if (findAttribute(bytes, start, end, LOG_ATTRIBUTES, attributes.names[index])) {
      attributes.addValue(identifier, index, bytes, valueStart, valueEnd);
    } else {
      attributes.addText(identifier, index, bytes, end, end);
    }
  }
}

/** Attributes of data points. */
export class PointAttributesKey extends LevelsKey {
  private listTag = 0;

  protected enter(tag: number): void {
    this.listTag = pointAttributes(tag);
  }

  protected addOfItem(bytes: Uint8Array, start: number, end: number, index: number): void {
    const { attributes, identifier } = this;
    if (findAttribute(bytes, start, end, this.listTag, attributes.names[index])) {
      attributes.addValue(identifier, index, bytes, valueStart, valueEnd);
    } else {
      attributes.addText(identifier, index, bytes, end, end);
    }
  }
}

/** Tag of the attributes of the data points in the data of a metric with the tag `data`. */
export function pointAttributes(data: number): number {
  switch (data) {
    case METRIC_HISTOGRAM: return HISTOGRAM_POINT_ATTRIBUTES;
    case METRIC_EXPONENTIAL_HISTOGRAM: return EXPONENTIAL_POINT_ATTRIBUTES;
    default: return NUMBER_POINT_ATTRIBUTES;
  }
}

/** Offset after the value that `lastField` found. */
let fieldEnd = 0;

/** Where the value of the last field with this tag begins; an empty one at the end if none is. */
function lastField(bytes: Uint8Array, start: number, end: number, tag: number): number {
  let from = end;
  fieldEnd = end;
  for (let at = start; at < end;) {
    at = nextField(bytes, at, end);
    if (fieldTag !== tag) continue;
    from = position;
    fieldEnd = at;
  }
  return from;
}
