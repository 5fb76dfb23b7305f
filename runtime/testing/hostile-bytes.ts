/** Bytes that claim to be an export request and are not. */

/** A name and the bytes. */
export type HostileCase = readonly [name: string, bytes: Uint8Array];

/** Wrong in ways that a parser may stumble over, smallest first. */
export const HOSTILE_BYTES: readonly HostileCase[] = [
  ['a tag without a value', bytes(0x0a)],
  ['a length beyond the end', bytes(0x0a, 0x7f, 0x00)],
  ['a length of 2^32 - 1', bytes(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f)],
  ['a length of 2^64 - 1', bytes(0x0a, ...Array<number>(9).fill(0xff), 0x01)],
  ['a varint without end', bytes(0x08, ...Array<number>(12).fill(0xff))],
  ['field number zero', bytes(0x00, 0x00)],
  ['a group that is never closed', bytes(0x0b, 0x08, 0x01)],
  ['the end of a group that was never opened', bytes(0x0c)],
  ['wire type 6', bytes(0x0e, 0x01)],
  ['wire type 7', bytes(0x0f, 0x01)],
  ['a fixed number that is cut off', bytes(0x0a, 0x03, 0x09, 0x01, 0x02)],
  ['a scope that ends after its resource', bytes(0x0a, 0x03, 0x12, 0x7f, 0x0a)],
  ['a span that ends after its scope', bytes(0x0a, 0x05, 0x12, 0x03, 0x12, 0x7f, 0x0a)],
  ['a resource that is a number', bytes(0x08, 0x01)],
  ['text', Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n')],
  ['a thousand messages in each other', nested(1000)],
];

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

function nested(depth: number): Uint8Array {
  let inner: Buffer = Buffer.alloc(0);
  for (let level = 0; level < depth; level++) {
    const length = [];
    for (let rest = inner.length; ; rest >>>= 7) {
      if (rest < 128) { length.push(rest); break; }
      length.push((rest & 127) | 128);
    }
    inner = Buffer.concat([Buffer.from([level % 2 === 0 ? 0x12 : 0x0a, ...length]), inner]);
  }
  return inner;
}
