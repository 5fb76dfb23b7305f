/** What our gRPC client makes of servers that break the rules, use them to the full, or hang. */
import { createServer, type Server, type Socket } from 'net';
import { systemClock, type Clock } from '../clock';
import { otlpGrpcExporter } from '../config';
import { GrpcClient } from '../net/grpc-client';
import { OK, type Status } from '../net/status';
import { HTTP2S, netContext, useHttp2 } from '../testing/component-context';
import { FakeClock } from '../testing/fake-clock';
import { RawHttp2, rawBlock, rawFrame, type RawFrame } from '../testing/raw-http2';
import { messageBlocks } from '../wire/block-pool';

const PATH = '/tests.Echo/Say';
const [DATA, HEADERS, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW_UPDATE] =
  [0, 1, 3, 4, 5, 6, 7, 8];
const [ACK, END_STREAM, END_HEADERS] = [1, 1, 4];
const SECOND = 1000;
const HEAD = { ':status': '200', 'content-type': 'application/grpc' };
const EMPTY_MESSAGE = Buffer.alloc(5);
const UNAVAILABLE = 14;

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Served {
  readonly endpoint: string;
  /** Connections in the order in which they came. */
  readonly peers: RawHttp2[];
  /** Waits for the connection with this number. */
  peer(index: number): Promise<RawHttp2>;
}

/** A server that does nothing by itself but take connections and tell its settings. */
async function serve(settings?: Uint8Array): Promise<Served> {
  const peers: RawHttp2[] = [];
  const sockets: Socket[] = [];
  let arrived = (): void => undefined;
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    peers.push(RawHttp2.serve(socket, settings));
    arrived();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as { port: number };
  const peer = async (index: number): Promise<RawHttp2> => {
    while (peers[index] === undefined) {
      await new Promise<void>((resolve) => { arrived = resolve; });
    }
    return peers[index];
  };
  return { endpoint: `127.0.0.1:${port}`, peers, peer };
}

function clientOf(endpoint: string, clock: Clock = systemClock): GrpcClient {
  const { settings } = otlpGrpcExporter.read({
    endpoint, tls: { insecure: true }, compression: 'none',
  });
  const client = new GrpcClient(settings!, netContext(clock), 'tests');
  ends.push(() => client.close());
  return client;
}

function send(client: GrpcClient, message: Buffer, timeoutMs = 8 * SECOND): Promise<Status> {
  return new Promise((resolve) => client.send(PATH, [message], timeoutMs, resolve));
}

function setting(number: number, value: number): Buffer {
  const payload = Buffer.alloc(6);
  payload.writeUInt16BE(number);
  payload.writeUInt32BE(value, 2);
  return payload;
}

function uint32(...values: readonly number[]): Buffer {
  const payload = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => payload.writeUInt32BE(value, 4 * index));
  return payload;
}

const isRequest = ({ type }: RawFrame): boolean => type === HEADERS;
const isEnd = ({ type, flags }: RawFrame): boolean => type === DATA && (flags & END_STREAM) > 0;

/** Headers of an answer, or its trailers. */
function head(stream: number, fields: Record<string, string>, isLast = false): Buffer {
  return rawFrame(HEADERS, END_HEADERS | (isLast ? END_STREAM : 0), stream, rawBlock(fields));
}

function good(stream: number): Buffer[] {
  return [head(stream, HEAD), rawFrame(DATA, 0, stream, EMPTY_MESSAGE),
    head(stream, { 'grpc-status': '0' }, true)];
}

interface Row {
  readonly says: string;
  /** What the server sends once it has the request, whose stream is 1. */
  readonly frames: readonly Buffer[];
  readonly code: number;
  readonly message?: RegExp;
  /** What the HTTP/2 of Node.js tells instead; `hangs` is that only a deadline ends it. */
  readonly node?: number | 'hangs';
}

const reset = (code: number): Buffer => rawFrame(RST, 0, 1, uint32(code));
const ROWS: readonly Row[] = [
  { says: 'a good answer', frames: good(1), code: 0 },
  {
    says: 'a good answer after an informational one',
    frames: [head(1, { ':status': '103' }), ...good(1)],
    code: 0,
  },
  {
    says: 'informational answers without end',
    frames: [...Array.from({ length: 20 }, () => head(1, { ':status': '103' })), ...good(1)],
    code: 13,
    node: 0,
  },
  { says: 'a good answer and a reset without error', frames: [...good(1), reset(0)], code: 0 },
  {
    says: 'only trailers',
    frames: [head(1, { ...HEAD, 'grpc-status': '7', 'grpc-message': 'h%C3%A4' }, true)],
    code: 7,
    message: /^hä$/,
  },
  {
    says: 'HTTP 503 with a text',
    frames: [head(1, { ':status': '503' }), rawFrame(DATA, END_STREAM, 1, Buffer.from('busy'))],
    code: UNAVAILABLE,
    message: /^unexpected HTTP status code received from server: 503 \(Service Unavailable\)$/,
  },
  {
    says: 'an end without trailers',
    frames: [head(1, HEAD), rawFrame(DATA, END_STREAM, 1, EMPTY_MESSAGE)],
    code: 13,
    message: /^server closed the stream without sending trailers$/,
  },
  {
    says: 'half a message',
    frames: [head(1, HEAD), rawFrame(DATA, 0, 1, Buffer.from([0, 0, 0, 0, 9, 1])),
      head(1, { 'grpc-status': '0' }, true)],
    code: 13,
    message: /^unexpected EOF$/,
  },
  {
    says: 'a message that is too large by its prefix',
    frames: [head(1, HEAD), rawFrame(DATA, 0, 1, Buffer.from([0, 0x7f, 0, 0, 0, 1]))],
    code: 8,
    message: /^grpc: received message larger than max \(2130706432 vs\. 4194304\)$/,
  },
  { says: 'a reset with CANCEL', frames: [reset(8)], code: 1, node: UNAVAILABLE },
  { says: 'a reset with ENHANCE_YOUR_CALM', frames: [reset(11)], code: 8, node: UNAVAILABLE },
  { says: 'a reset with INADEQUATE_SECURITY', frames: [reset(12)], code: 7, node: UNAVAILABLE },
  { says: 'a reset with INTERNAL_ERROR', frames: [reset(2)], code: UNAVAILABLE },
  { says: 'a reset with another code', frames: [reset(99)], code: UNAVAILABLE },
  {
    says: 'a push',
    frames: [rawFrame(PUSH, END_HEADERS, 1, uint32(2))],
    code: UNAVAILABLE,
    node: 'hangs',
  },
  { says: 'headers of nobody\'s stream', frames: [head(2, HEAD)], code: UNAVAILABLE },
  {
    says: 'a frame that is too large',
    frames: [rawFrame(DATA, 0, 1, Buffer.alloc(20_000))],
    code: UNAVAILABLE,
    node: 'hangs',
  },
  {
    says: 'a broken block of headers',
    frames: [rawFrame(HEADERS, END_HEADERS, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff]))],
    code: UNAVAILABLE,
    node: 'hangs',
  },
];

describe.each(HTTP2S)('over %s HTTP/2', (kind) => {
  beforeAll(() => useHttp2(kind));

  const rows = ROWS.filter(({ node }) => kind === 'own' || node !== 'hangs');

  test.each(rows.map((row): [string, Row] => [row.says, row]))(
    'what %s means', async (_says, { code, frames, message, node }) => {
      const { endpoint, peer } = await serve();
      const sending = send(clientOf(endpoint), Buffer.from('a'));
      const connection = await peer(0);
      await connection.frame(isRequest);
      connection.send(...frames);
      const status = await sending;
      expect(status.code).toBe(kind === 'node' ? node ?? code : code);
      if (message !== undefined) expect(status.message).toMatch(message);
    });

  test('a request that the server refuses to look at is sent once more', async () => {
    const { endpoint, peer } = await serve();
    const sending = send(clientOf(endpoint), Buffer.from('a'));
    const connection = await peer(0);
    const refused = (stream: number): Buffer => rawFrame(RST, 0, stream, uint32(7));
    connection.send(refused((await connection.frame(isRequest)).stream));
    connection.send(refused((await connection.frame(isRequest)).stream));
    expect(await sending).toEqual({ code: UNAVAILABLE, message: 'the peer takes no streams' });
  });

  test('a request above the last one of GOAWAY goes to a new connection', async () => {
    const { endpoint, peer } = await serve();
    const clock = new FakeClock();
    const client = clientOf(endpoint, clock);
    const first = send(client, Buffer.from('a'));
    const connection = await peer(0);
    await connection.frame(isRequest);
    const second = send(client, Buffer.from('b'));
    await connection.frame(isRequest);
    // A connection that ends at once would be made again after a pause only.
    await clock.advance(SECOND);
    connection.send(rawFrame(GOAWAY, 0, 0, uint32(1, 0)));
    connection.send(...good(1));
    expect(await first).toEqual(OK);
    const other = await peer(1);
    other.send(...good((await other.frame(isRequest)).stream));
    expect(await second).toEqual(OK);
  });

  test('a deadline ends the stream, and asks whether the server is still there', async () => {
    const { endpoint, peer } = await serve();
    const sending = send(clientOf(endpoint), Buffer.from('a'), 150);
    const connection = await peer(0);
    const { code } = await sending;
    expect(code).toBe(4);
    const seen = new Set<number>();
    while (!seen.has(PING) || !seen.has(RST)) seen.add((await connection.frame(() => true)).type);
  });

  test('a server that takes one request at a time gets one at a time', async () => {
    const { endpoint, peer } = await serve(setting(3, 1));
    const client = clientOf(endpoint);
    const sending = [1, 2, 3].map(() => send(client, Buffer.from('a')));
    const connection = await peer(0);
    for (let i = 0; i < 3; i++) {
      const { stream } = await connection.frame(isRequest);
      await connection.frame(isEnd);
      expect(connection.frames.filter(isRequest)).toEqual([]);
      connection.send(...good(stream));
    }
    expect(await Promise.all(sending)).toEqual([OK, OK, OK]);
  });

  test('what a window holds back does not hold back others', async () => {
    const { endpoint, peer } = await serve(setting(4, 10));
    const client = clientOf(endpoint);
    const large = send(client, Buffer.alloc(100, 'a'));
    const connection = await peer(0);
    const { stream } = await connection.frame(isRequest);
    expect((await connection.frame(({ type }) => type === DATA)).payload).toHaveLength(10);
    const small = send(client, Buffer.from('b'));
    connection.send(...good((await connection.frame(isEnd)).stream));
    expect(await small).toEqual(OK);
    connection.send(rawFrame(WINDOW_UPDATE, 0, stream, uint32(1000)));
    expect((await connection.frame(isEnd)).payload).toHaveLength(95);
    connection.send(...good(stream));
    expect(await large).toEqual(OK);
  });
});

describe('our own HTTP/2', () => {
  beforeAll(() => useHttp2('own'));

  test('refuses pushes, and cuts bodies into frames that the server takes', async () => {
    const { endpoint, peer } = await serve(setting(4, 1_000_000));
    void send(clientOf(endpoint), Buffer.alloc(40_000));
    const connection = await peer(0);
    const { payload } = await connection.frame(({ type }) => type === SETTINGS);
    expect(payload.includes(setting(2, 0))).toBe(true);
    const lengths: number[] = [];
    for (let isLast = false; !isLast;) {
      const frame = await connection.frame(({ type }) => type === DATA);
      lengths.push(frame.payload.length);
      isLast = isEnd(frame);
    }
    expect(lengths).toEqual([16_384, 16_384, 7_237]);
  });

  test.each([
    ['before it was sent all of it, nobody else is lent', 100_000, false],
    ['that it was sent, others may be lent', 10_000, true],
  ])('the memory of a message that a server takes %s', async (_, size, isLent) => {
    const { endpoint, peer } = await serve();
    const message = Buffer.from(messageBlocks.take(size).buffer, 0, size);
    const sending = send(clientOf(endpoint), message);
    const connection = await peer(0);
    await connection.frame(isLent ? isEnd : isRequest);
    connection.send(...good(1));
    expect(await sending).toEqual(OK);
    messageBlocks.give(message);
    expect(messageBlocks.take(size).buffer === message.buffer).toBe(isLent);
  });

  test('a server that pings and pings is left', async () => {
    const { endpoint, peer } = await serve();
    void send(clientOf(endpoint), Buffer.from('a'));
    const connection = await peer(0);
    await connection.frame(isRequest);
    connection.send(...Array.from({ length: 1100 }, () => rawFrame(PING, 0, 0, Buffer.alloc(8))));
    const { payload } = await connection.frame(({ type }) => type === GOAWAY);
    expect([payload.readUInt32BE(4), payload.toString('latin1', 8)]).toEqual(
      [11, 'too_many_pings']);
  });

  test('answers that come too late, however many at once, do no harm', async () => {
    const { endpoint, peer } = await serve();
    const client = clientOf(endpoint);
    const count = 1500;
    const late = Array.from({ length: count }, () => send(client, Buffer.from('a'), 300));
    const connection = await peer(0);
    const codes = (await Promise.all(late)).map(({ code }) => code);
    expect(new Set(codes)).toEqual(new Set([4]));
    const streams = Array.from({ length: count }, (_, index) => 2 * index + 1);
    connection.send(...streams.flatMap((stream) => good(stream)));
    connection.send(...streams.map((stream) => rawFrame(RST, 0, stream, uint32(0))));
    const next = send(client, Buffer.from('b'));
    const { stream } = await connection.frame(
      (frame) => isRequest(frame) && frame.stream > 2 * count);
    connection.send(...good(stream));
    expect(await next).toEqual(OK);
  });

  test('a server without a table for headers is told none', async () => {
    const { endpoint, peer } = await serve(setting(1, 0));
    const client = clientOf(endpoint);
    for (let i = 0; i < 3; i++) {
      const sending = send(client, Buffer.from('a'));
      const connection = await peer(0);
      const { payload, stream } = await connection.frame(isRequest);
      // The table's new size comes before the first field, and with the first block only.
      expect(payload[0] === 0x20).toBe(i === 0);
      connection.send(rawFrame(SETTINGS, ACK, 0), ...good(stream));
      expect(await sending).toEqual(OK);
    }
  });
});
