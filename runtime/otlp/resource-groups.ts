/** Divides requests by the text of one attribute of their resources, without decoding the rest. */
import type { Payload } from '../pipeline/payload';
import { LEN, position, readBodyEnd, readTag, skipValue } from '../wire/reader';

/** `resource_spans`, `resource_metrics` and `resource_logs` are all field 1 of their requests. */
const ENTRY = 1 << 3 | LEN;
/** As are a resource in each of these, its attributes, and the key of each of those. */
const FIRST = 1 << 3 | LEN;
/** The number of the last kind of value that an attribute may have. */
const LAST_KIND = 7;
/** The value of an attribute. */
const VALUE = 2 << 3 | LEN;

/**
 * The bytes of all entries by the text of the attribute `name` of their resource, in order;
 * `undefined` for those that have no such text.
 *
 * @throws MalformedError when the bytes are no request.
 */
export function groupByResource(
  { chunks }: Payload, name: string,
): Map<string | undefined, Uint8Array[]> {
  const groups = new Map<string | undefined, Uint8Array[]>();
  const wanted = Buffer.from(name);
  for (const chunk of chunks) {
    eachField(chunk, 0, chunk.length, (tag, from, to, start) => {
      if (tag !== ENTRY) return;
      const text = resourceText(chunk, from, to, wanted);
      const group = groups.get(text);
      const entry = chunk.subarray(start, to);
      if (group === undefined) groups.set(text, [entry]); else group.push(entry);
    });
  }
  return groups;
}

type Visit = (tag: number, from: number, to: number, start: number) => void;

/** Visits every field; bodies of those with a length lie between `from` and `to`. */
function eachField(bytes: Uint8Array, begin: number, end: number, visit: Visit): void {
  let at = begin;
  while (at < end) {
    const start = at;
    const tag = readTag(bytes, at, end);
    const body = position;
    if ((tag & 7) === LEN) {
      const to = readBodyEnd(bytes, body, end);
      visit(tag, position, to, start);
      at = to;
    } else {
      at = skipValue(bytes, body, end, tag);
    }
  }
}

function resourceText(
  bytes: Uint8Array, begin: number, end: number, name: Buffer,
): string | undefined {
  let text: string | undefined;
  eachField(bytes, begin, end, (tag, from, to) => {
    if (tag !== FIRST) return;
    eachField(bytes, from, to, (inner, attribute, attributeEnd) => {
      if (inner !== FIRST || text !== undefined) return;
      text = attributeText(bytes, attribute, attributeEnd, name);
    });
  });
  return text;
}

function attributeText(
  bytes: Uint8Array, begin: number, end: number, name: Buffer,
): string | undefined {
  let isWanted = false;
  let text: string | undefined;
  eachField(bytes, begin, end, (tag, from, to) => {
    if (tag === FIRST) isWanted = name.equals(bytes.subarray(from, to));
    if (tag !== VALUE) return;
    eachField(bytes, from, to, (kind, value, valueEnd) => {
      // Of several kinds of value the last one stands; what OTLP may add later is none of them.
      if (kind === FIRST) text = Buffer.from(bytes.subarray(value, valueEnd)).toString();
      else if (kind >>> 3 <= LAST_KIND) text = undefined;
    });
  });
  return isWanted ? text : undefined;
}
