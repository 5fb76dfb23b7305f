/** HTTP/2 of our own: frames of a client that means harm, and its blocks of headers. */
import type { Socket } from 'net';
import { Duplex } from 'stream';
import { setImmediate } from 'timers/promises';
import { mustHold } from './requests';
import { HpackDecoder } from '../../net/http2/hpack-decoder';
import { HpackError } from '../../net/http2/hpack-error';
import { ReceiveBudget } from '../../net/http2/receive-window';
import { ServerCall, type CallDoor } from '../../net/http2/server-call';
import {
  ServerConnection, type NewStream, type ServerShare,
} from '../../net/http2/server-connection';
import { defaultSettings } from '../../net/http2/settings';
import { Promises } from '../../net/incoming-block';
import { OK } from '../../net/status';
import type { OnMessage } from '../../net/transport';
import { FakeClock } from '../../testing/fake-clock';
import { rawBlock, rawFrame } from '../../testing/raw-http2';
import type { FuzzTarget } from '../campaign';

const PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const FIELDS = {
  ':method': 'POST',
  ':scheme': 'http',
  ':path': PATH,
  ':authority': 'a',
  'te': 'trailers',
  'content-type': 'application/grpc',
  'grpc-timeout': '5S',
  'user-agent': 'grpc-go/1.60.0',
};
const MAX_BYTES = 100_000;
const SHARED_BYTES = 1e6;
const [DATA, HEADERS, PRIORITY, RST, SETTINGS, PING, GOAWAY, WINDOW, CONTINUATION] =
  [0, 1, 2, 3, 4, 6, 7, 8, 9];
const END_STREAM = 1;
const END_HEADERS = 4;
const PADDED = 8;
const WITH_PRIORITY = 32;
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const MESSAGE = Buffer.from([0, 0, 0, 0, 5, 1, 2, 3, 4, 5]);
const FIVE = Buffer.from([0, 0, 0, 0, 16]);
const BLOCK = rawBlock(FIELDS);
/** `:method: POST`, `:scheme: http`, a name of the static table, one added to the dynamic one. */
const INDEXED = Buffer.concat([
  Buffer.from([0x83, 0x86]), Buffer.from([0x04, PATH.length]), Buffer.from(PATH),
  Buffer.from([0x41, 0x01, 0x61]), Buffer.from([0x5f, 0x10]), Buffer.from('application/grpc'),
]);

const CONVERSATIONS: readonly Uint8Array[] = [
  [
    rawFrame(SETTINGS, 0, 0), rawFrame(HEADERS, END_HEADERS, 1, BLOCK),
    rawFrame(DATA, END_STREAM, 1, MESSAGE), rawFrame(SETTINGS, 1, 0),
    rawFrame(HEADERS, END_HEADERS, 3, INDEXED), rawFrame(DATA, 0, 3, MESSAGE.subarray(0, 7)),
    rawFrame(PING, 0, 0, Buffer.alloc(8)), rawFrame(DATA, END_STREAM, 3, MESSAGE.subarray(7)),
  ],
  [
    rawFrame(SETTINGS, 0, 0, Buffer.from([0, 4, 0, 0, 0, 9, 0, 1, 0, 0, 0, 0])),
    rawFrame(HEADERS, 0, 1, BLOCK.subarray(0, 20)),
    rawFrame(CONTINUATION, 0, 1, BLOCK.subarray(20, 50)),
    rawFrame(CONTINUATION, END_HEADERS, 1, BLOCK.subarray(50)),
    rawFrame(WINDOW, 0, 1, FIVE.subarray(1)),
    rawFrame(DATA, PADDED | END_STREAM, 1, Buffer.concat([Buffer.from([3]), MESSAGE,
      Buffer.alloc(3)])),
    rawFrame(GOAWAY, 0, 0, Buffer.alloc(8)),
  ],
  [
    rawFrame(SETTINGS, 0, 0),
    rawFrame(HEADERS, END_HEADERS | WITH_PRIORITY, 1, Buffer.concat([FIVE, INDEXED])),
    rawFrame(PRIORITY, 0, 5, FIVE), rawFrame(RST, 0, 1, FIVE.subarray(1)),
    rawFrame(HEADERS, END_HEADERS, 7, INDEXED), rawFrame(DATA, 0, 7, MESSAGE),
    rawFrame(HEADERS, END_HEADERS | END_STREAM, 7, rawBlock({ trailer: 'x' })),
    rawFrame(WINDOW, 0, 0, FIVE.subarray(1)),
  ],
].map((frames) => Buffer.concat(frames));

interface Outcome {
  /** Messages that were handed over, as text. */
  readonly messages: string;
  /** Bytes that the connection still holds once its client is gone. */
  readonly held: number;
}

async function played(pieces: Iterable<Uint8Array>): Promise<Outcome> {
  const messages: string[] = [];
  const take: OnMessage = (arena, offset, length, _encoding, respond) => {
    messages.push(Buffer.from(arena.subarray(offset, offset + length)).toString('base64'));
    respond(OK);
  };
  const budget = new ReceiveBudget(SHARED_BYTES, SHARED_BYTES);
  const socket = new Duplex({
    read: () => undefined, write: (_chunk, _encoding, done) => done(),
  }) as Socket;
  const share: ServerShare = {
    settings: defaultSettings(),
    keepalive: {
      maxConnectionIdle: 0,
      maxConnectionAge: 0,
      maxConnectionAgeGrace: 0,
      time: 7_200_000,
      timeout: 20_000,
      enforcementPolicy: { minTime: 300_000, permitWithoutStream: false },
    },
    budget,
    windowBytes: 65_535,
    clock: new FakeClock(),
    looks: 0,
    awaited: () => undefined,
    stoodStill: () => 0,
  };
  const door: CallDoor = {
    routes: new Map([[PATH, take]]),
    maxBytes: MAX_BYTES,
    keepsMetadata: true,
    promises: new Promises(SHARED_BYTES),
    refused: () => undefined,
  };
  const newCall: NewStream = (id, host, look) => new ServerCall(id, look, host, door);
  const connection = new ServerConnection(socket, newCall, share, {
    pestering: () => undefined, strange: () => undefined, closed: () => undefined,
  });
  connection.push(PREFACE, 0, PREFACE.length);
  for (const piece of pieces) connection.push(piece, 0, piece.length);
  connection.cut();
  await setImmediate();
  return { messages: messages.join(), held: budget.held };
}

/** `input` in pieces whose size comes of its own. */
export function* cut(input: Uint8Array): Iterable<Uint8Array> {
  const size = input.length % 11 + 1;
  for (let at = 0; at < input.length; at += size) yield input.subarray(at, at + size);
}

/** However the bytes arrive, the same messages come out, and nothing is kept of who has gone. */
async function converses(input: Uint8Array): Promise<boolean> {
  const whole = await played([input]);
  const pieces = await played(cut(input));
  mustHold(pieces.messages === whole.messages, `must hand over ${whole.messages}`, pieces.messages);
  mustHold(whole.held === 0, 'must keep nothing', whole.held);
  return whole.messages !== '';
}

function decodes(input: Uint8Array): boolean {
  const decoder = new HpackDecoder({ maxTableBytes: 4096, maxListBytes: 8192, maxFields: 100 });
  let bytes = 0;
  const half = input.length >> 1;
  try {
    for (const [start, end] of [[0, half], [half, input.length], [0, half]]) {
      decoder.decode(input, start, end, (name, value) => {
        bytes += name.length + value.length + 32;
      });
    }
  } catch (error) {
    if (error instanceof HpackError) return false;
    throw error;
  }
  mustHold(bytes <= 3 * 8192, 'must keep to the size of a list', bytes);
  return true;
}

/** Targets over HTTP/2. */
export const http2Targets: readonly FuzzTarget[] = [
  { name: 'HTTP/2 connections', seeds: CONVERSATIONS, weight: 6, decode: converses },
  {
    name: 'HPACK blocks',
    seeds: [Buffer.concat([BLOCK, BLOCK]), Buffer.concat([INDEXED, INDEXED])],
    weight: 12,
    decode: decodes,
  },
];
