/** gRPC over our own HTTP/2, unary calls only, with or without TLS. */
import { createServer, type Server, type Socket } from 'net';
import { createServer as createTlsServer } from 'tls';
import type { Timer } from '../../clock';
import type { GrpcServerSettings } from '../../config';
import {
  serverAuthenticator, type NetContext, type ServerAuthenticator,
} from '../authentication';
import { compressionLoading } from '../compression';
import { ACCEPTED_ENCODINGS } from '../grpc-rules';
import { maxBytesOf, NOT_HTTP2 } from '../grpc-server';
import { takeOnlyClientsNamed, tellOfHandshakes } from '../handshakes';
import { Promises } from '../incoming-block';
import { keepaliveOf } from '../keepalive';
import { listenOn, localEnd } from '../listen';
import { PeerLog } from '../peer-log';
import { ServerTls } from '../tls';
import type { MessageServer, Routes } from '../transport';
import { ServerCall, type CallDoor } from './server-call';
import { budgetFor, ServerConnections } from './server-connections';
import { withOwnBuffers, withSharedBuffer, type TakeBytes } from './socket-reader';

/** Memory that may be set aside for messages on their way in. */
const PROMISED_BYTES = 32 * 1024 * 1024;
/** Connections that are open at a time. */
const MOST_CONNECTIONS = 20_000;
/** Streams that may be open at a time where the settings know no limit. */
const MOST_STREAMS = 10_000;

/** A gRPC server for `routes`. */
export class OwnGrpcServer implements MessageServer {
  private readonly connections: ServerConnections;
  private readonly promises = new Promises(PROMISED_BYTES);
  private readonly peers: PeerLog;
  private server?: Server;
  private closing?: Promise<void>;
  private authenticator?: ServerAuthenticator;
  private refreshing?: Timer;

  public constructor(
    private readonly settings: GrpcServerSettings,
    private readonly routes: Routes,
    private readonly context: NetContext,
    /** Who may call, and what is not as usual; the latter for tests. */
    private readonly options: {
      readonly clientName?: string;
      readonly maxConnections?: number;
      readonly sharesBuffer?: boolean;
    } = {},
  ) {
    this.peers = new PeerLog(context);
    const maxBytes = maxBytesOf(settings);
    this.connections = new ServerConnections(context, this.peers, {
      maxConcurrentStreams: settings.maxConcurrentStreams || MOST_STREAMS,
      maxBytes,
      budget: budgetFor(maxBytes),
      keepalive: keepaliveOf(settings),
      notHttp2: NOT_HTTP2,
    });
  }

  public async listen(): Promise<number> {
    this.authenticator = serverAuthenticator(this.settings.auth, this.context);
    await compressionLoading(ACCEPTED_ENCODINGS.split(','));
    const server = this.create();
    const port = await listenOn(server, this.settings);
    this.server = server;
    this.connections.begin();
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
    tellOfHandshakes(server, this.peers);
    server.on('secureConnection', (socket) => {
      if (socket.alpnProtocol === 'h2') {
        this.keep(socket, withOwnBuffers);
        return;
      }
      this.complain('A connection was refused.', socket,
        'the client must speak h2 (ALPN), and offers nothing or another protocol');
      socket.destroy();
    });
    const { clientName = '' } = this.options;
    if (clientName !== '') takeOnlyClientsNamed(clientName, server, this.peers);
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
    const peer = accepted.remoteAddress ?? '';
    const door: CallDoor = {
      routes: this.routes,
      maxBytes: maxBytesOf(this.settings),
      authenticator: this.authenticator,
      calls: this.context.calls,
      local: localEnd(accepted),
      keepsMetadata: this.settings.includeMetadata,
      promises: this.promises,
      refused: ({ message }) => this.peers.warn('A request was refused.', peer, message),
    };
    this.connections.take(
      accepted, (id, host, look) => new ServerCall(id, look, host, door), read);
  }

  private async drain(graceMs: number): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => { server.close(() => resolve()); });
    this.connections.retire();
    const deadline = this.context.clock.after(graceMs, () => this.connections.cut());
    await closed;
    deadline.cancel();
    this.connections.end();
    this.refreshing?.cancel();
  }
}
