/** One request that is posted, until its answer, wherever it is sent to. */
import * as http from 'http';
import * as https from 'https';
import type { Clock, Timer } from '../clock';
import { messageOf } from '../errors';
import type { BegunCall } from './grpc-session';
import { HeldAnswer, type AnswerHead, type HttpCallEnd, type OutgoingPost } from './http-answer';
import type { Carried, HttpHost } from './http-host';
import type { HttpClientSession } from './http2/http-client-session';
import { afterDeadline } from './late-deadline';
import { authorization } from './proxy';
import { MOST_REDIRECTS, redirectOf } from './redirect';
import { Code, codeOfHttp, delayOfRetryAfter, OK, type Status } from './status';
import { decodeStatus, parseStatus } from './status-codec';
import { connectionFailure, isTlsFailure } from './tls-failure';
import type { Done } from './transport';
import type { HttpFailure, ToldHttpCall } from '../telemetry/calls';
import type { SpanPlace } from '../telemetry/spans';
import { messageBlocks } from '../wire/block-pool';

/** How messages are sent. */
export const METHOD = 'POST';
const NOTHING = new Uint8Array(0);
/** What failures are called that Node.js has no name for. */
const OTHER = '_OTHER';
/** How long a peer may take for a sign of life after a request took too long. */
const PROBE_MS = 10_000;
/** Connections that may end before a request had its turn; then it is tried again later. */
const MOST_UNSENT = 5;
/** Headers that mean something between two ends of HTTP/1.1 only, or have another name. */
const OF_HTTP1: ReadonlySet<string> = new Set([
  'connection', 'host', 'keep-alive', 'proxy-connection', 'te', 'transfer-encoding', 'upgrade',
]);

/** The headers of a request, but for the length of its body. */
export interface PostHeaders {
  /** By names in lower case. */
  readonly byName: Readonly<Record<string, string>>;
  /** Names of those that no table on the way may keep. */
  readonly sensitive?: ReadonlySet<string>;
}

/** Told what becomes of a request. */
export interface PostObserver {
  /** Asked to begin it at its URL, which is a new one. */
  readonly begins: () => void;
  /** Told of the cookies that came. */
  readonly gotCookies: (lines: readonly string[]) => void;
  /** Told its end. */
  readonly done: Done;
  /** Told that TLS was not agreed upon. */
  readonly tlsFailed: (host: string, failure: string) => void;
}

/** One request on its way. */
export class Post implements Carried, OutgoingPost {
  /** Bytes of its body. */
  public readonly length: number;
  /** What it says to the host that it was sent to first. */
  public headers: PostHeaders = { byName: {} };
  /** The version of HTTP that carries it. */
  public version: '1.1' | '2.0' = '1.1';
  /** Whether `done` was told. */
  public isDone = false;
  private readonly timer?: Timer;
  private host?: HttpHost;
  /** What it says where it goes to now. */
  private said: PostHeaders = this.headers;
  private request?: http.ClientRequest;
  private session?: HttpClientSession;
  private call?: BegunCall;
  /** Who is told of the request at its URL. */
  private told?: ToldHttpCall;
  /** Status of the answer at its URL, once there is one. */
  private status = 0;
  private isRetried = false;
  private redirects = 0;
  private unsent = 0;
  private at: URL;

  public constructor(
    /** Where it was sent to. */
    public readonly first: URL,
    public readonly chunks: readonly Uint8Array[],
    /** The span that it is sent in, if in one. */
    public readonly parent: SpanPlace | undefined,
    private readonly clock: Clock,
    timeoutMs: number,
    private readonly observer: PostObserver,
  ) {
    this.at = first;
    // Node.js does not tell when all of it has gone.
    for (const chunk of chunks) messageBlocks.keep(chunk);
    this.length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (timeoutMs > 0) {
      const deadline = clock.monotonic() + timeoutMs;
      this.timer = clock.after(timeoutMs, () =>
        afterDeadline(clock, deadline, () => this.expire()));
    }
  }

  /** Where it goes to by now. */
  public get url(): URL {
    return this.at;
  }

  /** Its headers over HTTP/2. */
  public get fields(): (readonly [string, string])[] {
    const { said: { byName }, url } = this;
    const own = Object.entries({ ...authorization(url, 'authorization'), ...byName })
      .filter(([name]) => !OF_HTTP1.has(name));
    return [
      [':method', METHOD], [':scheme', 'https'], [':authority', byName.host ?? url.host],
      [':path', url.pathname + url.search], ...own, ['content-length', `${this.length}`],
    ];
  }

  public get sensitive(): ReadonlySet<string> | undefined {
    return this.said.sensitive;
  }

  /** Goes to `host`, where its URL is; `told` is told how that ends. */
  public begin(host: HttpHost, headers: PostHeaders, told?: ToldHttpCall): void {
    this.told = told;
    this.status = 0;
    this.host = host;
    this.said = headers;
    this.again();
  }

  public overHttp1(agent: http.Agent): void {
    if (this.isDone) return;
    const secure = this.url.protocol === 'https:';
    const headers = { ...this.said.byName, 'content-length': this.length };
    let request: http.ClientRequest;
    try {
      request = (secure ? https : http).request(this.url, { method: METHOD, agent, headers });
    } catch (error) {
      // A header holds what no header may hold; the error names the header, not the value.
      this.fail(messageOf(error), Code.unavailable, typeOf(error));
      return;
    }
    this.version = '1.1';
    this.request = request;
    request.on('response', (response) => this.read(response));
    request.on('error', (error) => {
      // A kept connection may be closed by the peer just when it is used: that is no answer.
      if (request === this.request) this.broken(error, request.reusedSocket);
    });
    for (const chunk of this.chunks) request.write(chunk);
    request.end();
  }

  public overHttp2(session: HttpClientSession): boolean {
    if (this.isDone) return true;
    try {
      for (const [name, value] of Object.entries(this.said.byName)) {
        http.validateHeaderName(name);
        http.validateHeaderValue(name, value);
      }
    } catch (error) {
      this.fail(messageOf(error), Code.unavailable, typeOf(error));
      return true;
    }
    const call = session.begin(this);
    if (call === undefined) return false;
    this.version = '2.0';
    this.call = call;
    this.session = session;
    return true;
  }

  public failed(error: Error): void {
    this.broken(error, false);
  }

  public answered(end: HttpCallEnd): void {
    this.call = undefined;
    this.session = undefined;
    if (this.isDone) return;
    if (end === 'unsent' && this.unsent++ < MOST_UNSENT) this.again();
    else if (typeof end === 'string') this.broken(this.unread(), end === 'returned');
    else if ('failure' in end) this.broken(new Error(end.failure), end.mayTryAgain);
    else if (!this.follow(end.head)) this.take(end.head, end.body);
  }

  /** Ends it without an answer; `type` is what those are told who count. */
  public fail(reason: string, code: number, type = OTHER): void {
    this.tell(this.status, { type, message: reason });
    this.finish({ code, message: `${METHOD} ${this.url.href}: ${reason}` }, NOTHING);
    this.host?.leave(this);
    this.request?.destroy();
    this.call?.cancel();
  }

  private expire(): void {
    if (this.isDone) return;
    this.session?.probe(PROBE_MS);
    this.fail('context deadline exceeded', Code.deadlineExceeded, 'timeout');
  }

  private unread(): Error {
    return new Error(`request to ${this.url.host}: sent back unread`);
  }

  private again(): void {
    if (!this.isDone) this.host?.begin(this);
  }

  private broken(error: Error, mayTryAgain: boolean): void {
    if (this.isDone) return;
    if (mayTryAgain && !this.isRetried) {
      this.isRetried = true;
      this.again();
      return;
    }
    const failure = connectionFailure(error);
    if (isTlsFailure(error)) this.observer.tlsFailed(this.url.host, failure);
    this.fail(failure, Code.unavailable, typeOf(error));
  }

  /** Goes where an answer sends it; false when that is nowhere. */
  private follow(head: AnswerHead): boolean {
    if (head.cookies.length > 0) this.observer.gotCookies(head.cookies);
    const next = redirectOf(head, this.at);
    if (next === undefined) return false;
    this.tell(head.status);
    if (typeof next === 'string') {
      this.fail(next, Code.unknown);
    } else if (++this.redirects > MOST_REDIRECTS) {
      this.fail(`stopped after ${MOST_REDIRECTS} redirects`, Code.unavailable);
    } else {
      this.at = next;
      this.isRetried = false;
      try {
        this.observer.begins();
      } catch (error) {
        this.fail(messageOf(error), Code.unavailable);
      }
    }
    return true;
  }

  private read(response: http.IncomingMessage): void {
    response.on('error', () => undefined);
    if (this.isDone) return;
    const head = headOf(response);
    if (this.follow(head)) {
      response.resume();
      return;
    }
    this.status = head.status;
    const answer = new HeldAnswer();
    response.on('data', (chunk: Buffer) => {
      answer.push(chunk, 0, chunk.length);
      if (answer.isEndless) response.destroy();
    });
    response.on('close', () => {
      // An answer that broke off in the middle still said what became of the request.
      this.take(head, response.complete ? answer.bytes : NOTHING);
    });
  }

  private take(head: AnswerHead, body: Uint8Array): void {
    const { status } = head;
    this.tell(status);
    if (status >= 200 && status < 300) this.finish(OK, body);
    else this.finish(this.statusOf(head, body), NOTHING);
  }

  private statusOf({ contentType, retryAfter, status }: AnswerHead, body: Uint8Array): Status {
    const told = contentType.startsWith('application/json')
      ? parseStatus(body) : decodeStatus(body);
    const isTold = told !== undefined && status >= 400;
    const detail = isTold ? `, Message=${told.message}, Details=[]` : '';
    const message = `error exporting items, request to ${this.url.href} responded with `
      + `HTTP Status Code ${status}${detail}`;
    const delay = status === 429 || status === 503
      ? delayOfRetryAfter(retryAfter, this.clock.now())
      : undefined;
    return { code: codeOfHttp(status), message, ...delay !== undefined && { retryDelayMs: delay } };
  }

  private tell(status: number, failure?: HttpFailure): void {
    this.told?.end(status, this.length, 0, failure);
    this.told = undefined;
  }

  private finish(status: Status, answer: Uint8Array): void {
    if (this.isDone) return;
    this.isDone = true;
    this.timer?.cancel();
    this.observer.done(status, answer);
  }
}

/** The name that Node.js or OpenSSL has for an error, of which there are few. */
function typeOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? code : OTHER;
}

function headOf({ headers, statusCode = 0 }: http.IncomingMessage): AnswerHead {
  return {
    status: statusCode,
    contentType: headers['content-type'] ?? '',
    location: headers.location,
    retryAfter: headers['retry-after'],
    cookies: headers['set-cookie'] ?? [],
  };
}
