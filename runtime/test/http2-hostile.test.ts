/** Clients that abuse HTTP/2 are told so and disconnected; the server goes on for others. */
import { systemClock } from '../clock';
import { otlpReceiver } from '../config';
import { OwnGrpcServer } from '../net/http2/grpc-server';
import { OK } from '../net/status';
import type { Respond } from '../net/transport';
import { netContext } from '../testing/component-context';
import { RawHttp2, rawBlock, rawFrame, type RawFrame } from '../testing/raw-http2';

const PATH = '/tests.Echo/Say';
const [DATA, HEADERS, RST, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION] =
  [0, 1, 3, 4, 6, 7, 8, 9];
const [END_STREAM, END_HEADERS] = [1, 4];
const ACK = 1;
const FRAME_SIZE_ERROR = 6;
const REFUSED_STREAM = 7;
const COMPRESSION_ERROR = 9;
const ENHANCE_YOUR_CALM = 11;
const REQUEST = rawBlock({
  ':method': 'POST', ':scheme': 'http', ':path': PATH, 'content-type': 'application/grpc',
});
const MESSAGE = Buffer.from([0, 0, 0, 0, 1, 7]);

const held: Respond[] = [];
let server: OwnGrpcServer;
let port: number;
let client: RawHttp2;

function settings(yaml: object) {
  const grpc = { endpoint: '127.0.0.1:0', ...yaml };
  return otlpReceiver.read({ protocols: { grpc } }).settings!.protocols.grpc!;
}

beforeAll(async () => {
  const routes = new Map([
    [PATH, (...[,,,, respond]: [unknown, unknown, unknown, unknown, Respond]) => respond(OK)],
    ['/tests.Echo/Wait', (...[,,,, respond]: [unknown, unknown, unknown, unknown, Respond]) => {
      held.push(respond);
    }],
  ]);
  server = new OwnGrpcServer(
    settings({ max_concurrent_streams: 50 }), routes, netContext(systemClock));
  port = await server.listen();
});

afterAll(() => server.close(0));

beforeEach(async () => { client = await RawHttp2.open(port); });

afterEach(() => client.socket.destroy());

function request(stream: number, ...body: readonly Buffer[]): Buffer {
  return Buffer.concat([rawFrame(HEADERS, END_HEADERS, stream, REQUEST),
    ...body.map((bytes, i) =>
      rawFrame(DATA, i === body.length - 1 ? END_STREAM : 0, stream, bytes))]);
}

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const times = (count: number, make: (i: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, i) => make(i)));
const goneWith = (frame: RawFrame): boolean => frame.type === GOAWAY;
const isEnd = (stream: number) => (frame: RawFrame): boolean =>
  frame.stream === stream && frame.type === HEADERS && (frame.flags & END_STREAM) !== 0;

const ABUSES: readonly (readonly [string, Buffer, number, RegExp])[] = [
  ['begins requests and resets them at once', times(1100, (i) => Buffer.concat([
    rawFrame(HEADERS, END_HEADERS, 2 * i + 1, REQUEST), rawFrame(RST, 0, 2 * i + 1, uint32(8)),
  ])), ENHANCE_YOUR_CALM, /streams that come to nothing/],
  ['makes the server reset its requests', times(1100, (i) => Buffer.concat([
    rawFrame(HEADERS, END_HEADERS, 2 * i + 1, REQUEST),
    rawFrame(WINDOW_UPDATE, 0, 2 * i + 1, uint32(0)),
  ])), ENHANCE_YOUR_CALM, /streams that come to nothing/],
  ['sends settings again and again', times(1100, () => rawFrame(SETTINGS, 0, 0)),
    ENHANCE_YOUR_CALM, /SETTINGS/],
  ['sends a frame with hundreds of settings', rawFrame(SETTINGS, 0, 0, Buffer.alloc(600)),
    ENHANCE_YOUR_CALM, /settings/],
  ['sends DATA without data', Buffer.concat([request(1),
    times(1100, () => rawFrame(DATA, 0, 1))]), ENHANCE_YOUR_CALM, /empty DATA/],
  ['never ends its headers', Buffer.concat([rawFrame(HEADERS, 0, 1, REQUEST),
    times(100, () => rawFrame(CONTINUATION, 0, 1))]), ENHANCE_YOUR_CALM, /CONTINUATION/],
  ['sends headers beyond the limit', Buffer.concat([rawFrame(HEADERS, 0, 1, REQUEST),
    times(5, () => rawFrame(CONTINUATION, 0, 1, Buffer.alloc(16_384)))]),
  ENHANCE_YOUR_CALM, /headers: must have at most/],
  ['asks for signs of life without an end', times(5, () => rawFrame(PING, 0, 0, Buffer.alloc(8))),
    ENHANCE_YOUR_CALM, /too_many_pings/],
  ['sends a frame that is too large', rawFrame(DATA, 0, 1, Buffer.alloc(16_385)),
    FRAME_SIZE_ERROR, /at most 16384/],
  ['sends headers that cannot be decoded', rawFrame(HEADERS, END_HEADERS, 1, Buffer.from([0xff])),
    COMPRESSION_ERROR, /hpack/],
];

test.each(ABUSES)('a client that %s is told and disconnected', async (_what, bytes, code, why) => {
  client.send(bytes);
  const { payload } = await client.frame(goneWith);
  expect(payload.readUInt32BE(4)).toBe(code);
  expect(payload.subarray(8).toString()).toMatch(why);
  await expect(client.frame(() => false)).rejects.toThrow('got the end');
  const other = await RawHttp2.open(port);
  other.send(request(1, MESSAGE));
  await other.frame(isEnd(1));
  other.socket.destroy();
});

test('who leaves many messages unfinished loses the last one, not its connection', async () => {
  const part = Buffer.concat([Buffer.from([0, 0, 0x3f, 0xff, 0xfb]), Buffer.alloc(16_379)]);
  let credit = 65_535;
  let answer: RawFrame | undefined;
  const next = async (): Promise<void> => {
    const isOfUse = ({ stream, type }: RawFrame): boolean =>
      type === HEADERS || type === WINDOW_UPDATE && stream === 0;
    const frame = await client.frame(isOfUse);
    if (frame.type === HEADERS) answer = frame; else credit += frame.payload.readUInt32BE(0);
  };
  // Each of 50 messages stays short of its 4 MiB; 16 MiB are what one connection may leave so.
  for (let at = 0; answer === undefined; at++) {
    const stream = 2 * (at % 50) + 1;
    while (credit < part.length && answer === undefined) await next();
    client.send(...at < 50 ? [request(stream)] : [], rawFrame(DATA, 0, stream, part));
    credit -= part.length;
    expect(at).toBeLessThan(1100);
  }
  expect(answer.stream).toBe(99);
  expect(answer.payload.toString()).toMatch(/grpc-status.14[^]*memory/);
  client.send(request(101, MESSAGE));
  await client.frame(isEnd(101));
});

test('pings are answered, and forgiven after an answer to a call', async () => {
  for (let i = 0; i < 10; i++) {
    client.send(request(2 * i + 1, MESSAGE));
    await client.frame(isEnd(2 * i + 1));
    client.send(rawFrame(PING, 0, 0, Buffer.from(`sign ${i}..`)));
    const pong = await client.frame(({ type }) => type === PING);
    expect([pong.flags, pong.payload.toString()]).toEqual([1, `sign ${i}..`]);
  }
});

test('requests beyond the limit of a connection are refused, others are answered', async () => {
  const waiting = rawBlock({
    ':method': 'POST',
    ':scheme': 'http',
    ':path': '/tests.Echo/Wait',
    'content-type': 'application/grpc',
  });
  client.send(times(51, (i) => Buffer.concat([
    rawFrame(HEADERS, END_HEADERS, 2 * i + 1, waiting),
    rawFrame(DATA, END_STREAM, 2 * i + 1, MESSAGE),
  ])));
  const refused = await client.frame(({ type }) => type === RST);
  expect([refused.stream, refused.payload.readUInt32BE(0)]).toEqual([101, REFUSED_STREAM]);
  // Who resets them may not begin others while ours are still at work.
  client.send(times(50, (i) => rawFrame(RST, 0, 2 * i + 1, uint32(8))), request(103, MESSAGE));
  const next = await client.frame(({ stream }) => stream === 103);
  expect([next.type, next.payload.readUInt32BE(0)]).toEqual([RST, REFUSED_STREAM]);
  for (const respond of held.splice(0)) respond(OK);
  client.send(request(105, MESSAGE));
  await client.frame(isEnd(105));
});

test('a list of headers that grows out of a small block is answered with 431', async () => {
  const large = Buffer.concat([Buffer.from([0x40, 1, 0x61, 0x7f, 0xa1, 0x1e]),
    Buffer.alloc(4000, 'x')]);
  // One entry of the table, referred to by one byte each time.
  const block = Buffer.concat([REQUEST, large, Buffer.alloc(40, 0xbe)]);
  client.send(rawFrame(HEADERS, END_HEADERS, 1, block), rawFrame(DATA, END_STREAM, 1, MESSAGE));
  const { payload } = await client.frame(isEnd(1));
  expect(payload.toString()).toContain('431');
  client.send(request(3, MESSAGE));
  expect((await client.frame(isEnd(3))).payload.toString()).toContain('grpc-status');
});

test('an answer keeps to the windows of the client', async () => {
  const small = await RawHttp2.open(port, Buffer.from([0, 4, 0, 0, 0, 3]));
  small.send(request(1, MESSAGE));
  const first = await small.frame(({ type }) => type === DATA);
  expect([first.payload.length, first.flags & END_STREAM]).toEqual([3, 0]);
  small.send(rawFrame(WINDOW_UPDATE, 0, 1, uint32(100)));
  const second = await small.frame(({ type }) => type === DATA);
  expect(second.payload.length).toBe(2);
  await small.frame(isEnd(1));
  small.socket.destroy();
});

test('a new size of windows is acknowledged before what it lets go', async () => {
  const small = await RawHttp2.open(port, Buffer.from([0, 4, 0, 0, 0, 3]));
  small.send(request(1, MESSAGE));
  await small.frame(({ type }) => type === DATA);
  small.send(rawFrame(SETTINGS, 0, 0, Buffer.from([0, 4, 0, 0, 0, 5])));
  const next = await small.frame(({ type }) => type === DATA || type === SETTINGS);
  expect([next.type, next.flags]).toEqual([SETTINGS, ACK]);
  const rest = await small.frame(({ type }) => type === DATA);
  expect(rest.payload.length).toBe(2);
  small.socket.destroy();
});

test('a deadline ends a call that the client does not wait for any longer', async () => {
  const block = rawBlock({
    ':method': 'POST',
    ':scheme': 'http',
    ':path': '/tests.Echo/Wait',
    'content-type': 'application/grpc',
    'grpc-timeout': '10m',
  });
  client.send(rawFrame(HEADERS, END_HEADERS, 1, block), rawFrame(DATA, END_STREAM, 1, MESSAGE));
  const { payload } = await client.frame(isEnd(1));
  expect(payload.toString()).toMatch(/grpc-status.4.*context deadline exceeded/);
  for (const respond of held.splice(0)) respond(OK);
});

test('connections beyond the limit are refused', async () => {
  const few = new OwnGrpcServer(settings({}), new Map(), netContext(systemClock),
    { maxConnections: 1 });
  const fewPort = await few.listen();
  const kept = await RawHttp2.open(fewPort);
  await kept.frame(({ type }) => type === SETTINGS);
  const refused = await RawHttp2.open(fewPort);
  await expect(refused.frame(() => true)).rejects.toThrow('got the end');
  expect(kept.isClosed).toBe(false);
  kept.socket.destroy();
  await few.close(0);
});

test.each([true, false])('requests arrive in one buffer for all (%s) or one for each', async (
  sharesBuffer,
) => {
  const seen: Buffer[] = [];
  const routes = new Map([[PATH, (
    arena: Uint8Array, offset: number, length: number, _encoding: unknown, respond: Respond,
  ) => {
    seen.push(Buffer.from(arena.buffer, arena.byteOffset + offset, length));
    respond(OK);
  }]]);
  const other = new OwnGrpcServer(settings({}), routes, netContext(systemClock), { sharesBuffer });
  const raw = await RawHttp2.open(await other.listen());
  const bodies = [1, 2, 3].map((fill) => Buffer.alloc(30_000, fill));
  for (const [i, body] of bodies.entries()) {
    const prefix = Buffer.concat([Buffer.from([0]), uint32(body.length)]);
    raw.send(request(2 * i + 1, prefix, body.subarray(0, 16_384), body.subarray(16_384)));
    await raw.frame(isEnd(2 * i + 1));
  }
  // None of them is overwritten by those that came later.
  expect(seen.map((body, i) => body.equals(bodies[i]))).toEqual([true, true, true]);
  raw.socket.end();
  await other.close(1000);
});
