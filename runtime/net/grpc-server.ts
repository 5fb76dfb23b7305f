/** gRPC over HTTP/2, unary calls only, with or without TLS. */
import * as http2 from 'http2';
import type { AddressInfo, Server } from 'net';
import type { Clock } from '../clock';
import type { GrpcServerSettings } from '../config';
import { messageOf } from '../errors';
import { endSoon } from './end-soon';
import { listenOptions, parseHostPort } from './endpoint';
import { serveCall } from './grpc-call';
import { serverTls } from './tls';
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
/** Ages differ by up to a tenth, so that a fleet of clients does not reconnect at once. */
const AGE_JITTER = 0.1;

/** A gRPC server for `routes`. */
export class GrpcServer implements MessageServer {
  /** Connections, and how many calls each has open. */
  private readonly sessions = new Map<http2.ServerHttp2Session, () => number>();
  private server?: Server;
  private closing?: Promise<void>;

  public constructor(
    private readonly settings: GrpcServerSettings,
    private readonly routes: Routes,
    private readonly clock: Clock,
  ) {}

  public async listen(): Promise<number> {
    const { endpoint } = this.settings;
    const options = await listenOptions(parseHostPort(endpoint, 'endpoint'));
    const server = this.create();
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(cannotListen(endpoint, error)));
      server.listen(options, resolve);
    });
    this.server = server;
    return (server.address() as AddressInfo).port;
  }

  public close(graceMs: number): Promise<void> {
    this.closing ??= this.drain(graceMs);
    return this.closing;
  }

  private create(): Server {
    const { maxConcurrentStreams, maxRecvMsgSizeMib, tls } = this.settings;
    const maxBytes = (maxRecvMsgSizeMib || DEFAULT_MAX_MESSAGE_MIB) * MIB;
    const options: http2.ServerOptions = {
      maxSessionMemory: SESSION_MEMORY,
      settings: {
        initialWindowSize: STREAM_WINDOW,
        ...maxConcurrentStreams > 0 && { maxConcurrentStreams },
      },
    };
    const server = tls === undefined
      ? http2.createServer(options)
      : http2.createSecureServer({ ...options, ...serverTls(tls) });
    server.on('session', (session) => this.keep(session, maxBytes));
    return server;
  }

  private keep(session: http2.ServerHttp2Session, maxBytes: number): void {
    if (this.closing !== undefined) {
      session.destroy();
      return;
    }
    session.setLocalWindowSize(SESSION_WINDOW);
    let open = 0;
    this.sessions.set(session, () => open);
    const ended = (): void => {
      open--;
      if (open === 0 && session.closed) endSoon(session);
    };
    session.on('stream', (stream, headers) => {
      open++;
      stream.on('close', ended);
      serveCall(stream, headers, this.routes, maxBytes);
    });
    const { maxConnectionAge, maxConnectionAgeGrace } = this.settings.keepalive.serverParameters;
    const age = maxConnectionAge * (1 + AGE_JITTER * (2 * Math.random() - 1));
    const timer = maxConnectionAge > 0
      ? this.clock.after(age, () => this.retire(session, maxConnectionAgeGrace))
      : undefined;
    session.once('close', () => {
      timer?.cancel();
      this.sessions.delete(session);
    });
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
      if (this.sessions.get(session)?.() === 0) endSoon(session);
    };
    session.goaway(0, MAX_STREAM_ID);
    const isIdle = this.sessions.get(session)?.() === 0;
    const notice = this.clock.after(isIdle ? IDLE_NOTICE_MS : NOTICE_MS, close);
    session.ping(close);
    const grace = graceMs > 0 ? this.clock.after(graceMs, () => session.destroy()) : undefined;
    session.once('close', () => {
      notice.cancel();
      grace?.cancel();
    });
  }

  private async drain(graceMs: number): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => { server.close(() => resolve()); });
    for (const session of this.sessions.keys()) this.retire(session, 0);
    const deadline = this.clock.after(graceMs, () => {
      for (const session of this.sessions.keys()) session.destroy();
    });
    await closed;
    deadline.cancel();
  }
}

/** What is told when an address cannot be listened on. */
export function cannotListen(endpoint: string, error: unknown): Error {
  const rule = 'must be an address of this machine that is free';
  return new Error(`endpoint ${endpoint}: ${rule}, got ${messageOf(error)}`);
}
