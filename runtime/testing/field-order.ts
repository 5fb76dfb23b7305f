/** Requests as the Go collector writes them: fields from the last to the first. */
import { position, readTag, skipValue } from '../wire/reader';
import { varintLength, writeVarint } from '../wire/writer';

/** Which fields of a message are messages, by number. */
interface Shape {
  readonly [field: number]: Shape;
}

const KEY_VALUE: Shape = { 2: {} };
const ATTRIBUTES: Shape = { 1: KEY_VALUE };
const SPAN: Shape = { 9: KEY_VALUE, 15: {} };
const TRACES: Shape = { 1: { 1: ATTRIBUTES, 2: { 1: { 3: KEY_VALUE }, 2: SPAN } } };

function reordered(bytes: Uint8Array, shape: Shape): Buffer {
  const fields: { readonly number: number; readonly bytes: Uint8Array }[] = [];
  for (let at = 0; at < bytes.length;) {
    const start = at;
    const tag = readTag(bytes, at, bytes.length);
    const valueAt = position;
    at = skipValue(bytes, valueAt, bytes.length, tag);
    const number = tag >>> 3;
    if (!(number in shape)) {
      fields.push({ number, bytes: bytes.subarray(start, at) });
      continue;
    }
    const body = reordered(bytes.subarray(position, at), shape[number]);
    const length = Buffer.alloc(varintLength(body.length));
    writeVarint(length, 0, body.length);
    const head = bytes.subarray(start, valueAt);
    fields.push({ number, bytes: Buffer.concat([head, length, body]) });
  }
  fields.sort((a, b) => b.number - a.number);
  return Buffer.concat(fields.map((field) => field.bytes));
}

/** An ExportTraceServiceRequest with all fields of its messages from the last to the first. */
export function lastFieldFirst(request: Uint8Array): Buffer {
  return reordered(request, TRACES);
}
