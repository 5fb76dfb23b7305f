/** Clients that break the rules of gRPC and HTTP are answered or cut, and the server goes on. */
import * as http2 from 'http2';
import { connect, type Socket } from 'net';
import { gzipSync } from 'zlib';
import { HTTP2S, useHttp2 } from '../testing/component-context';
import { loopbackReceiver, type LoopbackReceiver } from '../testing/otlp-loopback';
import { samplePayload } from '../testing/sample-payload';

const PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const PROTO = Buffer.from(samplePayload('traces', 1).chunks[0]);
const MIB = 1024 * 1024;

let peer: LoopbackReceiver;
let session: http2.ClientHttp2Session;

function open(): http2.ClientHttp2Session {
  const opened = http2.connect(`http://127.0.0.1:${peer.receiver.ports.grpc}`, {
    maxSessionMemory: 1024,
  });
  opened.on('error', () => undefined);
  return opened;
}

interface Answer {
  readonly http?: number;
  readonly code: number;
  readonly message: string;
}

function framed(message: Uint8Array, flag = 0, length = message.length): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}

/** Sends `body` as it is; without `isEnded`, the request never ends. */
function post(body: Buffer, headers: object = {}, isEnded = true): Promise<Answer> {
  return new Promise((resolve) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': PATH,
      'content-type': 'application/grpc',
      'te': 'trailers',
      ...headers,
    });
    let seen: Record<string, unknown> = {};
    stream.on('response', (found) => { seen = { ...found }; });
    stream.on('trailers', (found) => { seen = { ...seen, ...found }; });
    stream.on('error', () => undefined);
    stream.on('close', () => resolve({
      http: seen[':status'] as number | undefined,
      code: Number(seen['grpc-status'] ?? -1),
      message: String(seen['grpc-message'] ?? ''),
    }));
    stream.resume();
    if (isEnded) stream.end(body); else stream.write(body);
  });
}

interface Case {
  readonly what: string;
  readonly body?: Buffer;
  readonly headers?: object;
  readonly isEnded?: boolean;
  readonly code: number;
  readonly message: RegExp;
  readonly http?: number;
}

const CASES: readonly Case[] = [
  {
    what: 'no message at all',
    body: Buffer.alloc(0),
    code: 13,
    message: /received no request message/,
  },
  { what: 'half a prefix', body: Buffer.from([0, 0, 0]), code: 13, message: /^unexpected EOF$/ },
  {
    what: 'less than the prefix promised',
    body: framed(PROTO, 0, PROTO.length + 1),
    code: 13,
    message: /^unexpected EOF$/,
  },
  {
    what: 'more than the prefix promised',
    body: framed(PROTO, 0, PROTO.length - 1),
    code: 13,
    message: /received multiple request messages/,
  },
  {
    what: 'an unknown flag',
    body: framed(PROTO, 7),
    code: 13,
    message: /unexpected payload format 7/,
  },
  {
    what: 'a compressed message without saying how',
    body: framed(gzipSync(PROTO), 1),
    code: 13,
    message: /compressed flag set with identity or empty encoding/,
  },
  {
    what: 'a message that is not gzip',
    body: framed(PROTO, 1),
    code: 13,
    headers: { 'grpc-encoding': 'gzip' },
    message: /failed to decompress.*gzip: invalid header/,
  },
  {
    what: 'half of a gzip',
    body: framed(gzipSync(PROTO).subarray(0, 30), 1),
    code: 13,
    headers: { 'grpc-encoding': 'gzip' },
    message: /failed to read decompressed data: unexpected EOF/,
  },
  {
    what: 'a bomb',
    body: framed(gzipSync(Buffer.alloc(100 * MIB)), 1),
    code: 8,
    headers: { 'grpc-encoding': 'gzip' },
    message: /received message after decompression larger than max 1048576/,
  },
  {
    what: 'a prefix that promises 4 GiB, and no end',
    body: framed(PROTO, 0, 0xffff_ffff),
    code: 8,
    isEnded: false,
    message: /received message larger than max \(4294967295 vs\. 1048576\)/,
  },
  {
    what: 'a body without end after its message',
    body: framed(Buffer.alloc(64 * MIB), 0, 100),
    isEnded: false,
    code: 13,
    message: /received multiple request messages/,
  },
  {
    what: 'an encoding that nobody knows',
    headers: { 'grpc-encoding': 'lzma' },
    code: 12,
    message: /Decompressor is not installed for grpc-encoding "lzma"/,
  },
  {
    what: 'bytes that are no telemetry',
    body: framed(Buffer.from('hello')),
    code: 13,
    message: /^grpc: error unmarshalling request: /,
  },
  {
    what: 'another content type',
    headers: { 'content-type': 'application/json' },
    code: 3,
    http: 415,
    message: /^invalid gRPC request content-type "application\/json"$/,
  },
  {
    what: 'another method',
    headers: { ':method': 'PUT' },
    code: 13,
    http: 405,
    message: /which should be POST/,
  },
  {
    what: 'a path that is none',
    headers: { ':path': '/hello' },
    code: 12,
    message: /^malformed method name: "\/hello"$/,
  },
];

describe.each(HTTP2S)('over %s HTTP/2', (kind) => {
  beforeAll(() => useHttp2(kind));

  beforeAll(async () => {
    peer = loopbackReceiver(
      { max_recv_msg_size_mib: 1, max_concurrent_streams: 50 }, { max_request_body_size: 4096 });
    await peer.receiver.start();
  });

  afterAll(() => peer.receiver.stop());

  beforeEach(() => {
    session = open();
  });

  afterEach(() => session.destroy());

  it.each(CASES.map((entry): [string, Case] => [entry.what, entry]))(
    'the gRPC server answers %s, and goes on', async (_what, entry) => {
      const answer = await post(entry.body ?? framed(PROTO), entry.headers, entry.isEnded);
      expect(answer).toEqual({
        http: entry.http ?? 200, code: entry.code, message: expect.stringMatching(entry.message),
      });
      expect(await post(framed(PROTO))).toMatchObject({ http: 200, code: 0 });
    });

  it('the gRPC server takes a message in chunks of one byte', async () => {
    const stream = session.request({
      ':method': 'POST', ':path': PATH, 'content-type': 'application/grpc+proto',
    });
    const taken = peer.consumers.traces.items;
    for (const byte of framed(PROTO)) stream.write(Buffer.from([byte]));
    stream.end().resume();
    await new Promise((resolve) => stream.on('close', resolve));
    expect(peer.consumers.traces.items).toBe(taken + 1);
  });

  it('the gRPC server goes on when clients vanish in the middle', async () => {
    const release = peer.consumers.traces.hold();
    const before = peer.consumers.traces.calls;
    const gone = post(framed(PROTO));
    while (peer.consumers.traces.calls === before) await pause(2);
    session.destroy();
    await gone;
    release();
    await pause(20);
    session = open();
    expect(await post(framed(PROTO))).toMatchObject({ code: 0 });
  });

  const GARBAGE: readonly (readonly [string, string])[] = [
    ['plain text', 'hello\r\n\r\n'],
    ['an HTTP/1.1 request', 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'],
    ['a preface and noise', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${'\x7f'.repeat(200)}`],
  ];

  it.each(GARBAGE)('the gRPC server cuts a connection that sends %s', async (_what, text) => {
    await rawExchange(peer.receiver.ports.grpc!, text);
    expect(await post(framed(PROTO))).toMatchObject({ code: 0 });
  });

  describe('the HTTP server', () => {
    const head = (length: string): string => 'POST /v1/traces HTTP/1.1\r\nhost: a\r\n'
      + `content-type: application/x-protobuf\r\n${length}\r\n\r\n`;

    it.each([
      ['a body announced as too large', `${head('content-length: 1000000')}abc`,
        /^HTTP\/1\.1 400 /],
      ['chunks without end',
        `${head('transfer-encoding: chunked')}2000\r\n${'a'.repeat(0x2000)}\r\n`,
        /^HTTP\/1\.1 400 [^]*request body too large/],
      ['two lengths', head('content-length: 1\r\ncontent-length: 2'), /^HTTP\/1\.1 400 /],
      ['no HTTP at all', 'hello\r\n\r\n', /^HTTP\/1\.1 400 /],
    ])('answers %s and ends the connection', async (_what, text, answer) => {
      expect(await rawExchange(peer.receiver.ports.http!, text)).toMatch(answer);
    });

    it('forgets a request whose client leaves in the middle of its body', async () => {
      const calls = peer.consumers.traces.calls;
      const socket = connect(peer.receiver.ports.http!, '127.0.0.1');
      socket.write(`${head('content-length: 1000')}abc`);
      await pause(20);
      socket.destroy();
      await pause(20);
      expect(peer.consumers.traces.calls).toBe(calls);
      const response = await fetch(`http://127.0.0.1:${peer.receiver.ports.http}/v1/traces`, {
        method: 'POST', headers: { 'content-type': 'application/x-protobuf' }, body: PROTO,
      });
      expect(response.status).toBe(200);
    });

    it('refuses a bomb by its limit', async () => {
      const response = await fetch(`http://127.0.0.1:${peer.receiver.ports.http}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
        body: gzipSync(Buffer.alloc(3 * MIB)),
      });
      expect(await response.json()).toEqual({ code: 3, message: 'http: request body too large' });
    });
  });
});

/** What comes back for `text` until the other side ends the connection. */
function rawExchange(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket: Socket = connect(port, '127.0.0.1', () => socket.write(text));
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`server: must end the connection, got ${Buffer.concat(chunks).toString()}`));
    }, 5000);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks).toString());
    });
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
