/**
 * Writes on spans that leave why they were kept: the threshold into their trace states, the policy
 * into the attributes of their scopes, and that it was under stress into their own. Nothing is
 * decoded but what is replaced; what is written anew lies in a block of its own until the payload
 * is made.
 */
import { NO_RECORD, type ScopeRecord, type ScopeRecords } from './scope-records';
import { EXTRAS_FIRST, EXTRAS_RANGES } from './span-arena';
import { isText } from './text-set';
import type { ReleaseNote } from './verdicts';
import { MalformedError } from '../../errors';
import {
  KEY_VALUE_KEY, SCOPE_ATTRIBUTES, SCOPE_SPANS_SCOPE, SCOPE_SPANS_SPANS,
} from '../../otlp/fields';
import { appendSpan, findTraceState, textEnd, textStart } from '../../otlp/span-trace-state';
import { TraceState } from '../../otlp/trace-state';
import type { Counter } from '../../telemetry/metrics';
import { GrowingBytes } from '../../wire/growing-bytes';
import { position, readBodyEnd, readTag, skipValue } from '../../wire/reader';
import { fieldLength, writeHeader } from '../../wire/writer';

/** What a marker is made from. */
export interface ReleaseMarkerOptions {
  /** Whether thresholds are written. */
  readonly adjustsCounts: boolean;
  /** What is written on scopes; absent where nothing is. */
  readonly records?: ScopeRecords;
  /** Fields that every span gets, such as an attribute; absent where there are none. */
  readonly added?: Uint8Array;
  /** Counts spans whose trace state cannot be read, and is left as it is. */
  readonly unparseable: Counter;
}

/** Marks the rows and scopes of one payload after the other. */
export class ReleaseMarker {
  /** What was written anew since `clear`. */
  public readonly out = new GrowingBytes();
  private readonly scope = new GrowingBytes();
  private readonly state = new TraceState();
  private readonly threshold = { high: 0, low: 0 };

  public constructor(private readonly options: ReleaseMarkerOptions) {}

  /** Forgets all that was written. */
  public clear(): void {
    this.out.end = 0;
  }

  /** Appends the spans that stand side by side in `bytes` from `start` to `end`. */
  public addSpans(bytes: Uint8Array, start: number, end: number, note?: ReleaseNote): void {
    const { added, adjustsCounts } = this.options;
    const hasThreshold = adjustsCounts && note !== undefined;
    if (!hasThreshold && added === undefined) {
      this.copy(bytes, start, end);
      return;
    }
    if (hasThreshold) {
      this.threshold.high = note.high;
      this.threshold.low = note.low;
    }
    for (let at = start; at < end;) {
      const field = at;
      const tag = readTag(bytes, at, end);
      at = skipValue(bytes, position, end, tag);
      const body = position;
      const state = tag === SCOPE_SPANS_SPANS && hasThreshold && this.readState(bytes, body, at)
        ? this.state : undefined;
      if (tag !== SCOPE_SPANS_SPANS || state === undefined && added === undefined) {
        this.copy(bytes, field, at);
      } else {
        appendSpan(this.out, bytes, body, at, state, added);
      }
    }
  }

  /**
   * Appends what stands in a ScopeSpans beside its spans, with the record in the scope. `memory`
   * tells from `extras` on where that is in `bytes`.
   */
  public addScope(
    memory: Int32Array, extras: number, bytes: Uint8Array, record: number,
  ): void {
    const { scope, out, options: { records } } = this;
    const count = memory[extras + EXTRAS_RANGES];
    scope.end = 0;
    const added = records === undefined || record === NO_RECORD ? undefined : records.get(record);
    for (let i = 0; i < count; i += 1) {
      const start = memory[extras + EXTRAS_FIRST + 2 * i];
      const end = memory[extras + EXTRAS_FIRST + 2 * i + 1];
      if (added === undefined) this.copy(bytes, start, end);
      else this.addOthers(bytes, start, end, added);
    }
    if (added === undefined) return;
    scope.reserve(added.bytes.length);
    scope.copy(added.bytes, 0, added.bytes.length);
    out.reserve(fieldLength(scope.end));
    out.end = writeHeader(out.bytes, out.end, SCOPE_SPANS_SCOPE, scope.end);
    out.copy(scope.bytes, 0, scope.end);
  }

  /** Whether the span from `start` to `end` gets the trace state that was made of its own. */
  private readState(bytes: Uint8Array, start: number, end: number): boolean {
    try {
      findTraceState(bytes, start, end);
    } catch (error) {
      // Of spans that came late nothing was read before.
      if (!(error instanceof MalformedError)) throw error;
      this.options.unparseable.add(1);
      return false;
    }
    if (!this.state.read(bytes, textStart, textEnd)) {
      this.options.unparseable.add(1);
      return false;
    }
    return this.state.raiseThreshold(this.threshold);
  }

  /** Appends all fields but the scope, whose own fields are gathered. */
  private addOthers(
    bytes: Uint8Array, start: number, end: number, record: ScopeRecord,
  ): void {
    for (let at = start; at < end;) {
      const field = at;
      const tag = readTag(bytes, at, end);
      at = skipValue(bytes, position, end, tag);
      if (tag === SCOPE_SPANS_SCOPE) this.gatherScope(bytes, position, at, record);
      else this.copy(bytes, field, at);
    }
  }

  private gatherScope(
    bytes: Uint8Array, start: number, end: number, record: ScopeRecord,
  ): void {
    const before = this.scope.end;
    this.scope.reserve(end - start);
    try {
      this.gatherFields(bytes, start, end, record);
    } catch (error) {
      // Nobody has looked into a scope yet; whoever does will see what is wrong with this one.
      if (!(error instanceof MalformedError)) throw error;
      this.scope.end = before;
      this.scope.copy(bytes, start, end);
    }
  }

  private gatherFields(
    bytes: Uint8Array, start: number, end: number, record: ScopeRecord,
  ): void {
    for (let at = start; at < end;) {
      const field = at;
      const tag = readTag(bytes, at, end);
      at = skipValue(bytes, position, end, tag);
      const isReplaced = tag === SCOPE_ATTRIBUTES && hasKey(bytes, position, at, record);
      if (!isReplaced) this.scope.copy(bytes, field, at);
    }
  }

  private copy(bytes: Uint8Array, start: number, end: number): void {
    this.out.reserve(end - start);
    this.out.copy(bytes, start, end);
  }
}

/** Whether the KeyValue from `start` to `end` has one of the record's keys. */
function hasKey(
  bytes: Uint8Array, start: number, end: number, { keys }: ScopeRecord,
): boolean {
  for (let at = start; at < end;) {
    const tag = readTag(bytes, at, end);
    if (tag !== KEY_VALUE_KEY) {
      at = skipValue(bytes, position, end, tag);
      continue;
    }
    at = readBodyEnd(bytes, position, end);
    const from = position;
    if (keys.some((key) => isText(key, bytes, from, at))) return true;
  }
  return false;
}
