/** OTLP/HTTP over HTTP/2: what the keys of the receiver do to it, and what clients may not do. */
import { execFile, spawnSync } from 'child_process';
import { readFileSync } from 'fs';
import * as http2 from 'http2';
import { connect } from 'net';
import * as tls from 'tls';
import { systemClock } from '../clock';
import { unauthenticated } from '../net/authentication';
import { HttpServer } from '../net/http-server';
import { OK } from '../net/status';
import type { OnMessage, Respond, Routes } from '../net/transport';
import type { ClientMetadata } from '../pipeline/client-metadata';
import type { HttpCall } from '../telemetry/calls';
import { netContext } from '../testing/component-context';
import { HTTP_CARRIERS, type CarriedAnswer, type CarriedRequest } from '../testing/http-carriers';
import { RawHttp2, rawBlock, rawFrame } from '../testing/raw-http2';
import { RecordingLogger } from '../testing/recording-logger';
import { httpServerSettings } from '../testing/server-settings';
import { makeTestCertificates, type TestCertificates } from '../testing/test-certificates';

const LIMIT = 4096;
const PLAIN = [HTTP_CARRIERS[0][1], HTTP_CARRIERS[2][1]] as const;
const HTTP2 = PLAIN[1];
const [DATA, HEADERS, RST, GOAWAY] = [0, 1, 3, 7];
const [END_STREAM, END_HEADERS] = [1, 4];
const [INTERNAL_ERROR, PROTOCOL_ERROR, REFUSED_STREAM] = [2, 1, 7];
const HEAD: Readonly<Record<string, string>> = {
  ':method': 'POST', ':scheme': 'http', ':path': '/v1/traces', 'content-type': 'application/json',
};

const ends: (() => unknown)[] = [];
const held: Respond[] = [];

afterEach(async () => {
  held.length = 0;
  for (const end of ends.splice(0).reverse()) await end();
});

async function serving(yaml: object = {}, given: object = {}) {
  const log = new RecordingLogger();
  const bodies: string[] = [];
  const seen: (ClientMetadata | undefined)[] = [];
  const told: (HttpCall & { readonly ended: readonly number[] })[] = [];
  const take: OnMessage = (arena, offset, length, _encoding, respond, metadata) => {
    bodies.push(Buffer.from(arena).toString('latin1', offset, offset + length));
    seen.push(metadata);
    respond(OK, Buffer.from('taken'));
  };
  const routes: Routes = new Map([
    ['/v1/traces', take], ['/v1/logs', (...[,,,, respond]) => { held.push(respond); }],
  ]);
  const nothing = () => ({ end: () => undefined });
  const calls = {
    grpcServer: nothing,
    grpcClient: nothing,
    httpClient: nothing,
    httpServer: (call: HttpCall) => ({
      end: (status: number, requestBytes: number, responseBytes: number) => {
        told.push({ ...call, ended: [status, requestBytes, responseBytes] });
      },
    }),
  };
  const settings = httpServerSettings({ max_request_body_size: LIMIT, ...yaml });
  const server = new HttpServer(
    settings, routes, { ...netContext(systemClock), calls, log, ...given });
  ends.push(() => server.close(0));
  const port = await server.listen();
  return { bodies, log, port, seen, server, told };
}

async function rawClient(port: number): Promise<RawHttp2> {
  const client = await RawHttp2.open(port);
  ends.push(() => client.socket.destroy());
  return client;
}

function headers(stream: number, more: object = {}, isEnd = false): Buffer {
  return rawFrame(
    HEADERS, END_HEADERS | (isEnd ? END_STREAM : 0), stream, rawBlock({ ...HEAD, ...more }));
}

/** An answer without what differs between versions of HTTP by nature. */
function comparable({ body, headers: all, status }: CarriedAnswer): object {
  const differs = new Set(['connection', 'date', 'keep-alive']);
  const same = Object.entries(all).filter(([name]) => !differs.has(name));
  expect(Date.parse(String(all.date))).toBeGreaterThan(0);
  return { status, headers: Object.fromEntries(same), body: body.toString('latin1') };
}

const TYPE = { 'content-type': 'application/json' };
const BODY = Buffer.from('{"resourceSpans":[]}');
const LET_IN = { authorization: 'yes' };
const ASKS = {
  'origin': 'http://page.test',
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'content-type',
};

const ROWS: readonly (readonly [string, Omit<CarriedRequest, 'port'>])[] = [
  ['a message', { path: '/v1/traces', headers: { ...TYPE, ...LET_IN }, body: BODY }],
  ['a message of a page', {
    path: '/v1/traces', headers: { ...TYPE, ...LET_IN, origin: 'http://page.test' }, body: BODY,
  }],
  ['a preflight', { method: 'OPTIONS', path: '/v1/traces', headers: ASKS }],
  ['a preflight of a stranger', {
    method: 'OPTIONS', path: '/v1/traces', headers: { ...ASKS, origin: 'http://other.test' },
  }],
  ['one who is not let in', { path: '/v1/traces', headers: TYPE, body: BODY }],
  ['one whose URL lets it in', { path: '/v1/traces?authorization=yes', headers: TYPE, body: BODY }],
  ['a path that nobody takes', { path: '/v2', headers: { ...TYPE, ...LET_IN }, body: BODY }],
  ['a method that nobody takes', { method: 'PUT', path: '/v1/traces', headers: LET_IN }],
  ['who wants no body', { method: 'HEAD', path: '/v1/traces', headers: LET_IN }],
  ['an encoding that nobody knows', {
    path: '/v1/traces', headers: { ...TYPE, ...LET_IN, 'content-encoding': 'br' }, body: BODY,
  }],
  ['a body that is too large', {
    path: '/v1/traces', headers: { ...TYPE, ...LET_IN }, body: Buffer.alloc(LIMIT + 1),
  }],
];

test.each(ROWS)('over HTTP/2 as over HTTP/1.1 is answered %s', async (_who, request) => {
  const guard = {
    start: () => undefined,
    stop: () => undefined,
    authenticate: (all: Readonly<Record<string, unknown>>) =>
      all.authorization === 'yes' ? undefined : unauthenticated('who are you?'),
  };
  const { bodies, port } = await serving({
    auth: { authenticator: 'guard', request_params: ['authorization'] },
    cors: { allowed_origins: ['http://page.test'], allowed_headers: ['*'], max_age: 7 },
    response_headers: { 'X-From': 'here', 'Vary': 'Accept' },
  }, { extension: () => guard });
  const [first, second] = await Promise.all(
    PLAIN.map(async (carrier) => comparable(await carrier.send({ port, ...request }))));
  expect(second).toEqual(first);
  expect(bodies[1]).toBe(bodies[0]);
});

test('the headers of a request go along with its message, its authority as host', async () => {
  const { port, seen } = await serving({ include_metadata: true });
  await HTTP2.send({ port, path: '/v1/traces', headers: { ...TYPE, 'X-Tenant': 'a' }, body: BODY });
  expect(seen[0]).toMatchObject({ 'host': [`127.0.0.1:${port}`], 'x-tenant': ['a'] });
  expect(Object.keys(seen[0] ?? {}).filter((name) => name.startsWith(':'))).toEqual([]);
});

test('requests are counted as those of HTTP/2', async () => {
  const { port, told } = await serving();
  await HTTP2.send({ port, path: '/v1/traces?a=b', headers: TYPE, body: BODY });
  await HTTP2.send({ port, path: '/v2', headers: TYPE, body: BODY });
  const usual = { method: 'POST', scheme: 'http', address: '127.0.0.1', port, version: '2.0' };
  expect(told).toEqual([
    { ...usual, route: '/v1/traces', ended: [200, BODY.length, 5] },
    { ...usual, ended: [404, 0, 19] },
  ]);
});

test('bodies in many frames are put together', async () => {
  const { bodies, port } = await serving({ max_request_body_size: 5_000_000 });
  const body = Buffer.from(Array.from({ length: 4_000_000 }, (_, i) => i % 251));
  const answers = await Promise.all([1, 2, 3].map(
    () => HTTP2.send({ port, path: '/v1/traces', headers: TYPE, body })));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(bodies.every((each) => each === body.toString('latin1'))).toBe(true);
});

test('ten thousand requests at once on one connection are answered', async () => {
  const { bodies, port } = await serving();
  const session = http2.connect(`http://127.0.0.1:${port}`);
  ends.push(() => session.destroy());
  await new Promise((resolve) => session.once('remoteSettings', resolve));
  const statuses = await Promise.all(Array.from({ length: 10_000 }, (_, i) =>
    new Promise<unknown>((resolve) => {
      const stream = session.request({ ...HEAD, ':scheme': undefined });
      stream.once('response', (found) => resolve(found[':status']));
      stream.once('error', resolve);
      stream.resume().end(String(i));
    })));
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(new Set(bodies).size).toBe(10_000);
}, 30_000);

test('requests beyond the limit of a connection are refused, others are answered', async () => {
  const { port } = await serving();
  const client = await rawClient(port);
  client.send(...Array.from({ length: 251 }, (_, i) => headers(2 * i + 1)));
  const refused = await client.frame(({ type }) => type === RST);
  expect([refused.stream, refused.payload.readUInt32BE(0)]).toEqual([501, REFUSED_STREAM]);
  client.send(rawFrame(DATA, END_STREAM, 1, BODY));
  expect((await client.frame(({ stream }) => stream === 1)).payload.toString()).toContain('200');
});

const MANY = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`x-${i}`, 'y']));

const ABUSES: readonly (readonly [string, object, readonly Buffer[], RegExp | number])[] = [
  ['a body beyond the limit is refused before its end', {},
    [headers(1), rawFrame(DATA, 0, 1, Buffer.alloc(LIMIT + 1))], /400/],
  ['a length beyond the limit is refused before the body', {},
    [headers(1, { 'content-length': String(LIMIT + 1) })], /400/],
  ['a body that does not come is waited for as long as read_timeout says',
    { read_timeout: '100ms' }, [headers(1), rawFrame(DATA, 0, 1, BODY)], /408/],
  ['headers beyond the limit are answered with 431', {},
    [headers(1, MANY)], /431/],
  ['more bytes than were announced are a mistake', {},
    [headers(1, { 'content-length': '3' }), rawFrame(DATA, 0, 1, BODY)], PROTOCOL_ERROR],
  ['less bytes than were announced are a mistake', {},
    [headers(1, { 'content-length': '99' }), rawFrame(DATA, END_STREAM, 1, BODY)], PROTOCOL_ERROR],
  ['no bytes where some were announced are a mistake', {},
    [headers(1, { 'content-length': '99' }, true)], PROTOCOL_ERROR],
  ['a header of HTTP/1.1 is a mistake', {},
    [headers(1, { 'transfer-encoding': 'chunked' })], PROTOCOL_ERROR],
  ['an answer that takes too long is given up after write_timeout', { write_timeout: '100ms' },
    [headers(1, { ':path': '/v1/logs' }), rawFrame(DATA, END_STREAM, 1, BODY)], INTERNAL_ERROR],
];

test.each(ABUSES)('%s', async (_what, yaml, frames, expected) => {
  const { bodies, port } = await serving(yaml);
  const client = await rawClient(port);
  client.send(...frames);
  const { payload, type } = await client.frame(({ stream }) => stream === 1);
  if (typeof expected === 'number') {
    expect([type, payload.readUInt32BE(0)]).toEqual([RST, expected]);
  } else {
    expect(type).toBe(HEADERS);
    expect(payload.toString('latin1')).toMatch(expected);
  }
  expect(bodies).toEqual([]);
  client.send(headers(3), rawFrame(DATA, END_STREAM, 3, BODY));
  const next = await client.frame(({ stream }) => stream === 3);
  expect(next.payload.toString('latin1')).toContain('200');
});

test('who says the first word of HTTP/2, and then another, is told and cut', async () => {
  const { log, port } = await serving();
  const socket = connect({ port, host: '127.0.0.1' });
  ends.push(() => socket.destroy());
  let said = '';
  socket.on('data', (chunk: Buffer) => { said += chunk.toString('latin1'); });
  socket.write('PRI / HTTP/1.1\r\n\r\n');
  await new Promise((resolve) => socket.once('close', resolve));
  expect(said).toContain('preface: must be that of HTTP/2');
  expect(log.lines.map(({ message }) => message)).toEqual(['A connection was refused.']);
});

test('a client that says that it is done sees the end of the connection', async () => {
  const { port } = await serving();
  const client = await rawClient(port);
  client.send(headers(1), rawFrame(DATA, END_STREAM, 1, BODY));
  await client.frame(({ stream }) => stream === 1);
  client.socket.end();
  await expect(client.frame(() => false)).rejects.toThrow('got the end');
});

test('who is about to stop lets requests end, and takes no new ones', async () => {
  const { port, server } = await serving();
  const client = await rawClient(port);
  client.send(headers(1, { ':path': '/v1/logs' }), rawFrame(DATA, END_STREAM, 1, BODY));
  while (held.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const closed = server.close(5000);
  await client.frame(({ type }) => type === GOAWAY);
  const last = await client.frame(({ type }) => type === GOAWAY);
  expect(last.payload.readUInt32BE(0)).toBe(1);
  client.send(headers(3));
  const refused = await client.frame(({ stream }) => stream === 3);
  expect([refused.type, refused.payload.readUInt32BE(0)]).toEqual([RST, REFUSED_STREAM]);
  held[0](OK);
  expect((await client.frame(({ stream }) => stream === 1)).payload.toString()).toContain('200');
  await closed;
});

test.each([
  [{ keepalive: { enabled: false } }], [{ keepalive: { idle_timeout: '50ms' } }],
])('with %j a connection is ended after its requests', async (yaml) => {
  const { port } = await serving(yaml);
  const client = await rawClient(port);
  client.send(headers(1), rawFrame(DATA, END_STREAM, 1, BODY));
  let [isAnswered, isTold] = [false, false];
  while (!isAnswered || !isTold) {
    const frame = await client.frame(({ stream, type }) => stream === 1 || type === GOAWAY);
    if (frame.type === GOAWAY) isTold = true; else isAnswered = true;
  }
  await expect(client.frame(() => false)).rejects.toThrow('got the end');
});

describe('over TLS', () => {
  let certificates: TestCertificates;
  beforeAll(() => { certificates = makeTestCertificates(); }, 60_000);
  afterAll(() => certificates.remove());

  test.each([
    ['own', ['h2', 'http/1.1'], 'h2'], ['own', ['http/1.1', 'h2'], 'h2'],
    ['own', ['http/1.1'], 'http/1.1'], ['own', undefined, false],
    ['node', ['h2', 'http/1.1'], 'http/1.1'],
  ])('the %s HTTP/2 and a client that offers %j agree on %s', async (whose, offered, agreed) => {
    const { certFile, keyFile } = certificates.server;
    const { port } = await serving(
      { tls: { cert_file: certFile, key_file: keyFile } }, { http2: whose });
    const socket = tls.connect({
      port,
      host: '127.0.0.1',
      ca: readFileSync(certificates.caFile),
      ALPNProtocols: offered,
    });
    ends.push(() => socket.destroy());
    await new Promise((resolve) => socket.once('secureConnect', resolve));
    expect(socket.alpnProtocol).toBe(agreed);
  });
});

test('without HTTP/2 of our own there is none on this port', async () => {
  const { port } = await serving({}, { http2: 'node' });
  const client = await rawClient(port);
  await expect(client.frame(() => false)).rejects.toThrow('got the end');
});

const curl = spawnSync('curl', ['--version'], { encoding: 'utf8' }).stdout ?? '';

(curl.includes('HTTP2') ? test : test.skip)('curl speaks HTTP/2 by prior knowledge', async () => {
  const { bodies, port } = await serving();
  const said = await new Promise<string>((resolve) => {
    execFile('curl', [
      '-s', '-i', '-m', '10', '--noproxy', '*', '--http2-prior-knowledge',
      '-H', 'content-type: application/json', '-d', '{"a":1}', `http://127.0.0.1:${port}/v1/traces`,
    ], (_error, stdout) => resolve(stdout));
  });
  expect(said).toMatch(/^HTTP\/2 200 [^]*taken$/);
  expect(bodies).toEqual(['{"a":1}']);
});
