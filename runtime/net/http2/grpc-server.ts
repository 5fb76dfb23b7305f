/** gRPC over our own HTTP/2, unary calls only, with or without TLS. */
import { createServer, type Server, type Socket } from 'net';
import { createServer as createTlsServer, type TLSSocket } from 'tls';
import type { Timer } from '../../clock';
import type { GrpcServerSettings } from '../../config';
import {
  serverAuthenticator, type NetContext, type ServerAuthenticator,
} from '../authentication';
import { compressionLoading } from '../compression';
import { ACCEPTED_ENCODINGS, type Door } from '../grpc-rules';
import { maxBytesOf, NOT_HTTP2, TOO_MANY_PINGS } from '../grpc-server';
import { listenOn } from '../listen';
import { PeerLog } from '../peer-log';
import { ServerTls } from '../tls';
import { handshakeFailure } from '../tls-failure';
import type { MessageServer, Routes } from '../transport';
import { DEFAULT_WINDOW, MOST_WINDOW } from './frames';
import { Promises } from './incoming-message';
import type { Keepalive } from './keepalive';
import { ReceiveBudget } from './receive-window';
import { ServerConnection, type ServerShare } from './server-connection';
import { defaultSettings } from './settings';
import { withOwnBuffers, withSharedBuffer, type TakeBytes } from './socket-reader';

const MIB = 1024 * 1024;
/** What a client may send of all its messages that are not complete. */
const WINDOW_BYTES = 4 * MIB;
/** What one client, and all of them, may make us hold of such messages. */
const CONNECTION_BYTES = 16 * MIB;
const ALL_BYTES = 128 * MIB;
const PROMISED_BYTES = 32 * MIB;
/** Only our own clients send frames that are larger than the usual 16 KiB. */
const FRAME_BYTES = 16_384;
const HEADER_LIST_BYTES = 65_536;
/** Connections that are open at a time. */
const MOST_CONNECTIONS = 20_000;
/** How often connections are asked for a sign of life; one that gave none is cut next time. */
const LOOK_MS = 60_000;
/** How late the end of a call may come that its client does not wait for any longer. */
const DEADLINE_MS = 250;
/** Streams that may be open at a time where the settings know no limit. */
const MOST_STREAMS = 10_000;

/** What gRPC takes where the settings say nothing. */
const TIME_MS = 2 * 60 * 60 * 1000;
const LEAST_TIME_MS = 1000;
const TIMEOUT_MS = 20_000;

/** A gRPC server for `routes`. */
export class OwnGrpcServer implements MessageServer {
  private readonly connections = new Set<ServerConnection>();
  private readonly peers: PeerLog;
  private readonly share: ServerShare;
  private server?: Server;
  private closing?: Promise<void>;
  private authenticator?: ServerAuthenticator;
  private looking?: Timer;
  private refreshing?: Timer;
  private awaiting?: Timer;

  public constructor(
    private readonly settings: GrpcServerSettings,
    private readonly routes: Routes,
    private readonly context: NetContext,
    /** What is not as usual; for tests. */
    private readonly options: {
      readonly maxConnections?: number;
      readonly sharesBuffer?: boolean;
    } = {},
  ) {
    this.peers = new PeerLog(context);
    const maxBytes = maxBytesOf(settings);
    this.share = {
      settings: {
        ...defaultSettings(),
        maxConcurrentStreams: settings.maxConcurrentStreams || MOST_STREAMS,
        initialWindowSize: Math.min(MOST_WINDOW, Math.max(DEFAULT_WINDOW, maxBytes + MIB)),
        maxFrameSize: FRAME_BYTES,
        maxHeaderListSize: HEADER_LIST_BYTES,
      },
      keepsMetadata: settings.includeMetadata,
      keepalive: keepaliveOf(settings),
      budget: new ReceiveBudget(
        Math.max(ALL_BYTES, 8 * maxBytes), Math.max(CONNECTION_BYTES, 2 * maxBytes)),
      promises: new Promises(PROMISED_BYTES),
      windowBytes: WINDOW_BYTES,
      clock: context.clock,
      looks: 0,
      awaited: () => this.expireLater(),
    };
  }

  public async listen(): Promise<number> {
    this.authenticator = serverAuthenticator(this.settings.auth, this.context);
    await compressionLoading(ACCEPTED_ENCODINGS.split(','));
    const server = this.create();
    const port = await listenOn(server, this.settings);
    this.server = server;
    this.looking = this.context.clock.every(LOOK_MS, () => this.look());
    return port;
  }

  public close(graceMs: number): Promise<void> {
    this.closing ??= this.drain(graceMs);
    return this.closing;
  }

  private create(): Server {
    const { tls } = this.settings;
    if (tls !== undefined) return this.createSecure(new ServerTls(tls, this.context));
    const server = createServer({ noDelay: true, pauseOnConnect: true });
    const read = this.options.sharesBuffer === false ? withOwnBuffers : withSharedBuffer;
    server.on('connection', (socket) => this.keep(socket, read));
    return server;
  }

  private createSecure(tls: ServerTls): Server {
    const server = createTlsServer({ ...tls.options, noDelay: true, ALPNProtocols: ['h2'] });
    this.refreshing = tls.keepFresh(server);
    server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
      const failure = handshakeFailure(error, socket);
      if (failure !== undefined) this.complain('TLS handshake failed.', socket, failure);
    });
    server.on('secureConnection', (socket) => {
      if (socket.alpnProtocol === 'h2') {
        this.keep(socket, withOwnBuffers);
        return;
      }
      this.complain('A connection was refused.', socket,
        'the client must speak h2 (ALPN), and offers nothing or another protocol');
      socket.destroy();
    });
    return server;
  }

  private complain(what: string, socket: Socket, failure: string): void {
    this.peers.warn(what, socket.remoteAddress ?? '', failure);
  }

  private keep(
    accepted: Socket, read: (socket: Socket, take: TakeBytes) => Socket,
  ): void {
    const most = this.options.maxConnections ?? MOST_CONNECTIONS;
    if (this.closing !== undefined || this.connections.size >= most) {
      if (this.closing === undefined) {
        this.peers.warn('Connections are refused.', '', `${most} connections are open`);
      }
      accepted.destroy();
      return;
    }
    const socket = read(accepted, (source, start, end) => connection.push(source, start, end));
    const peer = socket.remoteAddress ?? '';
    const door: Door = {
      routes: this.routes,
      maxBytes: maxBytesOf(this.settings),
      authenticator: this.authenticator,
      calls: this.context.calls,
      spans: this.context.spans,
      refused: ({ message }) => this.peers.warn('A request was refused.', peer, message),
    };
    const connection: ServerConnection = new ServerConnection(socket, door, this.share, {
      pestering: () => this.peers.warn('A connection was ended.', peer, TOO_MANY_PINGS),
      strange: () => this.peers.warn('A connection was refused.', peer, NOT_HTTP2),
      closed: (closed) => this.connections.delete(closed),
    });
    this.connections.add(connection);
    socket.resume();
  }

  private look(): void {
    this.share.looks++;
    for (const connection of this.connections) connection.look();
  }

  private expireLater(): void {
    this.awaiting ??= this.context.clock.after(DEADLINE_MS, () => {
      this.awaiting = undefined;
      const now = this.context.clock.monotonic();
      let isAwaited = false;
      for (const connection of this.connections) {
        if (connection.expire(now)) isAwaited = true;
      }
      if (isAwaited) this.expireLater();
    });
  }

  private async drain(graceMs: number): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => { server.close(() => resolve()); });
    for (const connection of this.connections) connection.retire(0);
    const deadline = this.context.clock.after(graceMs, () => {
      for (const connection of this.connections) connection.cut();
    });
    await closed;
    deadline.cancel();
    this.looking?.cancel();
    this.refreshing?.cancel();
    this.awaiting?.cancel();
  }
}

function keepaliveOf({ keepalive }: GrpcServerSettings): Keepalive {
  const { enforcementPolicy, serverParameters } = keepalive;
  return {
    ...serverParameters,
    time: Math.max(LEAST_TIME_MS, serverParameters.time || TIME_MS),
    timeout: serverParameters.timeout || TIMEOUT_MS,
    enforcementPolicy,
  };
}
