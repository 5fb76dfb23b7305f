/** Clients that fall silent in the middle of something are cut after a while; others are not. */
import * as http2 from 'http2';
import { connect, type Socket } from 'net';
import { otlpReceiver } from '../config';
import { createGrpcServer } from '../net/grpc-servers';
import { OK } from '../net/status';
import type { MessageServer, OnMessage, Routes } from '../net/transport';
import { HTTP2S, netContext, useHttp2 } from '../testing/component-context';
import { FakeClock } from '../testing/fake-clock';

const PATH = '/a.Service/Method';
const HEADERS = {
  ':method': 'POST', ':path': PATH, 'content-type': 'application/grpc', 'te': 'trailers',
};
const MESSAGE = Buffer.from([0, 0, 0, 0, 1, 7]);
const MINUTE = 60_000;

describe.each(HTTP2S)('over %s HTTP/2', (kind) => {
  beforeAll(() => useHttp2(kind));

  let clock: FakeClock;
  let server: MessageServer;
  let port: number;
  let sockets: Socket[];

  beforeEach(async () => {
    clock = new FakeClock();
    sockets = [];
    const { settings } = otlpReceiver.read({
      protocols: { grpc: { endpoint: '127.0.0.1:0', max_recv_msg_size_mib: 4 } },
    });
    const routes: Routes = new Map([[PATH, (...[,,,, respond]: Parameters<OnMessage>) => {
      respond(OK);
    }]]);
    server = createGrpcServer(settings!.protocols.grpc!, routes, netContext(clock));
    port = await server.listen();
  });

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    const closed = server.close(0);
    await clock.advance(1000);
    await closed;
  });

  /** A socket, and whether the server has ended it. */
  function dial(allowHalfOpen = false): { readonly socket: Socket; readonly isCut: () => boolean } {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen });
    sockets.push(socket);
    let isCut = false;
    socket.on('error', () => undefined);
    socket.on('close', () => { isCut = true; });
    return { socket, isCut: () => isCut };
  }

  async function speaks(socket: Socket): Promise<http2.ClientHttp2Session> {
    const session = http2.connect('http://a', { createConnection: () => socket });
    session.on('error', () => undefined);
    await new Promise((resolve) => session.once('remoteSettings', resolve));
    return session;
  }

  interface Call {
    readonly stream: http2.ClientHttp2Stream;
    /** The code with which it was closed. */
    readonly closed: Promise<number>;
  }

  function begin(session: http2.ClientHttp2Session): Call {
    const stream = session.request(HEADERS);
    stream.on('error', () => undefined);
    stream.resume();
    const closed = new Promise<number>((resolve) => {
      stream.on('close', () => resolve(stream.rstCode));
    });
    return { stream, closed };
  }

  /** Moves time on, and lets what is written meanwhile arrive on both sides. */
  async function minutes(count: number): Promise<void> {
    for (let minute = 0; minute < count; minute++) {
      await clock.advance(MINUTE);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  test('a connection on which nothing is ever said is cut after two minutes', async () => {
    const { socket, isCut } = dial();
    socket.resume();
    await minutes(1);
    expect(isCut()).toBe(false);
    await minutes(1);
    expect(isCut()).toBe(true);
  });

  test('a client that hangs is cut, one that is only idle is not', async () => {
    const idle = dial();
    const session = await speaks(idle.socket);
    // It sends the preface of HTTP/2 and its settings, and then does nothing about what it is sent.
    const hung = dial();
    hung.socket.resume();
    hung.socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    hung.socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
    await minutes(3);
    expect([hung.isCut(), idle.isCut()]).toEqual([true, false]);
    const { stream, closed } = begin(session);
    stream.end(MESSAGE);
    expect(await closed).toBe(0);
  });

  test('a message that does not come to its end is given up after some minutes', async () => {
    const session = await speaks(dial().socket);
    const { stream, closed } = begin(session);
    stream.write(MESSAGE.subarray(0, 3));
    let isOver = false;
    void closed.then(() => { isOver = true; });
    await minutes(5);
    expect(isOver).toBe(false);
    await minutes(1);
    expect(await closed).toBe(http2.constants.NGHTTP2_CANCEL);
    const next = begin(session);
    next.stream.end(MESSAGE);
    expect(await next.closed).toBe(0);
  });

  test('a client that never ends its side does not keep the server from ending', async () => {
    const { socket } = dial(true);
    socket.resume();
    await minutes(1);
    let isClosed = false;
    const closed = server.close(5000).then(() => { isClosed = true; });
    await clock.advance(4000);
    // Ours does not wait so long for one who has never said anything.
    expect(isClosed).toBe(kind === 'own');
    await clock.advance(1000);
    await closed;
  });
});
