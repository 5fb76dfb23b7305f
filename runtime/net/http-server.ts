/** OTLP over HTTP/1.1, with or without TLS. */
import * as http from 'http';
import * as https from 'https';
import type { Socket } from 'net';
import type { TLSSocket } from 'tls';
import type { Timer } from '../clock';
import type { HttpServerSettings } from '../config';
import {
  askToLetIn, serverAuthenticator, type NetContext, type ServerAuthenticator,
} from './authentication';
import { compressionLoading, inflate, isCompression } from './compression';
import { Cors } from './cors';
import { collectBody } from './http-body';
import { InflateError, TOO_LARGE } from './inflate-error';
import { listenOn } from './listen';
import { observe, sentBytes, tookBody } from './observed-requests';
import { PeerLog } from './peer-log';
import { httpMetadata } from './request-metadata';
import { Code, httpStatusOf, retryAfter, type Status } from './status';
import { encodeStatus, statusJson } from './status-codec';
import { ServerTls } from './tls';
import { handshakeFailure, isTlsFailure } from './tls-failure';
import type { Encoding, MessageServer, OnMessage, Routes } from './transport';

const DEFAULT_MAX_BODY = 20 * 1024 * 1024;
/** How long a request and its headers may take to arrive where nothing is said about it. */
const REQUEST_MS = 300_000;
const HEADERS_MS = 60_000;
/** How often Node.js looks for requests that take too long. */
const MOST_LOOK_MS = 30_000;
const LEAST_LOOK_MS = 50;
/** How long the rest of a refused body is discarded, so that its sender reads the answer. */
const LINGER_MS = 500;
const NOTHING = new Uint8Array(0);
/** The first byte of a handshake. */
const TLS_HANDSHAKE = 0x16;
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

const MEDIA_TYPES: Readonly<Record<Encoding, string>> = {
  proto: 'application/x-protobuf', json: 'application/json',
};

/** An HTTP server for `routes`. */
export class HttpServer implements MessageServer {
  private readonly open = new Set<http.ServerResponse>();
  private server?: http.Server;
  private closing?: Promise<void>;
  private authenticator?: ServerAuthenticator;
  private refreshing?: Timer;
  private readonly maxBytes: number;
  private readonly compressions: ReadonlySet<string>;
  private readonly cors?: Cors;
  private readonly responseHeaders: readonly [name: string, value: string][];
  private readonly peers: PeerLog;

  public constructor(
    private readonly settings: HttpServerSettings,
    private readonly routes: Routes,
    private readonly context: NetContext,
  ) {
    this.peers = new PeerLog(context);
    const { compressionAlgorithms, cors, maxRequestBodySize, responseHeaders } = settings;
    if (cors !== undefined && cors.allowedOrigins.length > 0) this.cors = new Cors(cors);
    this.responseHeaders = Object.entries(responseHeaders);
    this.compressions = new Set(compressionAlgorithms);
    this.maxBytes = maxRequestBodySize > 0 ? maxRequestBodySize : DEFAULT_MAX_BODY;
  }

  public async listen(): Promise<number> {
    const { auth, tls } = this.settings;
    this.authenticator = serverAuthenticator(auth, this.context);
    for (const header of this.responseHeaders) checkHeader(header);
    await compressionLoading(this.settings.compressionAlgorithms);
    const timeouts = timeoutsOf(this.settings);
    const server = tls === undefined
      ? http.createServer(timeouts)
      : this.createSecure(new ServerTls(tls, this.context), timeouts);
    server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) => {
      this.serve(request, response);
    });
    server.on('clientError', (error, socket) => this.notHttp(error, socket as Socket));
    const port = await listenOn(server, this.settings);
    this.server = server;
    return port;
  }

  public close(graceMs: number): Promise<void> {
    this.closing ??= this.drain(graceMs);
    return this.closing;
  }

  private async drain(graceMs: number): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => { server.close(() => resolve()); });
    this.refreshing?.cancel();
    server.closeIdleConnections();
    // Connections that stay open after their answer would keep the server from ending.
    for (const response of this.open) response.shouldKeepAlive = false;
    const deadline = this.context.clock.after(graceMs, () => server.closeAllConnections());
    await closed;
    deadline.cancel();
  }

  private createSecure(tls: ServerTls, timeouts: http.ServerOptions): https.Server {
    const server = https.createServer({ ...timeouts, ...tls.options });
    this.refreshing = tls.keepFresh(server);
    server.on('tlsClientError', (error, socket: TLSSocket) => {
      const failure = handshakeFailure(error, socket);
      if (failure === undefined) return;
      this.peers.warn('TLS handshake failed.', socket.remoteAddress ?? '', failure);
    });
    return server;
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
    const { keepalive, writeTimeout } = this.settings;
    if (this.closing !== undefined || !keepalive.enabled) response.shouldKeepAlive = false;
    this.open.add(response);
    const { calls } = this.context;
    if (calls !== undefined) observe(request, response, this.routes, calls);
    const deadline = writeTimeout > 0
      ? this.context.clock.after(writeTimeout, () => request.socket.destroy()) : undefined;
    response.once('close', () => {
      deadline?.cancel();
      this.open.delete(response);
    });
    response.on('error', () => undefined);
    for (const [name, value] of this.responseHeaders) response.setHeader(name, value);
    if (this.answersBrowser(request, response)) return;
    askToLetIn(this.authenticator, this.shownTo(request), (refusal) => {
      if (refusal === undefined) {
        this.route(request, response);
        return;
      }
      this.peers.warn(
        'A request was refused.', request.socket.remoteAddress ?? '', refusal.message);
      this.refuse(request, response, refusal);
    });
  }

  /** Tells browsers what they may do; whether that was all that was asked. */
  private answersBrowser(request: http.IncomingMessage, response: http.ServerResponse): boolean {
    const { cors } = this;
    if (cors === undefined) return false;
    const isPreflight = cors.isPreflight(request);
    const told = isPreflight ? cors.preflightHeaders(request) : cors.headersFor(request);
    for (const [name, value] of Object.entries(told)) {
      // What response_headers already say about Vary holds as well.
      if (name === 'Vary') response.appendHeader(name, value);
      else response.setHeader(name, value);
    }
    if (!isPreflight) return false;
    response.writeHead(204);
    response.end();
    this.discard(request);
    return true;
  }

  /** What an authenticator gets to see: the headers, and parameters of the URL as if they were. */
  private shownTo(request: http.IncomingMessage): http.IncomingHttpHeaders {
    const names = this.settings.auth?.requestParams ?? [];
    const query = request.url?.indexOf('?') ?? -1;
    if (names.length === 0 || query < 0) return request.headers;
    const params = new URLSearchParams(request.url?.slice(query + 1));
    const shown: http.IncomingHttpHeaders = { ...request.headers };
    for (const name of names) {
      const value = params.get(name);
      if (value !== null) shown[name.toLowerCase()] = value;
    }
    return shown;
  }

  private route(request: http.IncomingMessage, response: http.ServerResponse): void {
    const compression = request.headers['content-encoding'] ?? '';
    if (!this.takes(compression)) {
      this.refuse(request, response, invalid(`unsupported Content-Encoding: ${compression}`));
      return;
    }
    const onMessage = this.routes.get(pathOf(request.url ?? ''));
    const encoding = encodingOf(request.headers['content-type']);
    if (onMessage === undefined) {
      this.plain(request, response, 404, 'text/plain; charset=utf-8', '404 page not found\n');
    } else if (request.method !== 'POST') {
      const text = '405 method not allowed, supported: [POST]';
      this.plain(request, response, 405, 'text/plain', text);
    } else if (encoding === undefined) {
      const supported = `supported: [${MEDIA_TYPES.json}, ${MEDIA_TYPES.proto}]`;
      const text = `415 unsupported media type, ${supported}`;
      this.plain(request, response, 415, 'text/plain', text);
    } else {
      this.receive(request, response, compression, encoding, onMessage);
    }
  }

  /** No names at all mean that bodies are taken as they are, whatever they claim to be. */
  private takes(compression: string): boolean {
    const { compressions } = this;
    if (compressions.size === 0) return true;
    return compressions.has(compression) && (compression === '' || isCompression(compression));
  }

  private receive(
    request: http.IncomingMessage, response: http.ServerResponse, compression: string,
    encoding: Encoding, onMessage: OnMessage,
  ): void {
    collectBody(request, this.maxBytes, (body) => {
      if (body === 'aborted') return;
      tookBody(response, body);
      if (body === 'too large') {
        this.refuse(request, response, invalid(TOO_LARGE));
        return;
      }
      const message = this.inflated(body, compression);
      if (typeof message === 'string') {
        this.refuse(request, response, invalid(message));
        return;
      }
      const metadata = this.settings.includeMetadata ? httpMetadata(request.rawHeaders) : undefined;
      const parent = this.context.spans?.parentOf(request.rawHeaders);
      onMessage(message, 0, message.length, encoding, (status, answer) => {
        answerWith(response, encoding, status, answer);
      }, metadata, parent);
    });
  }

  /** The body, inflated where it must be; a sentence when that cannot be done. */
  private inflated(body: Uint8Array, compression: string): Uint8Array | string {
    if (!this.compressions.has(compression) || !isCompression(compression)) return body;
    try {
      return inflate(compression, body, this.maxBytes);
    } catch (error) {
      if (!(error instanceof InflateError)) throw error;
      return error.message;
    }
  }

  private refuse(
    request: http.IncomingMessage, response: http.ServerResponse, status: Status,
  ): void {
    const encoding = encodingOf(request.headers['content-type']) ?? 'json';
    answerWith(response, encoding, status);
    this.discard(request);
  }

  private plain(
    request: http.IncomingMessage, response: http.ServerResponse, status: number,
    type: string, text: string,
  ): void {
    send(response, status, { 'content-type': type }, text);
    this.discard(request);
  }

  private discard(request: http.IncomingMessage): void {
    request.resume();
    if (request.complete) return;
    const timer = this.context.clock.after(LINGER_MS, () => request.socket.destroy());
    request.once('close', () => timer.cancel());
  }
}

/** Node.js wants less time for the headers than for all of a request. */
function timeoutsOf(settings: HttpServerSettings): http.ServerOptions {
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

function checkHeader([name, value]: readonly [name: string, value: string]): void {
  try {
    http.validateHeaderName(name);
    http.validateHeaderValue(name, value);
  } catch {
    throw new Error(`response_headers: must hold headers that HTTP can carry, got "${name}"`);
  }
}

function answerWith(
  response: http.ServerResponse, encoding: Encoding, status: Status,
  answer: Uint8Array = NOTHING,
): void {
  const type = MEDIA_TYPES[encoding];
  if (status.code === Code.ok) {
    send(response, 200, { 'content-type': type }, answer);
    return;
  }
  const after = retryAfter(status);
  const headers = { 'content-type': type, ...after !== undefined && { 'retry-after': after } };
  const body = encoding === 'json' ? statusJson(status) : encodeStatus(status);
  send(response, httpStatusOf(status.code), headers, body);
}

function send(
  response: http.ServerResponse, status: number, headers: http.OutgoingHttpHeaders,
  body: string | Uint8Array,
): void {
  if (response.destroyed || response.headersSent) return;
  const length = Buffer.byteLength(body);
  sentBytes(response, length);
  response.writeHead(status, { ...headers, 'content-length': length });
  response.end(body);
}

function invalid(message: string): Status {
  return { code: Code.invalidArgument, message };
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

const PARAMETERS = /^\s*;\s*[^\s;=",]+=(?:"[^"]*"|[^\s;=",]+)/;

/** The encoding that a content type names; its case and well-formed parameters do not matter. */
export function encodingOf(contentType: string | undefined): Encoding | undefined {
  if (contentType === MEDIA_TYPES.proto) return 'proto';
  if (contentType === undefined) return undefined;
  const semicolon = contentType.indexOf(';');
  const end = semicolon < 0 ? contentType.length : semicolon;
  const type = contentType.slice(0, end).trim().toLowerCase();
  let rest = contentType.slice(end);
  for (let found = PARAMETERS.exec(rest); found !== null; found = PARAMETERS.exec(rest)) {
    rest = rest.slice(found[0].length);
  }
  if (!/^\s*;?\s*$/.test(rest)) return undefined;
  return type === MEDIA_TYPES.json ? 'json' : type === MEDIA_TYPES.proto ? 'proto' : undefined;
}
