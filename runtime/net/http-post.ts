/** One message on its way over HTTP, until its answer. */
import * as http from 'http';
import * as https from 'https';
import type { Clock, Timer } from '../clock';
import { messageOf } from '../errors';
import { MOST_REDIRECTS, redirectOf } from './redirect';
import { Code, codeOfHttp, delayOfRetryAfter, OK, type Status } from './status';
import { decodeStatus, parseStatus } from './status-codec';
import { connectionFailure, isTlsFailure } from './tls-failure';
import type { Done } from './transport';
import type { HttpFailure, ToldHttpCall } from '../telemetry/calls';
import type { SpanPlace } from '../telemetry/spans';

/** How messages are sent. */
export const METHOD = 'POST';
const MAX_ANSWER_BYTES = 64 * 1024;
const NOTHING = new Uint8Array(0);
/** What failures are called that Node.js has no name for. */
const OTHER = '_OTHER';

/** Told what becomes of a request. */
export interface PostObserver {
  /** Asked to begin it at its URL, which is a new one. */
  readonly begins: () => void;
  /** Cookies came along with an answer. */
  readonly gotCookies: (lines: readonly string[]) => void;
  /** It is over. */
  readonly done: Done;
  /** A host could not be agreed with on TLS. */
  readonly tlsFailed: (host: string, failure: string) => void;
}

/** One request on its way. */
export class Post {
  /** Bytes of its body. */
  public readonly length: number;
  private readonly timer?: Timer;
  private request?: http.ClientRequest;
  /** Who is told of the request at its URL. */
  private told?: ToldHttpCall;
  /** Status of the answer, once there is one. */
  private status = 0;
  /** Whether `done` was told. */
  public isDone = false;
  private isRetried = false;
  /** What it says to the host that it was sent to. */
  public headers: http.OutgoingHttpHeaders = {};
  private redirects = 0;
  private at: URL;

  public constructor(
    /** Where it was sent to. */
    public readonly first: URL,
    private readonly body: readonly Uint8Array[],
    /** The span that it is sent in, if in one. */
    public readonly parent: SpanPlace | undefined,
    private readonly clock: Clock,
    timeoutMs: number,
    private readonly observer: PostObserver,
  ) {
    this.at = first;
    this.length = body.reduce((sum, chunk) => sum + chunk.length, 0);
    if (timeoutMs > 0) {
      this.timer = clock.after(timeoutMs, () => {
        this.fail('context deadline exceeded', Code.deadlineExceeded, 'timeout');
      });
    }
  }

  /** Where it goes to by now. */
  public get url(): URL {
    return this.at;
  }

  /** Sends it to its URL. */
  public begin(options: http.RequestOptions, told?: ToldHttpCall): void {
    this.told = told;
    this.status = 0;
    if (this.isDone) return;
    const secure = this.url.protocol === 'https:';
    let request: http.ClientRequest;
    try {
      request = (secure ? https : http).request(this.url, options);
    } catch (error) {
      // A header holds what no header may hold; the error names the header, not the value.
      this.fail(messageOf(error), Code.unavailable, typeOf(error));
      return;
    }
    this.request = request;
    request.on('response', (response) => this.read(response));
    request.on('error', (error) => this.failed(request, options, error));
    for (const chunk of this.body) request.write(chunk);
    request.end();
  }

  /** Ends it without an answer; `type` is what those are told who count. */
  public fail(reason: string, code: number, type = OTHER): void {
    this.tell(this.status, { type, message: reason });
    this.finish({ code, message: `${METHOD} ${this.url.href}: ${reason}` }, NOTHING);
    this.request?.destroy();
  }

  /** A kept connection may be closed by the peer just when it is used: that is no answer. */
  private failed(
    request: http.ClientRequest, options: http.RequestOptions, error: Error,
  ): void {
    if (this.isDone || request !== this.request) return;
    if (request.reusedSocket && !this.isRetried) {
      this.isRetried = true;
      this.begin(options, this.told);
      return;
    }
    const failure = connectionFailure(error);
    if (isTlsFailure(error)) this.observer.tlsFailed(this.url.host, failure);
    this.fail(failure, Code.unavailable, typeOf(error));
  }

  /** Goes where an answer sends it; false when that is nowhere. */
  private follow(response: http.IncomingMessage): boolean {
    const next = redirectOf(response, this.at);
    if (next === undefined) return false;
    response.resume();
    this.tell(response.statusCode ?? 0);
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
    const { 'set-cookie': cookies } = response.headers;
    if (cookies !== undefined) this.observer.gotCookies(cookies);
    if (this.isDone || this.follow(response)) return;
    this.status = response.statusCode ?? 0;
    const chunks: Buffer[] = [];
    let received = 0;
    response.on('data', (chunk: Buffer) => {
      if (received < MAX_ANSWER_BYTES) chunks.push(chunk);
      received += chunk.length;
      // What nobody reads is not worth a connection that never ends.
      if (received > 16 * MAX_ANSWER_BYTES) response.destroy();
    });
    response.on('close', () => {
      // An answer that broke off in the middle still said what became of the request.
      const whole = response.complete ? Buffer.concat(chunks) : NOTHING;
      const body = whole.subarray(0, MAX_ANSWER_BYTES);
      const { status } = this;
      this.tell(status);
      if (status >= 200 && status < 300) this.finish(OK, body);
      else this.finish(this.statusOf(response, status, body), NOTHING);
    });
  }

  private statusOf(response: http.IncomingMessage, status: number, body: Uint8Array): Status {
    const type = response.headers['content-type'] ?? '';
    const told = type.startsWith('application/json') ? parseStatus(body) : decodeStatus(body);
    const isTold = told !== undefined && status >= 400;
    const detail = isTold ? `, Message=${told.message}, Details=[]` : '';
    const message = `error exporting items, request to ${this.url.href} responded with `
      + `HTTP Status Code ${status}${detail}`;
    const delay = status === 429 || status === 503
      ? delayOfRetryAfter(response.headers['retry-after'], this.clock.now())
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
