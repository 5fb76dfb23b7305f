/** gRPC over HTTP/2, unary calls only, with or without TLS. */
import type { EventEmitter } from 'events';
import * as http2 from 'http2';
import type { IncomingHttpHeaders } from 'http2';
import type { Server, Socket } from 'net';
import type { Timer } from '../clock';
import type { GrpcServerSettings } from '../config';
import {
  serverAuthenticator, type NetContext, type ServerAuthenticator,
} from './authentication';
import { compressionLoading } from './compression';
import { endSoon } from './end-soon';
import { serveCall } from './grpc-call';
import { ACCEPTED_ENCODINGS, type Door } from './grpc-rules';
import { takeOnlyClientsNamed, tellOfHandshakes } from './handshakes';
import { ConnectionWatch, keepaliveOf } from './keepalive';
import { listenOn, localEnd } from './listen';
import { PeerLog } from './peer-log';
import { grpcMetadata, type RawHeaders } from './request-metadata';
import { ServerTls } from './tls';
import type { MessageServer, Routes } from './transport';

const MIB = 1024 * 1024;
const DEFAULT_MAX_MESSAGE_MIB = 4;
/** What a client may send of one message, and of all, before it is told that we read it. */
const STREAM_WINDOW = MIB;
const SESSION_WINDOW = 8 * MIB;
/** Megabytes that one session may hold; the ten of Node.js are less than three messages. */
const SESSION_MEMORY = 256;
const MAX_STREAM_ID = 2 ** 31 - 1;
/** How long a client that has calls may take to notice. */
const NOTICE_MS = 200;
/** The same for one without calls; one made of Node.js never says that it has noticed. */
const IDLE_NOTICE_MS = 25;
/** How often connections are asked for a sign of life; one that gave none is cut next time. */
const LOOK_MS = 60_000;
/** Looks that a message may take to arrive, as long as HTTP requests may under Node.js. */
const LOOKS_PER_MESSAGE = 5;
const CANCEL = 8;
const ENHANCE_YOUR_CALM = 11;
/** What is told of a client whose first bytes are none of HTTP/2. */
export const NOT_HTTP2 =
  'the client must speak HTTP/2 without TLS on this port, and speaks TLS or another'
  + ' protocol';

/** What is told of a client that asks for signs of life too often. */
export const TOO_MANY_PINGS = 'the client must send fewer keepalive pings; see'
  + ' keepalive.enforcement_policy';

/** What is known of one connection. */
interface Connection {
  /** What it runs over: the end of a session waits for a peer that reads, this one's does not. */
  readonly socket?: Socket;
  /** Calls that are open, and the number of the look after which each began. */
  readonly calls: Map<http2.ServerHttp2Stream, number>;
  /** Whether it owes an answer to a ping. */
  isAsked: boolean;
}

/** A gRPC server for `routes`. */
export class GrpcServer implements MessageServer {
  private readonly sessions = new Map<http2.ServerHttp2Session, Connection>();
  /** The socket whose session is being made. */
  private arriving?: Socket;
  private looks = 0;
  private looking?: Timer;
  private server?: Server;
  private closing?: Promise<void>;
  private authenticator?: ServerAuthenticator;
  private refreshing?: Timer;
  private readonly peers: PeerLog;

  public constructor(
    private readonly settings: GrpcServerSettings,
    private readonly routes: Routes,
    private readonly context: NetContext,
    /** Who may call: clients whose certificate holds a name, or all. */
    private readonly callers: { readonly clientName: string } = { clientName: '' },
  ) {
    this.peers = new PeerLog(context);
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
    const { maxConcurrentStreams, tls } = this.settings;
    const maxBytes = maxBytesOf(this.settings);
    const options: http2.ServerOptions = {
      maxSessionMemory: SESSION_MEMORY,
      settings: {
        initialWindowSize: STREAM_WINDOW,
        ...maxConcurrentStreams > 0 && { maxConcurrentStreams },
      },
    };
    const server = tls === undefined
      ? http2.createServer(options)
      : this.createSecure(new ServerTls(tls, this.context), options);
    server.prependListener(tls === undefined ? 'connection' : 'secureConnection', (socket) => {
      this.arriving = socket as Socket;
    });
    server.on('session', (session) => this.keep(session, maxBytes, this.arriving));
    return server;
  }

  private createSecure(tls: ServerTls, options: http2.ServerOptions): http2.Http2SecureServer {
    const server = http2.createSecureServer({ ...options, ...tls.options });
    this.refreshing = tls.keepFresh(server);
    tellOfHandshakes(server, this.peers);
    const { clientName } = this.callers;
    if (clientName !== '') takeOnlyClientsNamed(clientName, server, this.peers);
    return server;
  }

  private complain(what: string, socket: Socket | undefined, failure: string): void {
    this.peers.warn(what, socket?.remoteAddress ?? '', failure);
  }

  private keep(session: http2.ServerHttp2Session, maxBytes: number, socket?: Socket): void {
    if (this.closing !== undefined) {
      cut(session, socket);
      return;
    }
    session.setLocalWindowSize(SESSION_WINDOW);
    const calls = new Map<http2.ServerHttp2Stream, number>();
    const door = this.door(maxBytes, socket);
    this.sessions.set(session, { socket, calls, isAsked: false });
    const watch = this.watch(session, calls, socket);
    onStream(session, (stream, headers, rawHeaders) => {
      calls.set(stream, this.looks);
      watch.busy();
      stream.on('finish', () => watch.answered());
      stream.on('close', () => {
        calls.delete(stream);
        if (calls.size > 0) return;
        if (session.closed) endSoon(session); else watch.idle();
      });
      const metadata = this.settings.includeMetadata ? grpcMetadata(rawHeaders) : undefined;
      serveCall(stream, headers, door, rawHeaders, metadata);
    });
    session.on('error', (error: Error) => {
      // The first bytes were no HTTP/2: that is a mistake of who configured the client.
      if (/client magic/.test(error.message)) {
        this.complain('A connection was refused.', socket, NOT_HTTP2);
      }
    });
    session.once('close', () => this.sessions.delete(session));
  }

  private watch(
    session: http2.ServerHttp2Session, calls: ReadonlyMap<http2.ServerHttp2Stream, number>,
    socket: Socket | undefined,
  ): ConnectionWatch {
    const { clock } = this.context;
    const kept = {
      get openCalls() { return calls.size; },
      // Node.js does not tell when something was read, only that a ping was answered.
      lastReadAt: clock.monotonic(),
      ask: () => {
        if (!session.destroyed) session.ping(() => { kept.lastReadAt = clock.monotonic(); });
      },
      cut: () => cut(session, socket),
      retire: (graceMs: number) => { if (!session.closed) this.retire(session, graceMs); },
    };
    const watch = new ConnectionWatch(keepaliveOf(this.settings), kept, clock);
    session.on('ping', () => {
      if (!watch.isTooOften()) return;
      session.goaway(ENHANCE_YOUR_CALM, 0, Buffer.from('too_many_pings'));
      this.complain('A connection was ended.', socket, TOO_MANY_PINGS);
      endSoon(session);
    });
    session.once('close', () => watch.stop());
    return watch;
  }

  private door(maxBytes: number, socket: Socket | undefined): Door {
    return {
      routes: this.routes,
      maxBytes,
      authenticator: this.authenticator,
      refused: ({ message }) => this.complain('A request was refused.', socket, message),
      calls: this.context.calls,
      local: localEnd(socket),
    };
  }

  /**
   * Cuts connections whose client has vanished, hangs or never speaks HTTP/2, and calls whose
   * message does not come to its end: neither would ever end by itself.
   */
  private look(): void {
    this.looks++;
    for (const [session, connection] of this.sessions) {
      if (connection.isAsked) {
        cut(session, connection.socket);
        continue;
      }
      connection.isAsked = true;
      // What is left of it is a farewell that its client may still read.
      if (session.destroyed) continue;
      for (const [stream, began] of connection.calls) {
        const isTooOld = this.looks - began > LOOKS_PER_MESSAGE;
        if (isTooOld && !stream.readableEnded) stream.close(CANCEL);
      }
      session.ping(() => { connection.isAsked = false; });
    }
  }

  /**
   * Ends a session in two steps: a notice that leaves room for the calls that are on their way, and
   * when the client must have seen it, the end of new calls. `graceMs` 0 waits for calls for ever.
   */
  private retire(session: http2.ServerHttp2Session, graceMs: number): void {
    if (session.destroyed) return;
    let isClosed = false;
    const close = (): void => {
      if (isClosed || session.destroyed) return;
      isClosed = true;
      session.close();
      if (this.sessions.get(session)?.calls.size === 0) endSoon(session);
    };
    session.goaway(0, MAX_STREAM_ID);
    const isIdle = this.sessions.get(session)?.calls.size === 0;
    const notice = this.context.clock.after(isIdle ? IDLE_NOTICE_MS : NOTICE_MS, close);
    session.ping(close);
    const socket = this.sessions.get(session)?.socket;
    const grace = graceMs > 0
      ? this.context.clock.after(graceMs, () => cut(session, socket)) : undefined;
    session.once('close', () => {
      notice.cancel();
      grace?.cancel();
    });
  }

  private async drain(graceMs: number): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    this.looking?.cancel();
    this.refreshing?.cancel();
    const closed = new Promise<void>((resolve) => { server.close(() => resolve()); });
    for (const session of this.sessions.keys()) this.retire(session, 0);
    const deadline = this.context.clock.after(graceMs, () => {
      for (const [session, { socket }] of this.sessions) cut(session, socket);
    });
    await closed;
    deadline.cancel();
  }
}

/** Every stream, with its headers also as they came, which the types of Node.js leave out. */
function onStream(
  session: EventEmitter,
  taken: (
    stream: http2.ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: RawHeaders) => void,
): void {
  session.on('stream', (
    stream: http2.ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, raw: RawHeaders,
  ) => taken(stream, headers, raw));
}

function cut(session: http2.ServerHttp2Session, socket: Socket | undefined): void {
  session.destroy();
  socket?.destroy();
}

/** Largest message that a server takes, in bytes. */
export function maxBytesOf({ maxRecvMsgSizeMib }: GrpcServerSettings): number {
  return (maxRecvMsgSizeMib || DEFAULT_MAX_MESSAGE_MIB) * MIB;
}
