import { IncomingMessage } from './incoming-message';
import { Promises } from '../incoming-block';

const MIB = 1024 * 1024;

function framed(length: number, given = length): Buffer {
  const bytes = Buffer.alloc(5 + given, 'abcdefg');
  bytes[0] = 0;
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

function push(message: IncomingMessage, bytes: Buffer, cut: number): unknown {
  for (let at = 0; at < bytes.length; at += cut) {
    // The buffer is used again for the next bytes.
    const buffer = Buffer.from(bytes.subarray(at, at + cut));
    const failure = message.push(buffer, 0, buffer.length);
    buffer.fill(0xff);
    if (failure !== undefined) return failure;
  }
  return message.end();
}

test.each([0, 1, 5, 4096, 4097, 70_000, MIB])('a message of %d bytes is whole again', (length) => {
  const bytes = framed(length);
  for (const cut of [1013, 16_384, bytes.length]) {
    for (const promises of [new Promises(2 * MIB), new Promises(0)]) {
      const message = new IncomingMessage(MIB, promises);
      expect(push(message, bytes, cut)).toBeUndefined();
      expect(message.length).toBe(length);
      expect(Buffer.compare(message.block.subarray(0, length), bytes.subarray(5))).toBe(0);
    }
  }
});

test('a prefix alone costs nothing', () => {
  const message = new IncomingMessage(MIB, new Promises(MIB));
  expect(message.push(framed(MIB, 0), 0, 5)).toBeUndefined();
  expect(message.block).toHaveLength(0);
});

test('what prefixes promise is set aside up to a limit, and otherwise grows as it comes', () => {
  const promises = new Promises(MIB);
  const first = new IncomingMessage(MIB, promises);
  const second = new IncomingMessage(MIB, promises);
  for (const message of [first, second]) message.push(framed(MIB, 1000), 0, 1005);
  expect([first.block.length, second.block.length]).toEqual([MIB, 2000]);
  first.drop();
  const third = new IncomingMessage(MIB, promises);
  third.push(framed(MIB, 1000), 0, 1005);
  expect(third.block).toHaveLength(MIB);
});

test.each([
  ['a message above the limit', framed(MIB + 1, 0), 8, /larger than max \(1048577 vs\. 1048576\)/],
  ['an unknown flag', Buffer.from([2, 0, 0, 0, 0]), 13, /unexpected payload format 2/],
  ['a second message', framed(3, 4), 13, /received multiple request messages/],
  ['half a prefix', Buffer.from([0, 0]), 13, /^unexpected EOF$/],
  ['half a message', framed(10, 5), 13, /^unexpected EOF$/],
  ['nothing', Buffer.alloc(0), 13, /received no request message/],
])('%s is no message', (_what, bytes, code, message) => {
  const failure = push(new IncomingMessage(MIB, new Promises(MIB)), bytes, 3);
  expect(failure).toEqual({ code, message: expect.stringMatching(message) });
});
