/** OTLP/HTTP over HTTP/2: our client before servers of Node.js (nghttp2), with real TLS. */
import * as http2 from 'http2';
import * as https from 'https';
import * as net from 'net';
import * as tls from 'tls';
import { gunzipSync } from 'zlib';
import { messageOf, RetryableError } from '../errors';
import { useHttp2 } from '../testing/component-context';
import { loopbackExporter } from '../testing/otlp-loopback';
import { encodeProto } from '../testing/otlp-proto';
import { samplePayload } from '../testing/sample-payload';
import { makeTestCertificates, type TestCertificates } from '../testing/test-certificates';

const ONE = samplePayload('traces', 1);
const ends: (() => unknown)[] = [];
let certificates: TestCertificates;
let pair: { readonly cert: string; readonly key: string };

beforeAll(() => {
  certificates = makeTestCertificates();
  pair = certificates.issue(['localhost']);
}, 60_000);
afterEach(async () => {
  useHttp2('own');
  for (const end of ends.splice(0).reverse()) await end();
});
afterAll(() => certificates.remove());

/** Speaks HTTP/1.1 and nothing else. */
const HTTP1: http2.SecureServerOptions = { allowHTTP1: false };

type Handler = (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse) => void;

interface Served {
  readonly endpoint: string;
  readonly port: number;
  /** `HTTP version, path` of each request. */
  readonly asked: string[];
  readonly bodies: Buffer[];
  readonly sessions: http2.ServerHttp2Session[];
  /** Connections that were made. */
  readonly sockets: tls.TLSSocket[];
}

/** Has `server` listen. */
async function portOf(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as net.AddressInfo).port;
}

/** A server of Node.js that reads whole requests and then does what `handler` says. */
async function serving(
  handler: Handler = (_request, response) => response.end(),
  options: http2.SecureServerOptions = {},
): Promise<Served> {
  // The server of HTTP/2 offers both, whatever it is told.
  const server = options === HTTP1
    ? https.createServer(pair) as unknown as http2.Http2SecureServer
    : http2.createSecureServer({ ...pair, allowHTTP1: true, ...options });
  const asked: string[] = [];
  const bodies: Buffer[] = [];
  const sessions: http2.ServerHttp2Session[] = [];
  const sockets: tls.TLSSocket[] = [];
  server.on('session', (session) => {
    session.on('error', () => undefined);
    sessions.push(session);
  });
  server.on('secureConnection', (socket) => sockets.push(socket));
  server.on('request', (request, response) => {
    asked.push(`${request.httpVersion} ${request.url}`);
    const chunks: Buffer[] = [];
    request.on('error', () => undefined).on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks));
      handler(request, response);
    });
  });
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  const port = await portOf(server);
  return { endpoint: `https://localhost:${port}`, port, asked, bodies, sessions, sockets };
}

async function exporting(endpoint: string, yaml: object = {}) {
  const made = loopbackExporter('otlp_http', {
    endpoint,
    sending_queue: { enabled: false },
    retry_on_failure: { enabled: false },
    tls: { ca_file: certificates.caFile },
    ...yaml,
  }, ['traces']);
  await made.exporter.start();
  ends.push(() => made.exporter.stop());
  return made;
}

/** Stands before servers as an address of Kubernetes does. */
async function relayTo(port: number) {
  const links: net.Socket[] = [];
  const server = net.createServer((socket) => {
    const onward = net.connect(relay.to, '127.0.0.1');
    socket.pipe(onward).pipe(socket);
    for (const side of [socket, onward]) side.on('error', () => undefined);
    links.push(socket, onward);
  });
  ends.push(() => {
    for (const side of links) side.destroy();
    return server.close();
  });
  const relay = {
    to: port,
    endpoint: `https://localhost:${await portOf(server)}`,
    /** Ends what goes over it, until its client has gone. */
    cut: async () => {
      const gone = new Promise((resolve) => links[0].once('close', resolve));
      links[1].destroy();
      links[0].unpipe().resume().end();
      await gone;
      await new Promise(setImmediate);
    },
    /** Passes nothing on any more of what goes over the connections that there are. */
    fallSilent: () => { for (const side of links) side.unpipe(); },
  };
  return relay;
}

async function failureOf(promise: void | Promise<void>) {
  const error: unknown = await Promise.resolve(promise)
    .then(() => undefined, (failure: unknown) => failure);
  const delayMs = error instanceof RetryableError ? error.delayMs : undefined;
  return { isRetryable: error instanceof RetryableError, delayMs, message: messageOf(error) };
}

describe('the protocol', () => {
  test.each<readonly [string, object, http2.SecureServerOptions, string]>([
    ['HTTP/2 when the server chooses it', {}, {}, '2.0'],
    ['HTTP/1.1 when the server knows no other', {}, HTTP1, '1.1'],
    ['HTTP/1.1 when it is told to', { force_attempt_http2: false }, {}, '1.1'],
    ['HTTP/1.1 when connections are not kept', { keepalive: { enabled: false } }, {}, '1.1'],
  ])('is %s', async (_which, yaml, options, version) => {
    const { asked, endpoint, sockets } = await serving(undefined, options);
    const { exporter } = await exporting(endpoint, yaml);
    await Promise.all([exporter.consume(ONE), exporter.consume(ONE)]);
    await exporter.consume(ONE);
    expect(asked).toEqual(Array.from({ length: 3 }, () => `${version} /v1/traces`));
    if (version === '2.0') expect(sockets).toHaveLength(1);
  });

  test('is HTTP/1.1 with the HTTP/2 of Node.js', async () => {
    useHttp2('node');
    const { asked, endpoint } = await serving();
    const { exporter } = await exporting(endpoint);
    await exporter.consume(ONE);
    expect(asked).toEqual(['1.1 /v1/traces']);
  });

  test('is chosen anew when a server comes back as another', async () => {
    const first = await serving(undefined, HTTP1);
    const relay = await relayTo(first.port);
    const { exporter } = await exporting(relay.endpoint);
    await exporter.consume(ONE);
    const second = await serving();
    relay.to = second.port;
    await relay.cut();
    await exporter.consume(ONE);
    expect([first.asked, second.asked]).toEqual([['1.1 /v1/traces'], ['2.0 /v1/traces']]);
  });
});

test('a request carries what it carries over HTTP/1.1', async () => {
  const heads: http2.IncomingHttpHeaders[] = [];
  const { bodies, port } = await serving((request, response) => {
    heads.push(request.headers);
    response.end();
  });
  const { exporter } = await exporting(`https://user:pass@localhost:${port}`, {
    headers: { 'X-Tenant': 'a', 'Host': 'elsewhere', 'Connection': 'close' },
  });
  const large = samplePayload('traces', 20_000);
  await exporter.consume(large);
  expect(heads[0]).toMatchObject({
    ':method': 'POST',
    ':scheme': 'https',
    ':authority': 'elsewhere',
    ':path': '/v1/traces',
    'authorization': `Basic ${Buffer.from('user:pass').toString('base64')}`,
    'content-encoding': 'gzip',
    'content-length': String(bodies[0].length),
    'content-type': 'application/x-protobuf',
    'x-tenant': 'a',
  });
  expect(heads[0].connection).toBeUndefined();
  expect(gunzipSync(bodies[0]).equals(Buffer.concat(large.chunks))).toBe(true);
});

test.each([
  [200, {}], [202, {}], [400, {}], [404, {}], [413, {}], [429, { 'retry-after': '7' }],
  [429, {}], [500, {}], [502, {}], [503, { 'retry-after': '3' }], [504, {}], [301, {}],
])('%i %j means the same as over HTTP/1.1', async (status, headers) => {
  const body = encodeProto('Status', { code: 3, message: 'what the server says' });
  const { asked, endpoint } = await serving((_request, response) => {
    response.writeHead(status, { ...headers, 'content-type': 'application/x-protobuf' });
    response.end(status < 300 ? '' : body);
  });
  const { exporter: second } = await exporting(endpoint);
  const { exporter: first } = await exporting(endpoint, { force_attempt_http2: false });
  expect(await failureOf(second.consume(ONE))).toEqual(await failureOf(first.consume(ONE)));
  expect(asked.map((line) => line.slice(0, 3))).toEqual(['2.0', '1.1']);
});

test('partial success is told', async () => {
  const { endpoint } = await serving((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/x-protobuf' });
    response.end(encodeProto('ExportServiceResponse', {
      partialSuccess: { rejectedSpans: 1, errorMessage: 'too old' },
    }));
  });
  const { context, exporter } = await exporting(endpoint);
  await exporter.consume(ONE);
  expect(JSON.stringify(context.log.lines)).toContain('too old');
});

test('a redirect is followed, and cookies are shown', async () => {
  const cookies: unknown[] = [];
  const { asked, endpoint } = await serving((request, response) => {
    cookies.push(request.headers.cookie);
    if (request.url === '/v1/traces') {
      response.writeHead(307, { 'location': '/other', 'set-cookie': ['a=1; Path=/', 'b=2'] });
    }
    response.end();
  });
  const { exporter } = await exporting(endpoint, { cookies: {} });
  await exporter.consume(ONE);
  expect(asked).toEqual(['2.0 /v1/traces', '2.0 /other']);
  expect(cookies).toEqual([undefined, 'a=1']);
});

describe('a connection', () => {
  test('that goes away answers what it has, and the next request goes over another', async () => {
    const held: http2.Http2ServerResponse[] = [];
    let arrived = (): void => undefined;
    const { endpoint, sessions, sockets } = await serving((_request, response) => {
      if (held.push(response) > 1) response.end();
      arrived();
    });
    const { exporter } = await exporting(endpoint);
    const request = new Promise<void>((resolve) => { arrived = resolve; });
    const first = exporter.consume(ONE);
    await request;
    const told = new Promise<void>((resolve) => sessions[0].once('close', resolve));
    sessions[0].close();
    // The answer to a ping comes behind what was said before it.
    await new Promise((resolve) => sessions[0].ping(resolve));
    await exporter.consume(ONE);
    expect(sockets).toHaveLength(2);
    held[0].end();
    await first;
    await told;
  });

  test('that refuses a stream unread is asked once more', async () => {
    let requests = 0;
    const { endpoint } = await serving((_request, response) => {
      if (requests++ === 0) response.stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
      else response.end();
    });
    const { exporter } = await exporting(endpoint);
    await exporter.consume(ONE);
    expect(requests).toBe(2);
  });

  test('that resets otherwise is a failure to try again later', async () => {
    const { endpoint } = await serving((_request, response) => {
      response.stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
    });
    const { exporter } = await exporting(endpoint);
    expect(await failureOf(exporter.consume(ONE))).toMatchObject({
      isRetryable: true, message: expect.stringContaining('INTERNAL_ERROR'),
    });
  });

  test('that is cut under a request is made again for it, if it had carried others', async () => {
    let requests = 0;
    const { endpoint, sockets } = await serving((_request, response) => {
      if (requests++ === 1) sockets[0].destroy(); else response.end();
    });
    const { exporter } = await exporting(endpoint);
    await exporter.consume(ONE);
    await exporter.consume(ONE);
    expect([requests, sockets.length]).toEqual([3, 2]);
  });

  test('without requests ends after idle_conn_timeout', async () => {
    const { endpoint, sessions } = await serving();
    const { exporter } = await exporting(endpoint, { keepalive: { idle_conn_timeout: '20ms' } });
    await exporter.consume(ONE);
    await new Promise<void>((resolve) => sessions[0].once('close', resolve));
    await exporter.consume(ONE);
    expect(sessions).toHaveLength(2);
  });

  test('that is silent is asked for a sign of life, and cut without one', async () => {
    const { port, sessions } = await serving((_request, response) => {
      if (sessions.length === 1) relay.fallSilent();
      response.end();
    });
    const relay = await relayTo(port);
    const { exporter } = await exporting(relay.endpoint, {
      http2_read_idle_timeout: '50ms', http2_ping_timeout: '50ms',
    });
    expect(await failureOf(exporter.consume(ONE))).toMatchObject({
      isRetryable: true, message: expect.stringContaining('no answer to a ping in 50 ms'),
    });
    await exporter.consume(ONE);
    expect(sessions).toHaveLength(2);
  });

  test('takes what the server takes, and others are made up to the limit', async () => {
    let open = 0;
    let most = 0;
    const { asked, endpoint, sockets } = await serving((_request, response) => {
      most = Math.max(most, ++open);
      setImmediate(() => {
        open--;
        response.end();
      });
    }, { settings: { maxConcurrentStreams: 2 } });
    const { exporter } = await exporting(endpoint, { max_conns_per_host: 2 });
    // The first one learns what the server takes.
    await exporter.consume(ONE);
    await Promise.all(Array.from({ length: 20 }, () => exporter.consume(ONE)));
    expect(asked).toHaveLength(21);
    expect(sockets).toHaveLength(2);
    expect(most).toBeLessThanOrEqual(4);
  });
});

test('a request that takes too long is given up, and its stream with it', async () => {
  let given: (code: number) => void;
  const code = new Promise<number>((resolve) => { given = resolve; });
  const { endpoint } = await serving((_request, response) => {
    response.stream.on('error', () => undefined);
    response.stream.on('close', () => given(response.stream.rstCode));
  });
  const { exporter } = await exporting(endpoint, { timeout: '50ms' });
  expect(await failureOf(exporter.consume(ONE))).toMatchObject({
    isRetryable: true, message: expect.stringContaining('context deadline exceeded'),
  });
  expect(await code).toBe(http2.constants.NGHTTP2_CANCEL);
});

test('an answer without end says what its status says, and is given up', async () => {
  let given: () => void;
  const closed = new Promise<void>((resolve) => { given = resolve; });
  const { endpoint } = await serving((_request, { stream }) => {
    stream.respond({ ':status': 400 });
    const chunk = Buffer.alloc(65_536);
    const more = (): void => {
      while (!stream.destroyed && stream.write(chunk));
    };
    stream.on('error', () => undefined).on('drain', more).on('close', () => given());
    more();
  });
  const { exporter } = await exporting(endpoint);
  expect(await failureOf(exporter.consume(ONE))).toMatchObject({
    isRetryable: false, message: expect.stringContaining('HTTP Status Code 400'),
  });
  await closed;
});

test('informational answers are passed over, but not without end', async () => {
  let count = 3;
  const { endpoint } = await serving((_request, response) => {
    response.stream.on('error', () => undefined);
    for (let i = 0; i < count; i++) response.stream.additionalHeaders({ ':status': 103 });
    response.end();
  });
  const { exporter } = await exporting(endpoint);
  await exporter.consume(ONE);
  count = 20;
  expect(await failureOf(exporter.consume(ONE))).toMatchObject({
    isRetryable: true, message: expect.stringContaining('PROTOCOL_ERROR'),
  });
});

test('a server that chooses HTTP/2 and does not speak it is told', async () => {
  const server = tls.createServer({ ...pair, ALPNProtocols: ['h2'] }, (socket) => {
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
  });
  ends.push(() => server.close());
  const port = await portOf(server);
  const { exporter } = await exporting(`https://localhost:${port}`);
  expect(await failureOf(exporter.consume(ONE))).toMatchObject({
    isRetryable: true, message: expect.stringContaining('frame'),
  });
});
