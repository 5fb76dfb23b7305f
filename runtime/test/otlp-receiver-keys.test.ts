/** What the keys of the OTLP receiver do to requests of other clients than ours. */
import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'fs';
import * as http from 'http';
import * as net from 'net';
import { tmpdir } from 'os';
import { join } from 'path';
import * as grpc from '@grpc/grpc-js';
import type { Extension } from '../component';
import { unauthenticated } from '../net/authentication';
import { loopbackReceiver, recordingConsumers } from '../testing/otlp-loopback';
import { bytesOf, samplePayload } from '../testing/sample-payload';

const BODY = Buffer.from(bytesOf([samplePayload('traces', 2)]));
const TYPE = 'application/x-protobuf';
const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function receiving(
  yaml: { readonly grpc?: object; readonly http?: object },
  extensions: ReadonlyMap<string, Extension> = new Map(),
) {
  const made = loopbackReceiver(yaml.grpc, yaml.http, recordingConsumers(), extensions);
  ends.push(() => made.receiver.stop());
  await made.receiver.start();
  return { ...made, port: made.receiver.ports.http ?? 0, grpcPort: made.receiver.ports.grpc ?? 0 };
}

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

function post(options: http.RequestOptions, body: Uint8Array = BODY): Promise<Answer> {
  const headers = { 'content-type': TYPE, ...options.headers };
  return new Promise((resolve, reject) => {
    const request = http.request({
      host: '127.0.0.1', method: 'POST', path: '/v1/traces', ...options, headers,
    }, (response) => {
      let text = '';
      response.setEncoding('latin1').on('data', (chunk: string) => { text += chunk; });
      response.on('end', () => resolve(
        { status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

function say(
  target: string, metadata = new grpc.Metadata(),
): Promise<grpc.ServiceError | undefined> {
  const client = new grpc.Client(target, grpc.credentials.createInsecure());
  ends.push(() => client.close());
  const raw = (bytes: Buffer): Buffer => bytes;
  return new Promise((resolve) => {
    client.makeUnaryRequest(EXPORT, raw, raw, BODY, metadata, (error) => {
      resolve(error ?? undefined);
    });
  });
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'otelgw-'));
  ends.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe('include_metadata', () => {
  test('keeps the headers of a request over HTTP, the host among them', async () => {
    const { consumers, port } = await receiving({ http: { include_metadata: true } });
    await post({ port, headers: { 'X-Tenant': ['a', 'b'] } });
    expect({ ...consumers.traces.payloads[0].metadata }).toMatchObject({
      'x-tenant': ['a', 'b'], 'host': [`127.0.0.1:${port}`], 'content-type': [TYPE],
    });
  });

  test('keeps the metadata of a call, and its authority as host', async () => {
    const { consumers, grpcPort } = await receiving({ grpc: { include_metadata: true } });
    const metadata = new grpc.Metadata();
    metadata.add('x-tenant', 'a');
    metadata.add('x-key-bin', Buffer.from([0, 255]));
    expect(await say(`127.0.0.1:${grpcPort}`, metadata)).toBeUndefined();
    expect({ ...consumers.traces.payloads[0].metadata }).toMatchObject({
      'x-tenant': ['a'],
      'x-key-bin': ['\u0000\u00ff'],
      'host': [`127.0.0.1:${grpcPort}`],
      ':authority': [`127.0.0.1:${grpcPort}`],
    });
  });

  test('is off unless given', async () => {
    const { consumers, grpcPort, port } = await receiving({});
    await post({ port });
    await say(`127.0.0.1:${grpcPort}`);
    expect(consumers.traces.payloads.map((payload) => 'metadata' in payload))
      .toEqual([false, false]);
  });
});

/** Lets in who shows `key` as a header. */
const gate = {
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
  authenticate: ({ key }: http.IncomingHttpHeaders) =>
    key === 'right' ? undefined : unauthenticated('no key'),
};

describe('cors', () => {
  const cors = { allowed_origins: ['https://*.example'], max_age: 60 };

  test('answers a preflight before anybody is asked to let it in', async () => {
    const { port, consumers } = await receiving(
      { http: { cors, auth: { authenticator: 'gate' } } }, new Map([['gate', gate]]));
    const { status, headers } = await post({
      port,
      method: 'OPTIONS',
      headers: {
        'origin': 'https://a.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    }, Buffer.alloc(0));
    expect([status, headers]).toMatchObject([204, {
      'access-control-allow-origin': 'https://a.example',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type',
      'access-control-allow-credentials': 'true',
      'access-control-max-age': '60',
    }]);
    expect(consumers.traces.calls).toBe(0);
  });

  test('lets a page read refusals, too', async () => {
    const { port } = await receiving(
      { http: { cors, auth: { authenticator: 'gate' } } }, new Map([['gate', gate]]));
    const { status, headers } = await post({ port, headers: { origin: 'https://a.example' } });
    expect([status, headers['access-control-allow-origin'], headers.vary])
      .toEqual([401, 'https://a.example', 'Origin']);
  });

  test('without origins is off', async () => {
    const { port } = await receiving({ http: { cors: { allowed_headers: ['a'] } } });
    const { status, headers } = await post({
      port,
      method: 'OPTIONS',
      headers: { 'origin': 'https://a', 'access-control-request-method': 'POST' },
    }, Buffer.alloc(0));
    expect([status, headers.vary]).toEqual([405, undefined]);
  });
});

test('every answer carries response_headers', async () => {
  const { port } = await receiving({
    http: { response_headers: { 'X-Server': 'gateway', 'Content-Type': 'text/html' } },
  });
  const answers = [await post({ port }), await post({ port, path: '/nowhere' })];
  expect(answers.map(({ status, headers }) =>
    [status, headers['x-server'], headers['content-type']])).toEqual([
    [200, 'gateway', TYPE], [404, 'gateway', 'text/plain; charset=utf-8'],
  ]);
});

test('a header that HTTP cannot carry keeps the receiver from starting', async () => {
  await expect(receiving({ http: { response_headers: { 'a b': 'c' } } })).rejects.toThrow(
    'receivers.otlp.protocols.http: response_headers: must hold headers that HTTP can carry, got'
    + ' "a b"');
});

test('request_params are shown to the authenticator as if they were headers', async () => {
  const { port } = await receiving(
    { http: { auth: { authenticator: 'gate', request_params: ['key'] } } },
    new Map([['gate', gate]]));
  const statuses = ['/v1/traces', '/v1/traces?key=wrong', '/v1/traces?a=b&key=right']
    .map(async (path) => (await post({ port, path })).status);
  expect(await Promise.all(statuses)).toEqual([401, 401, 200]);
});

describe('keepalive', () => {
  test.each([
    [{}, 'keep-alive'], [{ keepalive: { enabled: false } }, 'close'],
    [{ keep_alives_enabled: false }, 'close'],
  ])('with %j answers with Connection: %s', async (yaml, connection) => {
    const { port } = await receiving({ http: yaml });
    const agent = new http.Agent({ keepAlive: true });
    ends.push(() => agent.destroy());
    expect((await post({ port, agent })).headers.connection).toBe(connection);
  });

  test('ends a connection that was idle for idle_timeout', async () => {
    const { port } = await receiving({ http: { keepalive: { idle_timeout: '50ms' } } });
    const socket = net.connect({ port, host: '127.0.0.1' });
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.resume().write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await closed;
    expect(socket.destroyed).toBe(true);
  });
});

/** What is sent, until the server ends the connection; what it said by then. */
async function untilCut(port: number, ...texts: string[]): Promise<string> {
  const socket = net.connect({ port, host: '127.0.0.1' });
  ends.push(() => socket.destroy());
  let said = '';
  socket.on('data', (chunk: Buffer) => { said += chunk.toString('latin1'); });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  for (const text of texts) socket.write(text);
  await closed;
  return said;
}

const HEAD = `POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: ${TYPE}\r\n`;

describe('time limits', () => {
  test('read_header_timeout ends a request whose headers do not come to their end', async () => {
    const { port } = await receiving({ http: { read_header_timeout: '100ms' } });
    const said = await untilCut(port, 'POST /v1/traces HTTP/1.1\r\nHost: a\r\n');
    expect(said).toMatch(/^HTTP\/1.1 408 /);
  });

  test('read_timeout ends a request whose body does not come to its end', async () => {
    const { port, consumers } = await receiving({ http: { read_timeout: '100ms' } });
    const said = await untilCut(port, `${HEAD}Content-Length: 10\r\n\r\nabc`);
    expect(said).toMatch(/^HTTP\/1.1 408 /);
    expect(consumers.traces.calls).toBe(0);
  });

  test('write_timeout ends a request that is not answered in time', async () => {
    const { port, consumers } = await receiving({ http: { write_timeout: '100ms' } });
    const release = consumers.traces.hold();
    await expect(post({ port })).rejects.toThrow(/socket hang up|ECONNRESET/);
    release();
  });
});

describe('transport', () => {
  test.each([
    ['tcp4', 'localhost:0', '127.0.0.1', '::1'], ['tcp6', '[::1]:0', '::1', '127.0.0.1'],
  ])('%s listens on addresses of its family', async (transport, endpoint, host, other) => {
    const address = { transport, endpoint };
    const { port, grpcPort } = await receiving({ http: address, grpc: address });
    expect((await post({ port, host })).status).toBe(200);
    await expect(post({ port, host: other })).rejects.toThrow('ECONNREFUSED');
    expect(await say(host === '::1' ? `[::1]:${grpcPort}` : `${host}:${grpcPort}`)).toBeUndefined();
  });

  test('tcp6 does not listen on an address of the other family', async () => {
    await expect(receiving({ http: { transport: 'tcp6', endpoint: '127.0.0.1:0' } }))
      .rejects.toThrow('endpoint 127.0.0.1:0: must be an address of this machine that is free, got'
        + ' no IPv6 address');
  });

  test('unix listens on files, which are gone when it stops', async () => {
    const folder = temporaryFolder();
    const [socketPath, grpcPath] = [join(folder, 'http.sock'), join(folder, 'grpc.sock')];
    const { receiver, consumers } = await receiving({
      http: { transport: 'unix', endpoint: socketPath },
      grpc: { transport: 'unix', endpoint: grpcPath },
    });
    expect((await post({ socketPath, host: undefined })).status).toBe(200);
    expect(await say(`unix://${grpcPath}`)).toBeUndefined();
    expect(consumers.traces.items).toBe(4);
    await receiver.stop();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a socket that nobody listens on any more does not stand in the way', async () => {
    const socketPath = join(temporaryFolder(), 'otlp.sock');
    // A process that ends without a word leaves the file: so does a server whose file was moved.
    const server = net.createServer();
    await new Promise<void>((resolve) => { server.listen(`${socketPath}.made`, resolve); });
    renameSync(`${socketPath}.made`, socketPath);
    await new Promise((resolve) => { server.close(resolve); });
    await receiving({ http: { transport: 'unix', endpoint: socketPath } });
    expect((await post({ socketPath, host: undefined })).status).toBe(200);
  });

  test.each<[string, (path: string) => unknown, string]>([
    ['a socket that somebody listens on', (path) => {
      const server = net.createServer();
      ends.push(() => server.close());
      return new Promise<void>((resolve) => { server.listen(path, resolve); });
    }, 'a socket that another process listens on'],
    ['a file', (path) => writeFileSync(path, 'a'), 'a file that is no socket'],
  ])('%s is not taken over', async (_what, make, reason) => {
    const endpoint = join(temporaryFolder(), 'otlp.sock');
    await make(endpoint);
    await expect(receiving({ http: { transport: 'unix', endpoint } })).rejects.toThrow(
      `receivers.otlp.protocols.http: endpoint ${endpoint}: must be an address of this machine that`
      + ` is free, got ${reason}`);
  });
});
