/** Our gRPC beside that of the gRPC project: each talks to the other. */
import { createServer } from 'http';
import * as grpc from '@grpc/grpc-js';
import { systemClock, type Clock } from '../clock';
import { otlpGrpcExporter, otlpReceiver, type GrpcServerSettings } from '../config';
import { GrpcClient } from '../net/grpc-client';
import { createGrpcServer } from '../net/grpc-servers';
import { Code, OK, type Status } from '../net/status';
import type { OnMessage, Routes } from '../net/transport';
import { HTTP2S, netContext, useHttp2 } from '../testing/component-context';
import { FakeClock } from '../testing/fake-clock';
import { decodeForeignStatus, encodeForeignStatus } from '../testing/rpc-status';

const PATH = '/tests.Echo/Say';
const SECOND = 1000;
const bytes = (value: Buffer): Buffer => value;
const METHOD = {
  Say: {
    path: PATH,
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  },
} as const;

interface Said {
  readonly error: grpc.ServiceError | null;
  readonly answer?: Buffer;
}

function serverSettings(yaml: object = {}): GrpcServerSettings {
  const grpcYaml = { endpoint: '127.0.0.1:0', ...yaml };
  const { settings, problems } = otlpReceiver.read({ protocols: { grpc: grpcYaml } });
  if (settings?.protocols.grpc === undefined) throw new Error(JSON.stringify(problems));
  return settings.protocols.grpc;
}

function clientFor(
  endpoint: string, yaml: object = {}, clock: Clock = systemClock,
): GrpcClient {
  const { settings, problems } = otlpGrpcExporter.read({
    endpoint, tls: { insecure: true }, ...yaml,
  });
  if (settings === undefined) throw new Error(JSON.stringify(problems));
  return new GrpcClient(settings, netContext(clock), 'tests');
}

const echo: OnMessage = (arena, offset, length, _encoding, respond) => {
  respond(OK, arena.subarray(offset, offset + length));
};

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function ours(onMessage: OnMessage = echo, yaml: object = {}): Promise<string> {
  const routes: Routes = new Map([[PATH, onMessage]]);
  const server = createGrpcServer(serverSettings(yaml), routes, netContext(systemClock));
  ends.push(() => server.close(SECOND));
  return `127.0.0.1:${await server.listen()}`;
}

function theirClient(endpoint: string, options: grpc.ClientOptions = {}): grpc.Client {
  const client = new grpc.Client(endpoint, grpc.credentials.createInsecure(), options);
  ends.push(() => client.close());
  return client;
}

function say(
  client: grpc.Client, message: Buffer, options: grpc.CallOptions = {}, path: string = PATH,
): Promise<Said> {
  const metadata = new grpc.Metadata();
  return new Promise((resolve) => {
    const call = { deadline: Date.now() + 5 * SECOND, ...options };
    client.makeUnaryRequest(path, bytes, bytes, message, metadata, call, (error, answer) => {
      resolve({ error, answer });
    });
  });
}

type Handler = grpc.handleUnaryCall<Buffer, Buffer>;

async function theirs(handler: Handler, port = 0): Promise<{ endpoint: string; stop(): void }> {
  const server = new grpc.Server();
  server.addService(METHOD, { Say: handler });
  const bound = await new Promise<number>((resolve, reject) => {
    const credentials = grpc.ServerCredentials.createInsecure();
    server.bindAsync(`127.0.0.1:${port}`, credentials, (error, got) => {
      if (error) reject(error); else resolve(got);
    });
  });
  ends.push(() => server.forceShutdown());
  return { endpoint: `127.0.0.1:${bound}`, stop: () => server.forceShutdown() };
}

function send(
  client: GrpcClient, chunks: readonly Uint8Array[], timeoutMs = 5 * SECOND,
): Promise<{ readonly status: Status; readonly answer: Buffer }> {
  return new Promise((resolve) => {
    client.send(PATH, chunks, timeoutMs, (status, answer) => {
      resolve({ status, answer: Buffer.from(answer) });
    });
  });
}

function ourClient(endpoint: string, yaml: object = {}): GrpcClient {
  const client = clientFor(endpoint, yaml);
  ends.push(() => client.close());
  return client;
}

const SIZES = [0, 1, 5, 16_379, 16_384, 65_535, 1_000_000, 4 * 1024 * 1024];

describe.each(HTTP2S)('over %s HTTP/2, a client of the gRPC project and our server', (http2) => {
  beforeAll(() => useHttp2(http2));

  it.each(SIZES)('exchange a message of %d bytes', async (size) => {
    const client = theirClient(await ours(), {
      'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1,
    });
    const message = Buffer.alloc(size, 'abc');
    const { error, answer } = await say(client, message);
    expect(error).toBeNull();
    expect(answer?.equals(message)).toBe(true);
  });

  it('exchange compressed messages', async () => {
    const client = theirClient(await ours(), {
      'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip,
    });
    const message = Buffer.alloc(100_000, 'abc');
    expect((await say(client, message)).answer?.equals(message)).toBe(true);
  });

  it('agree on a message that is too large, plain or inflated', async () => {
    const endpoint = await ours(echo, { max_recv_msg_size_mib: 1 });
    const options = { 'grpc.max_send_message_length': -1 };
    const plain = theirClient(endpoint, options);
    const packed = theirClient(endpoint, {
      ...options, 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip,
    });
    const message = Buffer.alloc(1024 * 1024 + 1);
    expect((await say(plain, message)).error).toMatchObject({
      code: Code.resourceExhausted,
      details: 'grpc: received message larger than max (1048577 vs. 1048576)',
    });
    expect((await say(packed, message)).error).toMatchObject({
      code: Code.resourceExhausted,
      details: 'grpc: received message after decompression larger than max 1048576',
    });
    expect((await say(plain, Buffer.from('still there'))).error).toBeNull();
  });

  it.each([
    ['/tests.Echo/Sing', 'unknown method Sing for service tests.Echo'],
    ['/tests.Ohce/Say', 'unknown service tests.Ohce'],
  ])('agree that nobody answers %s', async (path, details) => {
    const { error } = await say(theirClient(await ours()), Buffer.from('a'), {}, path);
    expect(error).toMatchObject({ code: Code.unimplemented, details });
  });

  it('agree on a failure, whatever its sentence holds', async () => {
    const message = 'half: 50 % größer, ✓\n"next"';
    const endpoint = await ours((_arena, _offset, _length, _encoding, respond) => {
      respond({ code: 9, message });
    });
    const { error } = await say(theirClient(endpoint), Buffer.from('a'));
    expect(error).toMatchObject({ code: 9, details: message });
  });

  it('carry the time after which to try again', async () => {
    const endpoint = await ours((_arena, _offset, _length, _encoding, respond) => {
      respond({ code: 8, message: 'slow down', retryDelayMs: 1500 });
    });
    const { error } = await say(theirClient(endpoint), Buffer.from('a'));
    const details = error?.metadata.get('grpc-status-details-bin')[0] as Buffer;
    expect(decodeForeignStatus(details)).toEqual({
      code: 8, message: 'slow down', retryDelay: { seconds: 1, nanos: 500_000_000 },
    });
  });

  it('finish what is under way when the server stops, and no client loses a call', async () => {
    const held: (() => void)[] = [];
    const server = createGrpcServer(serverSettings(), new Map([[PATH, (
      arena: Uint8Array, offset: number, length: number, _encoding: unknown,
      respond: Parameters<OnMessage>[4],
    ) => { held.push(() => respond(OK, arena.subarray(offset, offset + length))); }]]),
    netContext(systemClock));
    const client = theirClient(`127.0.0.1:${await server.listen()}`);
    const saying = say(client, Buffer.from('late'));
    while (held.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const closing = server.close(5 * SECOND);
    await new Promise((resolve) => setTimeout(resolve, 50));
    held[0]();
    expect((await saying).answer?.toString()).toBe('late');
    await closing;
    await server.close(0);
    expect((await say(client, Buffer.from('a'))).error?.code).toBe(Code.unavailable);
  });

  it('lose no call while connections reach their age again and again', async () => {
    const endpoint = await ours(echo, {
      keepalive: { server_parameters: { max_connection_age: '40ms' } },
    });
    const client = theirClient(endpoint);
    let lost = 0;
    const end = Date.now() + 600;
    while (Date.now() < end) {
      const all = await Promise.all(Array.from({ length: 8 }, () => say(client, Buffer.from('a'))));
      lost += all.filter(({ error }) => error !== null).length;
    }
    expect(lost).toBe(0);
  });
});

describe('our client and a server of the gRPC project', () => {
  const echoes: Handler = (call, callback) => callback(null, call.request);

  it.each(SIZES.slice(0, -1))('exchange a message of %d bytes', async (size) => {
    const client = ourClient((await theirs(echoes)).endpoint, { compression: 'none' });
    const message = Buffer.alloc(size, 'abc');
    const { status, answer } = await send(client, [message]);
    expect(status).toEqual(OK);
    expect(answer.equals(message)).toBe(true);
  });

  it('exchange a message of several chunks, compressed', async () => {
    const client = ourClient((await theirs(echoes)).endpoint, { compression: 'gzip' });
    const { status, answer } = await send(client, ['a', 'b', 'c'].map((text) => Buffer.from(text)));
    expect(status).toEqual(OK);
    expect(answer.toString()).toBe('abc');
  });

  it('agree on headers, user agent and deadline', async () => {
    let seen: grpc.Metadata | undefined;
    let deadline = 0;
    const { endpoint } = await theirs((call, callback) => {
      seen = call.metadata;
      deadline = Number(call.getDeadline());
      callback(null, call.request);
    });
    const client = ourClient(endpoint, { headers: { 'X-Tenant': 'blue' } });
    expect((await send(client, [Buffer.from('a')], 2 * SECOND)).status).toEqual(OK);
    expect(seen?.get('x-tenant')).toEqual(['blue']);
    expect(seen?.get('user-agent')).toEqual(['tests']);
    expect(deadline - Date.now()).toBeLessThanOrEqual(2 * SECOND);
    expect(deadline - Date.now()).toBeGreaterThan(0);
  });

  it('agree on a failure, its sentence and its delay', async () => {
    const details = encodeForeignStatus({
      code: 8, message: 'später: 50 %', retryDelay: { seconds: 1, nanos: 500_000_000 },
    });
    const { endpoint } = await theirs((_call, callback) => {
      const metadata = new grpc.Metadata();
      metadata.set('grpc-status-details-bin', details);
      callback({ code: 8, details: 'später: 50 %', metadata });
    });
    const { status } = await send(ourClient(endpoint), [Buffer.from('a')]);
    expect(status).toEqual({ code: 8, message: 'später: 50 %', retryDelayMs: 1500 });
  });

  it('end a call at its deadline and go on with the next', async () => {
    let calls = 0;
    const { endpoint } = await theirs((call, callback) => {
      if (calls++ > 0) callback(null, call.request);
    });
    const client = ourClient(endpoint);
    const late = await send(client, [Buffer.from('a')], 100);
    expect(late.status.code).toBe(Code.deadlineExceeded);
    expect((await send(client, [Buffer.from('b')])).status).toEqual(OK);
  });

  it('agree that a call ends when the client closes', async () => {
    const { endpoint } = await theirs(() => undefined);
    const client = ourClient(endpoint);
    const saying = send(client, [Buffer.from('a')]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await client.close();
    await client.close();
    expect((await saying).status).toMatchObject({ code: Code.unavailable });
    expect((await send(client, [Buffer.from('b')])).status).toMatchObject({
      code: Code.unavailable, message: 'the client is closed',
    });
  });

  it('find each other again after the server was away', async () => {
    const first = await theirs(echoes);
    const client = ourClient(first.endpoint);
    expect((await send(client, [Buffer.from('a')])).status).toEqual(OK);
    first.stop();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await send(client, [Buffer.from('b')])).status.code).toBe(Code.unavailable);
    await theirs(echoes, Number(first.endpoint.split(':')[1]));
    const waiting = ourClient(first.endpoint, { wait_for_ready: true });
    expect((await send(waiting, [Buffer.from('c')])).status).toEqual(OK);
    let status: Status = { code: Code.unavailable, message: '' };
    const end = Date.now() + 10 * SECOND;
    while (status.code !== Code.ok && Date.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      status = (await send(client, [Buffer.from('d')])).status;
    }
    expect(status).toEqual(OK);
  });
});

describe('our client alone', () => {
  it('says which address refused it', async () => {
    const { endpoint, stop } = await theirs(() => undefined);
    stop();
    const { status } = await send(ourClient(endpoint), [Buffer.from('a')]);
    expect(status.code).toBe(Code.unavailable);
    expect(status.message).toMatch(`connecting to ${endpoint}:`);
    expect(status.message).toMatch('connect ECONNREFUSED');
  });

  it('goes over to the new addresses of its name', async () => {
    const dns = jest.requireActual<typeof import('dns')>('dns');
    const { lookup } = dns;
    ends.push(() => Object.assign(dns, { lookup }));
    let addresses = ['127.0.0.1'];
    const seen: string[] = [];
    const serve = async (address: string, port: number): Promise<number> => {
      const routes: Routes = new Map([[PATH, (...[,,,, respond]: Parameters<OnMessage>) => {
        seen.push(address);
        respond(OK, new Uint8Array(0));
      }]]);
      const settings = serverSettings({ endpoint: `${address}:${port}` });
      const server = createGrpcServer(settings, routes, netContext(systemClock));
      ends.push(() => server.close(SECOND));
      return server.listen();
    };
    const port = await serve('127.0.0.1', 0);
    await serve('127.0.0.2', port);
    const fake = (
      _name: string, _options: object, found: (error: null, all: object[]) => void,
    ): void => {
      setImmediate(() => found(null, addresses.map((address) => ({ address, family: 4 }))));
    };
    Object.assign(dns, { lookup: fake });
    const clock = new FakeClock();
    const client = clientFor(`dns:///sampler:${port}`, {}, clock);
    ends.push(() => client.close());
    expect((await send(client, [Buffer.from('a')])).status).toEqual(OK);
    addresses = ['127.0.0.2'];
    await clock.advance(31 * SECOND);
    await send(client, [Buffer.from('a')]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    seen.length = 0;
    for (let i = 0; i < 3; i++) expect((await send(client, [Buffer.from('a')])).status).toEqual(OK);
    expect(seen).toEqual(['127.0.0.2', '127.0.0.2', '127.0.0.2']);
  });

  it('says which name has no address', async () => {
    const { status } = await send(ourClient('no.such.host.invalid:4317'), [Buffer.from('a')]);
    expect(status.code).toBe(Code.unavailable);
    expect(status.message).toContain('host no.such.host.invalid: must have an address, got');
  });

  it('gives up a peer that does not speak HTTP/2', async () => {
    const server = createServer((_request, response) => response.end('hello'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ends.push(() => { server.closeAllConnections(); server.close(); });
    const { port } = server.address() as { port: number };
    const { status } = await send(ourClient(`127.0.0.1:${port}`), [Buffer.from('a')], SECOND);
    expect([Code.unavailable, Code.deadlineExceeded]).toContain(status.code);
  });
});
