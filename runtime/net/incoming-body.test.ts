import { Promises } from './incoming-block';
import { IncomingBody } from './incoming-body';

const MIB = 1024 * 1024;

function bytesOf(count: number, first = 0): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => first + i);
}

it.each([
  ['of a known length', 300], ['of an unknown length', -1], ['that is longer than it says', 10],
  ['that is shorter than it says', 100_000],
])('a body %s is put together', (_what, length) => {
  const body = new IncomingBody(MIB, new Promises(MIB));
  body.expect(length);
  const whole = bytesOf(300);
  for (let at = 0; at < 300; at += 7) {
    const end = Math.min(300, at + 7);
    expect(body.push(whole, at, end)).toBe(true);
  }
  expect(Buffer.from(body.end()).equals(Buffer.from(whole))).toBe(true);
});

it('a body without bytes is empty', () => {
  expect(new IncomingBody(10, new Promises(0)).end()).toHaveLength(0);
});

it('what was pushed may change afterwards', () => {
  const body = new IncomingBody(10, new Promises(0));
  const source = bytesOf(3, 1);
  body.push(source, 0, 3);
  source.fill(9);
  expect([...body.end()]).toEqual([1, 2, 3]);
});

it('a body may have as many bytes as the limit, and not one more', () => {
  const body = new IncomingBody(300, new Promises(0));
  expect(body.push(bytesOf(300), 0, 300)).toBe(true);
  expect(body.push(bytesOf(1), 0, 1)).toBe(false);
  expect(body.end()).toHaveLength(300);
});

it('a length that is only claimed costs no more memory than may be promised', () => {
  const promises = new Promises(MIB);
  const blockOf = (claimed: number): number => {
    const body = new IncomingBody(100 * MIB, promises);
    body.expect(claimed);
    body.push(bytesOf(1), 0, 1);
    return body.end().buffer.byteLength;
  };
  expect(blockOf(MIB)).toBe(MIB);
  // Buffers of up to 4 KiB lie in a page that others share.
  expect(blockOf(50 * MIB)).toBeLessThanOrEqual(8192);
});

it.each(['end', 'drop'] as const)('what was promised is given back at the %s', (way) => {
  const promises = new Promises(MIB);
  const body = new IncomingBody(MIB, promises);
  body.expect(MIB);
  body.push(bytesOf(1), 0, 1);
  expect(promises.take(MIB)).toBe(false);
  body[way]();
  expect(promises.take(MIB)).toBe(true);
});

it('a million pieces of one byte stay within one block', () => {
  const body = new IncomingBody(2 * MIB, new Promises(0));
  const byte = bytesOf(1, 7);
  for (let i = 0; i < MIB; i++) body.push(byte, 0, 1);
  const whole = body.end();
  expect(whole).toHaveLength(MIB);
  expect(whole.buffer.byteLength).toBeLessThanOrEqual(2 * MIB);
});
