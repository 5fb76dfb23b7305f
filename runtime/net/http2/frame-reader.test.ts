import * as http2 from 'http2';
import { Duplex } from 'stream';
import { FrameReader, type FrameTaker } from './frame-reader';
import { ConnectionError, DEFAULT_FRAME_BYTES, ErrorCode, PREFACE } from './frames';
import { rawFrame } from '../../testing/raw-http2';

/** What was read, in words. */
class Words implements FrameTaker {
  public readonly lines: string[] = [];
  private bytes = 0;

  public dataBegins(streamId: number, length: number, dataLength: number): void {
    this.lines.push(`data of ${streamId}: ${length} bytes, ${dataLength} without padding`);
    this.bytes = 0;
  }

  public data(_source: Uint8Array, start: number, end: number): void {
    this.bytes += end - start;
  }

  public dataEnds(isEndStream: boolean): void {
    this.lines.push(`${this.bytes} bytes${isEndStream ? ' and the end' : ''}`);
  }

  public headers(
    streamId: number, isEndStream: boolean, dependsOn: number, _block: Uint8Array, start: number,
    end: number,
  ): void {
    this.lines.push(`headers of ${streamId}: ${end - start} bytes`
      + (isEndStream ? ' and the end' : '') + (dependsOn < 0 ? '' : `, after ${dependsOn}`));
  }

  public control(
    type: number, flags: number, streamId: number, payload: Uint8Array, start: number, end: number,
  ): void {
    this.lines.push(`${type}/${flags} of ${streamId}: `
      + Buffer.from(payload.subarray(start, end)).toString('hex'));
  }
}

const LIMITS = { maxFrameBytes: DEFAULT_FRAME_BYTES, maxBlockBytes: 65_536 };

function read(bytes: Uint8Array, cut = bytes.length): string[] {
  const words = new Words();
  const reader = new FrameReader(words, LIMITS);
  for (let at = 0; at < bytes.length; at += cut) {
    reader.push(bytes, at, Math.min(bytes.length, at + cut));
  }
  return words.lines;
}

/** What the client of Node.js, which is nghttp2, writes for one request of 40 000 bytes. */
async function foreignBytes(): Promise<Buffer> {
  const written: Buffer[] = [];
  const pipe = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      written.push(chunk);
      done();
    },
  });
  const session = http2.connect('http://a', {
    createConnection: () => pipe, paddingStrategy: http2.constants.PADDING_STRATEGY_MAX,
  });
  session.on('error', () => undefined);
  const stream = session.request({ ':method': 'POST', ':path': '/', 'x-long': 'y'.repeat(40_000) });
  stream.on('error', () => undefined);
  stream.end(Buffer.alloc(40_000));
  const enough = (): boolean => Buffer.concat(written).length > 60_000;
  while (!enough()) await new Promise((resolve) => setImmediate(resolve));
  session.destroy();
  return Buffer.concat(written).subarray(PREFACE.length);
}

test('what nghttp2 writes is read the same however it is cut', async () => {
  const bytes = await foreignBytes();
  const whole = read(bytes);
  expect(whole[0]).toMatch(/^4\/0 of 0: /);
  expect(whole.filter((line) => line.startsWith('headers'))).toEqual([
    expect.stringMatching(/^headers of 1: [34]\d{4} bytes$/),
  ]);
  const body = whole.map((line) => Number(/^(\d+) bytes/.exec(line)?.[1] ?? 0));
  expect(body.reduce((sum, length) => sum + length)).toBeGreaterThan(30_000);
  for (const cut of [1, 2, 3, 5, 8, 9, 10, 100, 16_393]) expect(read(bytes, cut)).toEqual(whole);
});

const PADDED = 8;
const PRIORITY = 0x20;
const END = 5;

test.each<[string, Buffer, string[]]>([
  ['DATA with padding', rawFrame(0, PADDED | 1, 3, Buffer.from([2, 7, 7, 7, 0, 0])),
    ['data of 3: 6 bytes, 3 without padding', '3 bytes and the end']],
  ['DATA of padding only', rawFrame(0, PADDED, 3, Buffer.from([1, 0])),
    ['data of 3: 2 bytes, 0 without padding', '0 bytes']],
  ['DATA without bytes', rawFrame(0, 1, 3),
    ['data of 3: 0 bytes, 0 without padding', '0 bytes and the end']],
  ['headers with padding and priority',
    rawFrame(1, END | PADDED | PRIORITY, 5, Buffer.from([1, 0x80, 0, 0, 3, 9, 0x82, 0])),
    ['headers of 5: 1 bytes and the end, after 3']],
  ['headers in three frames', Buffer.concat([rawFrame(1, 1, 5, Buffer.from([0x82])),
    rawFrame(9, 0, 5), rawFrame(9, 4, 5, Buffer.from([0x84, 0x86]))]),
  ['headers of 5: 3 bytes and the end']],
  ['a frame that nobody knows', Buffer.concat([rawFrame(0x77, 0xff, 9, Buffer.alloc(300)),
    rawFrame(6, 0, 0, Buffer.from('pingping'))]), ['6/0 of 0: 70696e6770696e67']],
])('%s is read', (_what, bytes, lines) => {
  for (const cut of [1, 2, 7, bytes.length]) expect(read(bytes, cut)).toEqual(lines);
});

test.each<[string, Buffer, number]>([
  ['DATA of no stream', rawFrame(0, 0, 0, Buffer.alloc(1)), ErrorCode.protocolError],
  ['headers of no stream', rawFrame(1, END, 0, Buffer.from([0x82])), ErrorCode.protocolError],
  ['settings of a stream', rawFrame(4, 0, 1), ErrorCode.protocolError],
  ['a ping of a stream', rawFrame(6, 0, 1, Buffer.alloc(8)), ErrorCode.protocolError],
  ['more padding than frame', rawFrame(0, PADDED, 1, Buffer.from([5, 0])), ErrorCode.protocolError],
  ['more padding than headers', rawFrame(1, END | PADDED, 1, Buffer.from([5, 0])),
    ErrorCode.protocolError],
  ['a frame within headers', Buffer.concat([rawFrame(1, 1, 1), rawFrame(0, 0, 1)]),
    ErrorCode.protocolError],
  ['headers of another stream within headers',
    Buffer.concat([rawFrame(1, 1, 1), rawFrame(9, 4, 3)]), ErrorCode.protocolError],
  ['the middle of headers alone', rawFrame(9, 4, 1), ErrorCode.protocolError],
  ['a ping of seven bytes', rawFrame(6, 0, 0, Buffer.alloc(7)), ErrorCode.frameSizeError],
  ['a reset of five bytes', rawFrame(3, 0, 1, Buffer.alloc(5)), ErrorCode.frameSizeError],
  ['settings of seven bytes', rawFrame(4, 0, 0, Buffer.alloc(7)), ErrorCode.frameSizeError],
  ['acknowledged settings with some', rawFrame(4, 1, 0, Buffer.alloc(6)), ErrorCode.frameSizeError],
  ['a credit of three bytes', rawFrame(8, 0, 0, Buffer.alloc(3)), ErrorCode.frameSizeError],
  ['padding without its length', rawFrame(0, PADDED, 1), ErrorCode.frameSizeError],
  ['a frame beyond the limit', rawFrame(0x77, 0, 1, Buffer.alloc(DEFAULT_FRAME_BYTES + 1)),
    ErrorCode.frameSizeError],
])('%s is a mistake of the connection', (_what, bytes, code) => {
  let error: unknown;
  try {
    read(bytes);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(ConnectionError);
  expect((error as ConnectionError).code).toBe(code);
});
