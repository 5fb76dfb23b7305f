/** An HTTP/1.1 client that posts messages, with connections that are kept. */
import * as dns from 'dns';
import * as http from 'http';
import * as https from 'https';
import type { LookupFunction } from 'net';
import type { Clock, Timer } from '../clock';
import type { HttpClientSettings } from '../config';
import { messageOf } from '../errors';
import { isCompression } from './compression';
import { Compressor } from './compressor';
import { Code, codeOfHttp, delayOfRetryAfter, OK, type Status } from './status';
import { decodeStatus, parseStatus } from './status-codec';
import { clientTls, speaksTls } from './tls';
import type { Done, MessageClient } from './transport';

const IDLE_MS = 90_000;
const MAX_ANSWER_BYTES = 64 * 1024;
const NOTHING = new Uint8Array(0);

/** What an HTTP client needs to know. */
export type HttpClientOptions =
  Pick<HttpClientSettings, 'compression' | 'compressionParams' | 'headers' | 'tls'>;

// Looked up through the module at every call: whoever plays a cluster's DNS replaces it there.
const lookup: LookupFunction = (host, options, found) => dns.lookup(host, options, found);

/** A client for any number of URLs. A status that is not OK has one of the codes of the table. */
export class HttpClient implements MessageClient {
  private readonly agents = new Map<string, http.Agent>();
  private readonly running = new Set<Post>();
  private readonly compressor?: Compressor;
  private isClosed = false;

  public constructor(
    private readonly settings: HttpClientOptions,
    private readonly urls: readonly string[],
    private readonly contentType: string,
    private readonly clock: Clock,
    private readonly userAgent: string,
  ) {
    const { compression, compressionParams } = settings;
    if (isCompression(compression)) {
      this.compressor = new Compressor(compression, compressionParams.level);
    }
  }

  public open(): void {
    for (const url of this.urls) this.agentFor(new URL(url));
  }

  public send(
    path: string, chunks: readonly Uint8Array[], timeoutMs: number, done: Done,
  ): void {
    if (this.isClosed) {
      done({ code: Code.unavailable, message: 'the client is closed' }, NOTHING);
      return;
    }
    const { compressor } = this;
    if (compressor?.isLoading) {
      compressor.load(() => this.send(path, chunks, timeoutMs, done), done);
      return;
    }
    const body = compressor?.compress(chunks) ?? chunks;
    const length = body.reduce((sum, chunk) => sum + chunk.length, 0);
    const url = new URL(path);
    const headers = {
      'content-type': this.contentType,
      'content-length': length,
      'user-agent': this.userAgent,
      ...compressor !== undefined && { 'content-encoding': compressor.name },
      ...this.settings.headers,
    };
    this.begin(url, headers, body, timeoutMs, done);
  }

  public close(): Promise<void> {
    this.isClosed = true;
    for (const post of [...this.running]) post.fail('the client is closing', Code.unavailable);
    for (const agent of this.agents.values()) agent.destroy();
    return Promise.resolve();
  }

  private begin(
    url: URL, headers: http.OutgoingHttpHeaders, body: readonly Uint8Array[], timeoutMs: number,
    done: Done,
  ): void {
    let agent: http.Agent;
    try {
      agent = this.agentFor(url);
    } catch (error) {
      done({ code: Code.unavailable, message: messageOf(error) }, NOTHING);
      return;
    }
    const { clock } = this;
    const options = { method: 'POST', agent, headers, lookup };
    const post: Post = new Post(url, options, body, clock, timeoutMs, (status, answer) => {
      this.running.delete(post);
      done(status, answer);
    });
    this.running.add(post);
    post.begin();
  }

  private agentFor(url: URL): http.Agent {
    let agent = this.agents.get(url.origin);
    if (agent === undefined) {
      const { tls } = this.settings;
      const keep = { keepAlive: true, timeout: IDLE_MS, scheduling: 'lifo' as const };
      const host = url.hostname.replace(/^\[|\]$/g, '');
      agent = url.protocol === 'https:' && speaksTls(tls, 'https')
        ? new https.Agent({ ...keep, ...clientTls(tls, host) })
        : new http.Agent(keep);
      this.agents.set(url.origin, agent);
    }
    return agent;
  }
}

/** One request on its way. */
class Post {
  private readonly timer?: Timer;
  private request?: http.ClientRequest;
  private isDone = false;
  private isRetried = false;

  public constructor(
    private readonly url: URL,
    private readonly options: http.RequestOptions,
    private readonly body: readonly Uint8Array[],
    private readonly clock: Clock,
    timeoutMs: number,
    private readonly done: Done,
  ) {
    if (timeoutMs > 0) {
      this.timer = clock.after(timeoutMs, () => {
        this.fail('context deadline exceeded', Code.deadlineExceeded);
      });
    }
  }

  public begin(): void {
    const secure = this.url.protocol === 'https:';
    const request = (secure ? https : http).request(this.url, this.options);
    this.request = request;
    request.on('response', (response) => this.read(response));
    request.on('error', (error) => this.failed(request, error));
    for (const chunk of this.body) request.write(chunk);
    request.end();
  }

  public fail(reason: string, code: number): void {
    const { method } = this.options;
    this.finish({ code, message: `${method} ${this.url.href}: ${reason}` }, NOTHING);
    this.request?.destroy();
  }

  /** A kept connection may be closed by the peer just when it is used: that is no answer. */
  private failed(request: http.ClientRequest, error: Error): void {
    if (this.isDone || request !== this.request) return;
    if (request.reusedSocket && !this.isRetried) {
      this.isRetried = true;
      this.begin();
      return;
    }
    this.fail(messageOf(error), Code.unavailable);
  }

  private read(response: http.IncomingMessage): void {
    const chunks: Buffer[] = [];
    let received = 0;
    response.on('data', (chunk: Buffer) => {
      if (received < MAX_ANSWER_BYTES) chunks.push(chunk);
      received += chunk.length;
      // What nobody reads is not worth a connection that never ends.
      if (received > 16 * MAX_ANSWER_BYTES) response.destroy();
    });
    response.on('error', () => undefined);
    response.on('close', () => {
      // An answer that broke off in the middle still said what became of the request.
      const whole = response.complete ? Buffer.concat(chunks) : NOTHING;
      const body = whole.subarray(0, MAX_ANSWER_BYTES);
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) this.finish(OK, body);
      else this.finish(this.statusOf(response, status, body), NOTHING);
    });
  }

  private statusOf(response: http.IncomingMessage, status: number, body: Uint8Array): Status {
    const type = response.headers['content-type'] ?? '';
    const told = type.startsWith('application/json') ? parseStatus(body) : decodeStatus(body);
    const detail = told === undefined ? '' : `, Message=${told.message}, Details=[]`;
    const message = `error exporting items, request to ${this.url.href} responded with `
      + `HTTP Status Code ${status}${detail}`;
    const delay = status === 429 || status === 503
      ? delayOfRetryAfter(response.headers['retry-after'], this.clock.now())
      : undefined;
    return { code: codeOfHttp(status), message, ...delay !== undefined && { retryDelayMs: delay } };
  }

  private finish(status: Status, answer: Uint8Array): void {
    if (this.isDone) return;
    this.isDone = true;
    this.timer?.cancel();
    this.done(status, answer);
  }
}
