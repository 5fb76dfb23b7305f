/** How long our gRPC server keeps connections, and how often it lets itself be asked. */
import * as http2 from 'http2';
import * as net from 'net';
import { createGrpcServer } from '../net/grpc-servers';
import { OK } from '../net/status';
import type { Respond } from '../net/transport';
import { HTTP2S, netContext, useHttp2 } from '../testing/component-context';
import { FakeClock } from '../testing/fake-clock';
import { grpcServerSettings } from '../testing/server-settings';

const PATH = '/a.Service/Method';
const HEADERS = {
  ':method': 'POST', ':path': PATH, 'content-type': 'application/grpc', 'te': 'trailers',
};
const MESSAGE = Buffer.from([0, 0, 0, 0, 1, 7]);
const ENHANCE_YOUR_CALM = 11;
const MINUTE = 60_000;

interface Farewell {
  readonly code: number;
  readonly text: string;
}

describe.each(HTTP2S)('over %s HTTP/2', (kind) => {
  beforeAll(() => useHttp2(kind));

  let clock: FakeClock;
  let ends: (() => unknown)[];

  beforeEach(() => {
    clock = new FakeClock();
    ends = [];
  });

  afterEach(async () => {
    for (const end of ends.reverse()) await end();
  });

  async function connected(keepalive: object, isHeld = false) {
    const held: Respond[] = [];
    const server = createGrpcServer(grpcServerSettings({ keepalive }), new Map([[PATH, (
      _arena: Uint8Array, _offset: number, _length: number, _encoding: string, respond: Respond,
    ) => {
      if (isHeld) held.push(respond); else respond(OK);
    }]]), netContext(clock));
    const port = await server.listen();
    const session = http2.connect(`http://127.0.0.1:${port}`);
    ends.push(async () => {
      session.destroy();
      const closed = server.close(0);
      await clock.advance(1000);
      await closed;
    });
    session.on('error', () => undefined);
    await new Promise((resolve) => session.once('remoteSettings', resolve));
    const gone = new Promise<Farewell>((resolve) => {
      session.once('goaway', (code: number, _last: number, data?: Buffer) => {
        resolve({ code, text: data?.toString() ?? '' });
      });
    });
    return { session, gone, held, port };
  }

  function call(session: http2.ClientHttp2Session): Promise<void> {
    const stream = session.request(HEADERS);
    stream.on('error', () => undefined);
    stream.resume();
    stream.end(MESSAGE);
    return new Promise((resolve) => stream.once('close', resolve));
  }

  function ping(session: http2.ClientHttp2Session): Promise<void> {
    return new Promise((resolve) => {
      session.ping(() => resolve());
    });
  }

  /** Lets what was sent arrive, which takes as long as an answer to a ping of our own. */
  async function arrived(session: http2.ClientHttp2Session): Promise<void> {
    await ping(session);
  }

  test('a connection without calls is ended after max_connection_idle', async () => {
    const { session, gone } = await connected(
      { server_parameters: { max_connection_idle: '30s' } });
    await clock.advance(20_000);
    await call(session);
    await arrived(session);
    await clock.advance(29_000);
    await arrived(session);
    expect(session.closed).toBe(false);
    await clock.advance(1_000);
    expect(await gone).toEqual({ code: 0, text: '' });
  });

  test('a connection with a call is not idle', async () => {
    const { session, held } = await connected(
      { server_parameters: { max_connection_idle: '30s' } }, true);
    const answered = call(session);
    while (held.length === 0) await arrived(session);
    await clock.advance(50_000);
    await arrived(session);
    expect(session.closed).toBe(false);
    held[0](OK);
    await answered;
  });

  const POLICIES: readonly (readonly [string, object, number, boolean])[] = [
    ['without calls every second is too often', {}, 1_000, true],
    ['without calls every ten minutes is too often, too', {}, 10 * MINUTE, true],
    ['without calls every two hours is not', {}, 121 * MINUTE, false],
    ['every six minutes is right where calls are not needed',
      { permit_without_stream: true }, 6 * MINUTE, false],
    ['every four minutes is too often even then',
      { permit_without_stream: true }, 4 * MINUTE, true],
    ['every second is right where min_time says so',
      { permit_without_stream: true, min_time: '1s' }, 1_000, false],
  ];

  test.each(POLICIES)('of pings, %s', async (_what, policy, pauseMs, isEnded) => {
    const { session, gone } = await connected({ enforcement_policy: policy });
    let ended: Farewell | undefined;
    void gone.then((farewell) => { ended = farewell; });
    for (let i = 0; i < 3; i++) {
      await ping(session);
      await clock.advance(pauseMs);
    }
    expect(ended).toBeUndefined();
    const last = ping(session).catch(() => undefined);
    if (isEnded) {
      expect(await gone).toEqual({ code: ENHANCE_YOUR_CALM, text: 'too_many_pings' });
    } else {
      await last;
      await ping(session);
      expect(ended).toBeUndefined();
    }
  });

  test('a client that answers is kept when it was asked after `time`', async () => {
    const { session } = await connected({
      server_parameters: { time: '10s', timeout: '5s' },
      enforcement_policy: { min_time: '1ms', permit_without_stream: true },
    });
    let pings = 0;
    session.on('ping', () => { pings++; });
    await clock.advance(10_000);
    while (pings === 0) await ping(session);
    await ping(session);
    await clock.advance(5_000);
    await ping(session);
    expect(session.destroyed).toBe(false);
  });

  test('a client that does not answer is cut after `timeout`', async () => {
    const { port } = await connected({ server_parameters: { time: '10s', timeout: '5s' } });
    const socket = net.connect({ port, host: '127.0.0.1' });
    ends.push(() => socket.destroy());
    const greeted = new Promise((resolve) => socket.once('data', resolve));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), settings]));
    await greeted;
    await clock.advance(10_000);
    await clock.advance(5_000);
    await closed;
    expect(socket.destroyed).toBe(true);
  });
});
