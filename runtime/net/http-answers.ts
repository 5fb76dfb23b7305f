/** What an HTTP server for messages answers, whatever carries its requests. */
import { validateHeaderName, validateHeaderValue, type IncomingHttpHeaders } from 'http';
import type { HttpServerSettings } from '../config';
import {
  askToLetIn, serverAuthenticator, type NetContext, type ServerAuthenticator,
} from './authentication';
import { compressionLoading, inflate, isCompression } from './compression';
import { Cors } from './cors';
import type { HttpExchange } from './http-exchange';
import { InflateError, TOO_LARGE } from './inflate-error';
import type { PeerLog } from './peer-log';
import { httpMetadata } from './request-metadata';
import { Code, httpStatusOf, retryAfter, type Status } from './status';
import { encodeStatus, statusJson } from './status-codec';
import type { Encoding, OnMessage, Routes } from './transport';

const DEFAULT_MAX_BODY = 20 * 1024 * 1024;
const NOTHING = new Uint8Array(0);

const MEDIA_TYPES: Readonly<Record<Encoding, string>> = {
  proto: 'application/x-protobuf', json: 'application/json',
};

/** Decides for one server. */
export class HttpAnswers {
  /** Largest body, inflated ones too, in bytes. */
  public readonly maxBytes: number;
  private authenticator?: ServerAuthenticator;
  private readonly compressions: ReadonlySet<string>;
  private readonly cors?: Cors;
  private readonly responseHeaders: readonly [name: string, value: string][];

  public constructor(
    private readonly settings: HttpServerSettings,
    private readonly routes: Routes,
    private readonly context: NetContext,
    private readonly peers: PeerLog,
  ) {
    const { compressionAlgorithms, cors, maxRequestBodySize, responseHeaders } = settings;
    if (cors !== undefined && cors.allowedOrigins.length > 0) this.cors = new Cors(cors);
    this.responseHeaders = Object.entries(responseHeaders);
    this.compressions = new Set(compressionAlgorithms);
    this.maxBytes = maxRequestBodySize > 0 ? maxRequestBodySize : DEFAULT_MAX_BODY;
  }

  /**
   * Gets ready to answer.
   *
   * @throws Error when a setting cannot be followed.
   */
  public async prepare(): Promise<void> {
    this.authenticator = serverAuthenticator(this.settings.auth, this.context);
    for (const header of this.responseHeaders) checkHeader(header);
    await compressionLoading(this.settings.compressionAlgorithms);
  }

  /** Sees to it that `exchange` gets its answer. */
  public serve(exchange: HttpExchange): void {
    this.observe(exchange);
    for (const [name, value] of this.responseHeaders) exchange.setHeader(name, value);
    if (this.answersBrowser(exchange)) return;
    askToLetIn(this.authenticator, this.shownTo(exchange), (refusal) => {
      if (refusal === undefined) {
        this.route(exchange);
        return;
      }
      this.peers.warn('A request was refused.', exchange.peer, refusal.message);
      this.refuse(exchange, refusal);
    });
  }

  /** Answers with `status`, however far `exchange` has come. */
  public refuse(exchange: HttpExchange, status: Status): void {
    answerWith(exchange, encodingOf(exchange.headers['content-type']) ?? 'json', status);
    exchange.discard();
  }

  private observe(exchange: HttpExchange): void {
    const { calls } = this.context;
    if (calls === undefined) return;
    const path = pathOf(exchange.target);
    exchange.tally.told = calls.httpServer({
      ...exchange.facts, ...this.routes.has(path) && { route: path },
    }, exchange);
  }

  /** Tells browsers what they may do; whether that was all that was asked. */
  private answersBrowser(exchange: HttpExchange): boolean {
    const { cors } = this;
    if (cors === undefined) return false;
    const isPreflight = cors.isPreflight(exchange);
    const told = isPreflight ? cors.preflightHeaders(exchange) : cors.headersFor(exchange);
    for (const [name, value] of Object.entries(told)) {
      // What response_headers already say about Vary holds as well.
      if (name === 'Vary') exchange.appendHeader(name, value);
      else exchange.setHeader(name, value);
    }
    if (!isPreflight) return false;
    exchange.answer(204, {}, NOTHING);
    exchange.discard();
    return true;
  }

  /** What an authenticator gets to see: the headers, and parameters of the URL as if they were. */
  private shownTo({ headers, target }: HttpExchange): IncomingHttpHeaders {
    const names = this.settings.auth?.requestParams ?? [];
    const query = target.indexOf('?');
    if (names.length === 0 || query < 0) return headers;
    const params = new URLSearchParams(target.slice(query + 1));
    const shown: IncomingHttpHeaders = { ...headers };
    for (const name of names) {
      const value = params.get(name);
      if (value !== null) shown[name.toLowerCase()] = value;
    }
    return shown;
  }

  private route(exchange: HttpExchange): void {
    const { headers, method, target } = exchange;
    const compression = headers['content-encoding'] ?? '';
    if (!this.takes(compression)) {
      this.refuse(exchange, invalid(`unsupported Content-Encoding: ${compression}`));
      return;
    }
    const onMessage = this.routes.get(pathOf(target));
    const encoding = encodingOf(headers['content-type']);
    if (onMessage === undefined) {
      plain(exchange, 404, 'text/plain; charset=utf-8', '404 page not found\n');
    } else if (method !== 'POST') {
      plain(exchange, 405, 'text/plain', '405 method not allowed, supported: [POST]');
    } else if (encoding === undefined) {
      const supported = `supported: [${MEDIA_TYPES.json}, ${MEDIA_TYPES.proto}]`;
      plain(exchange, 415, 'text/plain', `415 unsupported media type, ${supported}`);
    } else {
      this.receive(exchange, compression, encoding, onMessage);
    }
  }

  /** No names at all mean that bodies are taken as they are, whatever they claim to be. */
  private takes(compression: string): boolean {
    const { compressions } = this;
    if (compressions.size === 0) return true;
    return compressions.has(compression) && (compression === '' || isCompression(compression));
  }

  private receive(
    exchange: HttpExchange, compression: string, encoding: Encoding, onMessage: OnMessage,
  ): void {
    exchange.collect((body) => {
      if (body === 'aborted') return;
      if (body === 'too large') {
        this.refuse(exchange, invalid(TOO_LARGE));
        return;
      }
      exchange.tally.requestBytes = body.length;
      const message = this.inflated(body, compression);
      if (typeof message === 'string') {
        this.refuse(exchange, invalid(message));
        return;
      }
      const metadata = this.settings.includeMetadata
        ? httpMetadata(exchange.rawHeaders) : undefined;
      const parent = exchange.tally.told?.place;
      onMessage(message, 0, message.length, encoding, (status, answer) => {
        answerWith(exchange, encoding, status, answer);
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
}

function checkHeader([name, value]: readonly [name: string, value: string]): void {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch {
    throw new Error(`response_headers: must hold headers that HTTP can carry, got "${name}"`);
  }
}

function answerWith(
  exchange: HttpExchange, encoding: Encoding, status: Status, answer: Uint8Array = NOTHING,
): void {
  const type = MEDIA_TYPES[encoding];
  if (status.code === Code.ok) {
    exchange.answer(200, { 'content-type': type }, answer);
    return;
  }
  const after = retryAfter(status);
  const headers = { 'content-type': type, ...after !== undefined && { 'retry-after': after } };
  const body = encoding === 'json' ? statusJson(status) : encodeStatus(status);
  exchange.answer(httpStatusOf(status.code), headers, body);
}

function plain(exchange: HttpExchange, status: number, type: string, text: string): void {
  // As Go does with its own answers: nobody shall take the text for a page.
  const sniff = status === 404 ? { 'x-content-type-options': 'nosniff' } : undefined;
  exchange.answer(status, { 'content-type': type, ...sniff }, text);
  exchange.discard();
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
