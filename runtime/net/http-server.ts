/** OTLP over HTTP, with or without TLS: HTTP/1.1 of Node.js and HTTP/2 of our own on one port. */
import * as http from 'http';
import * as https from 'https';
import type { Socket } from 'net';
import type { TLSSocket } from 'tls';
import type { Timer } from '../clock';
import type { HttpServerSettings } from '../config';
import type { NetContext } from './authentication';
import { FirstBytes } from './first-bytes';
import { tellOfHandshakes } from './handshakes';
import { HttpAnswers } from './http-answers';
import { Http1Exchange } from './http1-exchange';
import { HttpStream, type HttpDoor } from './http2/http-stream';
import { ServerConnections } from './http2/server-connections';
import { Promises } from './incoming-block';
import { listenOn, localEnd } from './listen';
import { PeerLog } from './peer-log';
import { ServerTls } from './tls';
import { isTlsFailure } from './tls-failure';
import type { MessageServer, Routes } from './transport';

/** How long a request and its headers may take to arrive where nothing is said about it. */
const REQUEST_MS = 300_000;
const HEADERS_MS = 60_000;
/** How often Node.js looks for requests that take too long. */
const MOST_LOOK_MS = 30_000;
const LEAST_LOOK_MS = 50;
/** Connections that are open at a time. */
const MOST_CONNECTIONS = 20_000;
/** Memory that may be set aside for bodies that are announced and not here yet. */
const PROMISED_BYTES = 32 * 1024 * 1024;
/** Requests that a client may have open at a time over HTTP/2: what Go's server takes. */
const MOST_STREAMS = 250;
/** Signs of life, as in Go's gRPC, which has rules where Go's HTTP has none. */
const TIME_MS = 2 * 60 * 60 * 1000;
const TIMEOUT_MS = 20_000;
/** The first byte of a handshake. */
const TLS_HANDSHAKE = 0x16;
const NOT_HTTP = 'the client must speak HTTP/1.1 or HTTP/2, and speaks neither';
const NOT_PLAIN = 'the client must speak HTTP without TLS on this port, and speaks TLS';

function rawAnswer(status: string): string {
  return `HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`;
}

const BAD_REQUEST = rawAnswer('400 Bad Request');
const ANSWERS: Readonly<Record<string, string | undefined>> = {
  HPE_HEADER_OVERFLOW: rawAnswer('431 Request Header Fields Too Large'),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: rawAnswer('413 Payload Too Large'),
  ERR_HTTP_REQUEST_TIMEOUT: rawAnswer('408 Request Timeout'),
};

/** An HTTP server for `routes`. */
export class HttpServer implements MessageServer {
  private readonly open = new Set<http.ServerResponse>();
  private server?: http.Server;
  private closing?: Promise<void>;
  private refreshing?: Timer;
  /** What Node.js does with a new socket. */
  private takeHttp1?: (socket: Socket) => void;
  private readonly answers: HttpAnswers;
  private readonly peers: PeerLog;
  private readonly promises = new Promises(PROMISED_BYTES);
  private readonly http2?: ServerConnections;
  private readonly firstBytes: FirstBytes;

  public constructor(
    private readonly settings: HttpServerSettings,
    routes: Routes,
    private readonly context: NetContext,
    /** What is not as usual; for tests. */
    private readonly options: { readonly maxConnections?: number } = {},
  ) {
    this.peers = new PeerLog(context);
    this.answers = new HttpAnswers(settings, routes, context, this.peers);
    if (context.http2 !== 'node') this.http2 = this.createHttp2();
    this.firstBytes = new FirstBytes(
      context.clock, timeoutsOf(settings).headersTimeout,
      (socket, isHttp2) => this.take(socket, isHttp2));
  }

  public async listen(): Promise<number> {
    await this.answers.prepare();
    const server = this.create();
    server.maxConnections = this.options.maxConnections ?? MOST_CONNECTIONS;
    server.on('drop', () => {
      const why = `${server.maxConnections} connections are open`;
      this.peers.warn('Connections are refused.', '', why);
    });
    server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) => {
      this.serve(request, response);
    });
    server.on('clientError', (error, socket) => this.notHttp(error, socket as Socket));
    const port = await listenOn(server, this.settings);
    this.server = server;
    this.http2?.begin();
    return port;
  }

  public close(graceMs: number): Promise<void> {
    this.closing ??= this.drain(graceMs);
    return this.closing;
  }

  private async drain(graceMs: number): Promise<void> {
    const { firstBytes, http2, server } = this;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => { server.close(() => resolve()); });
    this.refreshing?.cancel();
    server.closeIdleConnections();
    firstBytes.cut();
    http2?.retire();
    // Connections that stay open after their answer would keep the server from ending.
    for (const response of this.open) response.shouldKeepAlive = false;
    const deadline = this.context.clock.after(graceMs, () => {
      server.closeAllConnections();
      http2?.cut();
    });
    await closed;
    deadline.cancel();
    http2?.end();
  }

  private create(): http.Server {
    const { tls } = this.settings;
    if (tls !== undefined) return this.createSecure(new ServerTls(tls, this.context));
    const server = http.createServer(timeoutsOf(this.settings));
    if (this.http2 === undefined) return server;
    this.intercept(server, 'connection', (socket) => this.firstBytes.await(socket));
    return server;
  }

  private createSecure(tls: ServerTls): https.Server {
    const ALPNProtocols = this.http2 === undefined ? ['http/1.1'] : ['h2', 'http/1.1'];
    const server = https.createServer(
      { ...timeoutsOf(this.settings), ...tls.options, ALPNProtocols });
    this.refreshing = tls.keepFresh(server);
    tellOfHandshakes(server, this.peers);
    this.intercept(server, 'secureConnection', (socket) => {
      this.take(socket, (socket as TLSSocket).alpnProtocol === 'h2');
    });
    return server;
  }

  /** Decides about new sockets in the place of `server`, which still takes those of HTTP/1.1. */
  private intercept(
    server: http.Server, event: 'connection' | 'secureConnection',
    decide: (socket: Socket) => void,
  ): void {
    const takers = server.listeners(event);
    server.removeAllListeners(event);
    this.takeHttp1 = (socket) => { for (const taker of takers) taker.call(server, socket); };
    server.on(event, decide);
  }

  private take(socket: Socket, isHttp2: boolean): void {
    const { answers, context, http2, settings } = this;
    if (this.closing !== undefined) {
      socket.destroy();
      return;
    }
    if (http2 === undefined || !isHttp2) {
      this.takeHttp1?.(socket);
      return;
    }
    // That of Node.js keeps its side open for answers when a client has ended its own.
    socket.allowHalfOpen = false;
    const door: HttpDoor = {
      answers,
      promises: this.promises,
      clock: context.clock,
      facts: {
        scheme: settings.tls === undefined ? 'http' : 'https',
        ...localEnd(socket),
        version: '2.0',
      },
      peer: socket.remoteAddress ?? '',
      peerPort: socket.remotePort ?? 0,
      keepsHeaders: settings.includeMetadata || context.spans !== undefined,
      readTimeout: settings.readTimeout,
      writeTimeout: settings.writeTimeout,
    };
    http2.take(socket, (id, host, look) => {
      if (!settings.keepalive.enabled) host.retire(0);
      return new HttpStream(id, look, host, door);
    });
  }

  private createHttp2(): ServerConnections {
    const { keepalive, readTimeout } = this.settings;
    return new ServerConnections(this.context, this.peers, {
      maxConcurrentStreams: MOST_STREAMS,
      maxBytes: this.answers.maxBytes,
      keepalive: {
        maxConnectionIdle: keepalive.idleTimeout || readTimeout,
        maxConnectionAge: 0,
        maxConnectionAgeGrace: 0,
        time: TIME_MS,
        timeout: TIMEOUT_MS,
      },
      notHttp2: NOT_HTTP,
    });
  }

  /** Ends a connection that does not speak HTTP, as Node.js would, and says so when it was TLS. */
  private notHttp(error: NodeJS.ErrnoException, socket: Socket): void {
    const { rawPacket } = error as { readonly rawPacket?: Uint8Array };
    if (rawPacket?.[0] === TLS_HANDSHAKE) {
      this.peers.warn('A connection was refused.', socket.remoteAddress ?? '', NOT_PLAIN);
    }
    const isAnswered = socket.writable && error.code !== 'ECONNRESET' && !isTlsFailure(error);
    if (isAnswered) socket.end(ANSWERS[error.code ?? ''] ?? BAD_REQUEST);
    else socket.destroy();
  }

  private serve(request: http.IncomingMessage, response: http.ServerResponse): void {
    const { answers, context: { clock } } = this;
    const { keepalive, writeTimeout } = this.settings;
    if (this.closing !== undefined || !keepalive.enabled) response.shouldKeepAlive = false;
    this.open.add(response);
    const exchange = new Http1Exchange(
      request, response, answers.maxBytes, this.promises, clock);
    const deadline = writeTimeout > 0
      ? clock.after(writeTimeout, () => request.socket.destroy()) : undefined;
    response.once('close', () => {
      deadline?.cancel();
      this.open.delete(response);
      exchange.tally.end();
    });
    answers.serve(exchange);
  }
}

/** Node.js wants less time for the headers than for all of a request. */
function timeoutsOf(settings: HttpServerSettings) {
  const { keepalive, readHeaderTimeout, readTimeout } = settings;
  const requestTimeout = Math.max(readTimeout || REQUEST_MS, readHeaderTimeout);
  const headersTimeout = Math.min(
    readHeaderTimeout || readTimeout || HEADERS_MS, requestTimeout);
  return {
    requestTimeout,
    headersTimeout,
    connectionsCheckingInterval: Math.max(
      LEAST_LOOK_MS, Math.min(MOST_LOOK_MS, headersTimeout / 4)),
    keepAliveTimeout: keepalive.idleTimeout || readTimeout,
  };
}
