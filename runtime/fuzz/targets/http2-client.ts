/** The client half of our own HTTP/2: frames of a server that means harm. */
import type { Socket } from 'net';
import { Duplex } from 'stream';
import { setImmediate } from 'timers/promises';
import { cut } from './http2';
import { mustHold } from './requests';
import type { SessionEvents } from '../../net/grpc-session';
import { ANSWER_BUDGET, PROMISED_BYTES } from '../../net/http2/client-session';
import { GrpcClientSession } from '../../net/http2/grpc-client-session';
import { HttpClientSession } from '../../net/http2/http-client-session';
import { FakeClock } from '../../testing/fake-clock';
import { rawBlock, rawFrame } from '../../testing/raw-http2';
import type { FuzzTarget } from '../campaign';

const CALLS = 4;
const [DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION] =
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const [END_STREAM, END_HEADERS, PADDED, WITH_PRIORITY, ACK] = [1, 4, 8, 32, 1];
const FIVE = Buffer.from([0, 0, 0, 0, 16]);
/** How an answer begins that is one. */
const GOOD = /^\[\{"(?:code":0,|status")/;
/** What is written without being asked: the preface, settings, requests. */
const OWN_BYTES = 8192;
/** Most bytes that one byte of a peer may make us write. */
const ECHO = 4;

const settings = rawFrame(SETTINGS, 0, 0);
const acknowledged = rawFrame(SETTINGS, ACK, 0);

function head(stream: number, fields: Record<string, string>, flags = END_HEADERS): Buffer {
  return rawFrame(HEADERS, flags, stream, rawBlock(fields));
}

/** `:status: 200` of the static table, a field added to the dynamic one, and one from there. */
function indexed(type: string): Buffer {
  return Buffer.concat([
    Buffer.from([0x20, 0x3f, 0xe1, 0x1f, 0x88, 0x5f, type.length]), Buffer.from(type),
    Buffer.from([0x40, 1, 0x61, 1, 0x62, 0xbe]),
  ]);
}

interface Dialect {
  /** Headers of a good answer. */
  readonly head: Record<string, string>;
  /** Its body. */
  readonly body: Buffer;
  /** What comes behind it. */
  readonly trailers: Record<string, string>;
}

const GRPC: Dialect = {
  head: { ':status': '200', 'content-type': 'application/grpc', 'grpc-encoding': 'gzip' },
  body: Buffer.from([0, 0, 0, 0, 5, 1, 2, 3, 4, 5]),
  trailers: { 'grpc-status': '0', 'grpc-message': 'h%C3%A4' },
};
const HTTP: Dialect = {
  head: {
    ':status': '503',
    'content-type': 'application/x-protobuf',
    'retry-after': '7',
    'set-cookie': 'a=1',
    'location': '/',
  },
  body: Buffer.from([0x12, 3, 0x61, 0x62, 0x63]),
  trailers: { a: 'trailer' },
};

function conversations({ body, head: fields, trailers }: Dialect): Uint8Array[] {
  const block = rawBlock(fields);
  const type = fields['content-type'];
  return [
    [
      settings, acknowledged, head(1, { ':status': '103' }), head(1, fields),
      rawFrame(DATA, 0, 1, body), head(1, trailers, END_HEADERS | END_STREAM),
      rawFrame(PING, 0, 0, Buffer.alloc(8)), head(3, fields, END_HEADERS | END_STREAM),
      rawFrame(RST, 0, 3, Buffer.alloc(4)), rawFrame(WINDOW, 0, 0, FIVE.subarray(1)),
    ],
    [
      rawFrame(SETTINGS, 0, 0, Buffer.from([0, 3, 0, 0, 0, 2, 0, 4, 0, 0, 0, 9])), acknowledged,
      rawFrame(HEADERS, 0, 1, block.subarray(0, 10)), rawFrame(CONTINUATION, 0, 1,
        block.subarray(10, 20)), rawFrame(CONTINUATION, END_HEADERS, 1, block.subarray(20)),
      rawFrame(DATA, PADDED, 1, Buffer.concat([Buffer.from([2]), body, Buffer.alloc(2)])),
      rawFrame(WINDOW, 0, 1, FIVE.subarray(1)), head(1, trailers, END_HEADERS | END_STREAM),
      rawFrame(HEADERS, END_HEADERS, 3, indexed(type)), rawFrame(DATA, 0, 3, body),
      rawFrame(GOAWAY, 0, 0, Buffer.from([0, 0, 0, 3, 0, 0, 0, 0])),
      head(3, trailers, END_HEADERS | END_STREAM),
    ],
    [
      settings, rawFrame(RST, 0, 3, Buffer.from([0, 0, 0, 7])),
      rawFrame(HEADERS, END_HEADERS | WITH_PRIORITY, 1, Buffer.concat([FIVE, block])),
      rawFrame(PRIORITY, 0, 5, FIVE), rawFrame(DATA, 0, 1, body.subarray(0, 3)),
      rawFrame(DATA, 0, 1, body.subarray(3)), head(1, trailers, END_HEADERS | END_STREAM),
      rawFrame(PUSH, END_HEADERS, 1, Buffer.concat([FIVE.subarray(1), block])),
    ],
  ].map((frames) => Buffer.concat(frames));
}

/** Makes a session, and has `begin` called when it may begin calls. */
type Open = (socket: Socket, events: SessionEvents) => {
  readonly session: GrpcClientSession | HttpClientSession;
  /** Begins a call; `told` is told what becomes of it. */
  begin(told: (end: string) => void): boolean;
};

const openGrpc: Open = (socket, events) => {
  const session = new GrpcClientSession(socket, new FakeClock(), events);
  const headers = { byName: {}, fields: [[':method', 'POST'], [':path', '/a']] as const };
  return {
    session,
    begin: (told) => session.begin({
      headers: () => headers,
      timeLeft: () => 5,
      chunks: [Buffer.alloc(20)],
      isCompressed: false,
      answered: (end, answer) => told(JSON.stringify([end, [...answer]])),
    }) !== undefined,
  };
};

const openHttp: Open = (socket, events) => {
  const times = { idle: 90_000, readIdle: 10_000, ping: 0 };
  const session = new HttpClientSession(socket, new FakeClock(), times, events);
  return {
    session,
    begin: (told) => session.begin({
      fields: [[':method', 'POST'], [':path', '/a']],
      chunks: [Buffer.alloc(20)],
      length: 20,
      answered: (end) => told(JSON.stringify(
        typeof end === 'object' && 'body' in end ? [end.head, [...end.body]] : [end])),
    }) !== undefined,
  };
};

/** What became of each call. */
async function played(open: Open, pieces: Iterable<Uint8Array>): Promise<readonly string[][]> {
  const ends: string[][] = [];
  let written = 0;
  let read = 0;
  const socket = new Duplex({
    read: () => undefined,
    write: (chunk: Uint8Array, _encoding, done) => {
      written += chunk.length;
      done();
    },
  }) as Socket;
  const { begin, session } = open(socket, {
    ready: () => {
      for (let i = 0; i < CALLS; i++) {
        const told: string[] = [];
        if (begin((end) => { told.push(end); })) ends.push(told);
      }
    },
    leaving: () => undefined,
    failed: () => undefined,
    closed: () => undefined,
  });
  for (const piece of pieces) {
    read += piece.length;
    session.connection.push(piece, 0, piece.length);
    mustHold(ANSWER_BUDGET.held <= read, `must hold at most ${read} bytes`, ANSWER_BUDGET.held);
  }
  await setImmediate();
  mustHold(written <= OWN_BYTES + ECHO * read, `must write little for ${read} bytes`, written);
  session.destroy();
  await setImmediate();
  const { promises } = session;
  mustHold(ANSWER_BUDGET.held === 0, 'must keep nothing', ANSWER_BUDGET.held);
  mustHold(promises.take(PROMISED_BYTES), 'must give back what was set aside', 'less');
  promises.give(PROMISED_BYTES);
  return ends;
}

/** However the bytes arrive, each call ends once and in the same way, and nothing is kept. */
async function converses(open: Open, input: Uint8Array): Promise<boolean> {
  const whole = await played(open, [input]);
  const pieces = await played(open, cut(input));
  mustHold(whole.every((told) => told.length === 1), 'must end each call once', whole);
  mustHold(JSON.stringify(pieces) === JSON.stringify(whole),
    `must end calls as ${JSON.stringify(whole)}`, JSON.stringify(pieces));
  return whole.some(([end]) => GOOD.test(end));
}

/** Targets over HTTP/2. */
export const http2ClientTargets: readonly FuzzTarget[] = [
  {
    name: 'answers of gRPC over HTTP/2',
    seeds: conversations(GRPC),
    weight: 4,
    decode: (input) => converses(openGrpc, input),
  },
  {
    name: 'answers over HTTP/2',
    seeds: conversations(HTTP),
    weight: 4,
    decode: (input) => converses(openHttp, input),
  },
];
