/** Finds the trace state of a span, and replaces it without decoding the span. */
import { SCOPE_SPANS_SPANS, SPAN_TRACE_STATE } from './fields';
import type { TraceState } from './trace-state';
import type { GrowingBytes } from '../wire/growing-bytes';
import { position, readTag, skipValue } from '../wire/reader';
import { fieldLength, varintLength, writeHeader } from '../wire/writer';

const NOTHING = new Uint8Array(0);

/** Offset of the field that was found last; the end of the span when it has none. */
export let fieldStart = 0;
/** Offset of the first byte of its text. */
export let textStart = 0;
/** Offset after its last byte. */
export let textEnd = 0;

/** Finds the trace state of the Span message from `start` to `end`: of several the last counts. */
export function findTraceState(bytes: Uint8Array, start: number, end: number): void {
  fieldStart = textStart = textEnd = end;
  for (let at = start; at < end;) {
    const field = at;
    const tag = readTag(bytes, at, end);
    at = skipValue(bytes, position, end, tag);
    if (tag !== SPAN_TRACE_STATE) continue;
    fieldStart = field;
    textStart = position;
    textEnd = at;
  }
}

/**
 * Appends the span whose message is in `bytes` from `start` to `end` to `out`, as a field of
 * ScopeSpans, with `state` in place of the trace state that was just found, or as it is without,
 * and with the fields `added` behind it.
 */
export function appendSpan(
  out: GrowingBytes, bytes: Uint8Array, start: number, end: number,
  state: TraceState | undefined, added: Uint8Array = NOTHING,
): void {
  const from = state === undefined ? end : fieldStart;
  const to = state === undefined ? end : textEnd;
  const written = state === undefined ? 0 : fieldLength(state.length);
  const body = end - start - (to - from) + written + added.length;
  out.reserve(1 + varintLength(body) + body);
  out.end = writeHeader(out.bytes, out.end, SCOPE_SPANS_SPANS, body);
  out.copy(bytes, start, from);
  if (state !== undefined) {
    out.end = writeHeader(out.bytes, out.end, SPAN_TRACE_STATE, state.length);
    out.end = state.write(out.bytes, out.end);
  }
  out.copy(bytes, to, end);
  out.copy(added, 0, added.length);
}
