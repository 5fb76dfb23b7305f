/** An HTTP/1.1 client that posts messages, with connections that are kept. */
import * as dns from 'dns';
import * as http from 'http';
import * as https from 'https';
import type { LookupFunction } from 'net';
import type { Duplex } from 'stream';
import type { Clock, Timer } from '../clock';
import type { HttpClientSettings } from '../config';
import { messageOf } from '../errors';
import {
  clientAuthenticator, withCredentials, type ClientAuthenticator, type Credentials,
  type NetContext,
} from './authentication';
import { isCompression } from './compression';
import { Compressor } from './compressor';
import { CookieJar } from './cookie-jar';
import { authorityOf } from './endpoint';
import { PeerLog } from './peer-log';
import { ProxyAgent, proxyFor, tunnelThrough } from './proxy';
import { isOfHost, MOST_REDIRECTS, redirectOf } from './redirect';
import { Code, codeOfHttp, delayOfRetryAfter, OK, type Status } from './status';
import { decodeStatus, parseStatus } from './status-codec';
import { ClientTls, speaksTls } from './tls';
import { connectionFailure, isTlsFailure } from './tls-failure';
import type { Done, MessageClient } from './transport';
import type { ClientMetadata } from '../pipeline/client-metadata';
import type { EndHttpCall } from '../telemetry/calls';

const METHOD = 'POST';
const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };
const MAX_ANSWER_BYTES = 64 * 1024;
/** Hosts to which connections are kept. */
const MOST_HOSTS = 32;
const NOTHING = new Uint8Array(0);

/** What an HTTP client needs to know. */
export type HttpClientOptions = Pick<HttpClientSettings,
  'auth' | 'compression' | 'compressionParams' | 'cookies' | 'headers' | 'keepalive'
  | 'maxConnsPerHost' | 'proxyUrl' | 'tls'>;

// Looked up through the module at every call: whoever plays a cluster's DNS replaces it there.
const lookup: LookupFunction = (host, options, found) => dns.lookup(host, options, found);

/** A client for any number of URLs. A status that is not OK has one of the codes of the table. */
export class HttpClient implements MessageClient {
  private readonly agents = new Map<string, http.Agent>();
  private readonly running = new Set<Post>();
  private readonly compressor?: Compressor;
  private readonly cookies?: CookieJar;
  private readonly peers: PeerLog;
  private readonly ownHeaders: Readonly<Record<string, string>>;
  private authenticator?: ClientAuthenticator;
  private credentials?: Credentials;
  private headers: http.OutgoingHttpHeaders = {};
  private isOpen = false;
  private isClosed = false;

  public constructor(
    private readonly settings: HttpClientOptions,
    private readonly urls: readonly string[],
    private readonly contentType: string,
    private readonly context: NetContext,
    private readonly userAgent: string,
  ) {
    this.peers = new PeerLog(context);
    this.ownHeaders = Object.fromEntries(
      Object.entries(settings.headers).map(([name, value]) => [name.toLowerCase(), value]));
    const { compression, compressionParams } = settings;
    if (isCompression(compression)) {
      this.compressor = new Compressor(compression, compressionParams.level);
    }
    if (settings.cookies?.enabled === true) this.cookies = new CookieJar();
    this.use([]);
  }

  public open(): void {
    if (this.isOpen) return;
    // Upstream lets HTTP carry credentials as plain text, for proxies that stand beside it.
    this.authenticator = clientAuthenticator(this.settings.auth, this.context, true);
    for (const url of this.urls) this.agentFor(new URL(url));
    this.isOpen = true;
  }

  public send(
    path: string, chunks: readonly Uint8Array[], timeoutMs: number, done: Done,
    metadata?: ClientMetadata,
  ): void {
    if (this.isClosed) {
      done({ code: Code.unavailable, message: 'the client is closed' }, NOTHING);
      return;
    }
    const { compressor } = this;
    if (compressor?.isLoading) {
      compressor.load(() => this.send(path, chunks, timeoutMs, done, metadata), done);
      return;
    }
    const body = compressor?.compress(chunks) ?? chunks;
    const ended = this.begun(new URL(path));
    const post: Post = new Post(new URL(path), body, this.context.clock, timeoutMs, {
      done: (status, answer) => {
        this.running.delete(post);
        done(status, answer);
      },
      answered: (status) => ended?.(status, post.length, 0),
      begins: () => this.beginAt(post),
      gotCookies: (lines) => this.cookies?.keep(post.url, lines, this.context.clock.now()),
      tlsFailed: (host, failure) => this.peers.warn('Cannot connect.', host, failure),
    });
    this.running.add(post);
    this.begin(post, metadata);
  }

  public close(): Promise<void> {
    this.isClosed = true;
    for (const post of [...this.running]) post.fail('the client is closing', Code.unavailable);
    for (const agent of this.agents.values()) agent.destroy();
    return Promise.resolve();
  }

  private begun({ hostname, port, protocol }: URL): EndHttpCall | undefined {
    const scheme = protocol.slice(0, -1);
    return this.context.calls?.httpClient({
      method: METHOD, scheme, address: hostname, port: Number(port || DEFAULT_PORTS[scheme]),
    });
  }

  private begin(post: Post, metadata: ClientMetadata | undefined): void {
    let credentials: Credentials | Promise<Credentials> | undefined;
    try {
      this.open();
      credentials = this.authenticator?.credentials(metadata);
    } catch (error) {
      post.fail(messageOf(error), Code.unavailable);
      return;
    }
    if (!(credentials instanceof Promise)) {
      this.beginWith(post, credentials);
      return;
    }
    credentials.then((fetched) => this.beginWith(post, fetched), (error: unknown) => {
      post.fail(messageOf(error), Code.unavailable);
    });
  }

  private beginWith(post: Post, credentials: Credentials | undefined): void {
    if (credentials !== undefined && credentials !== this.credentials) this.use(credentials);
    // Another request may come with other credentials before this one is sent elsewhere.
    post.headers = this.headers;
    this.beginAt(post);
  }

  private beginAt(post: Post): void {
    const { url } = post;
    const cookie = this.cookies?.shownTo(url, this.context.clock.now());
    const headers = {
      ...isOfHost(post.first, url) ? post.headers : this.impersonal(),
      'content-length': post.length,
      ...cookie !== undefined && { cookie },
    };
    post.begin({ method: METHOD, agent: this.agentFor(url), headers, lookup });
  }

  private use(credentials: Credentials): void {
    this.credentials = credentials;
    this.headers = {
      ...this.impersonal(), ...withCredentials(this.ownHeaders, credentials),
    };
  }

  /** Headers that anybody may see. */
  private impersonal(): http.OutgoingHttpHeaders {
    return {
      'content-type': this.contentType,
      'user-agent': this.userAgent,
      ...this.compressor !== undefined && { 'content-encoding': this.compressor.name },
    };
  }

  private agentFor(url: URL): http.Agent {
    let agent = this.agents.get(url.origin);
    if (agent === undefined) {
      const { proxyUrl, tls } = this.settings;
      const keep = agentOptions(this.settings);
      const host = url.hostname.replace(/^\[|\]$/g, '');
      const proxy = proxyFor(url, proxyUrl, process.env);
      if (url.protocol === 'https:' && speaksTls(tls, 'https')) {
        agent = secureAgent(keep, new ClientTls(tls, host, this.context), proxy);
      } else {
        agent = proxy === undefined ? new http.Agent(keep) : new ProxyAgent(keep, proxy);
      }
      this.forgetOne();
      this.agents.set(url.origin, agent);
    }
    return agent;
  }

  /** Servers may send requests to any number of others. */
  private forgetOne(): void {
    if (this.agents.size < MOST_HOSTS) return;
    const own = this.urls.map((url) => new URL(url).origin);
    const foreign = [...this.agents.keys()].find((origin) => !own.includes(origin));
    if (foreign === undefined) return;
    this.agents.get(foreign)?.destroy();
    this.agents.delete(foreign);
  }
}

/** One agent is for one host, so what holds for each host holds for all of its connections. */
function agentOptions({ keepalive, maxConnsPerHost }: HttpClientOptions): http.AgentOptions {
  const { enabled, idleConnTimeout, maxIdleConns, maxIdleConnsPerHost } = keepalive;
  const most = Math.min(maxIdleConns || Infinity, maxIdleConnsPerHost || Infinity);
  return {
    keepAlive: enabled,
    scheduling: 'lifo',
    ...idleConnTimeout > 0 && { timeout: idleConnTimeout },
    ...Number.isFinite(most) && { maxFreeSockets: most },
    ...maxConnsPerHost > 0 && { maxSockets: maxConnsPerHost },
  };
}

type Connected = (error: Error | null, stream: Duplex) => void;

/** Node.js has it, and its types do not say so. */
interface Connecting {
  createConnection(options: object, connected?: Connected): Duplex | undefined;
}

/** Connections that are made with the certificates of the moment, through a proxy if need be. */
function secureAgent(options: https.AgentOptions, tls: ClientTls, proxy?: URL): https.Agent {
  const agent = new https.Agent({ ...options, ...!tls.resumes && { maxCachedSessions: 0 } });
  const connecting = agent as unknown as Connecting;
  const connect = connecting.createConnection.bind(agent);
  connecting.createConnection = (given: https.RequestOptions, connected = () => undefined) => {
    const begin = (more: object): Duplex | undefined =>
      connect({ ...given, ...tls.options, ...more }, connected);
    if (proxy === undefined) return begin({});
    const target = authorityOf({ host: given.host ?? '', port: Number(given.port) });
    tunnelThrough(proxy, target, (error, socket) => {
      // With an error, nobody looks at what stands beside it.
      if (error !== undefined) connected(error, undefined as never);
      else connected(null, begin({ socket }) as Duplex);
    });
    return undefined;
  };
  return agent;
}

/** Told what becomes of a request. */
interface PostObserver {
  readonly answered: (status: number) => void;
  /** Asked to begin it at its URL, which is a new one. */
  readonly begins: () => void;
  readonly gotCookies: (lines: readonly string[]) => void;
  readonly done: Done;
  readonly tlsFailed: (host: string, failure: string) => void;
}

/** One request on its way. */
class Post {
  /** Bytes of its body. */
  public readonly length: number;
  private readonly timer?: Timer;
  private request?: http.ClientRequest;
  private isDone = false;
  private isRetried = false;
  /** What it says to the host that it was sent to. */
  public headers: http.OutgoingHttpHeaders = {};
  private redirects = 0;
  private at: URL;

  public constructor(
    /** Where it was sent to. */
    public readonly first: URL,
    private readonly body: readonly Uint8Array[],
    private readonly clock: Clock,
    timeoutMs: number,
    private readonly observer: PostObserver,
  ) {
    this.at = first;
    this.length = body.reduce((sum, chunk) => sum + chunk.length, 0);
    if (timeoutMs > 0) {
      this.timer = clock.after(timeoutMs, () => {
        this.fail('context deadline exceeded', Code.deadlineExceeded);
      });
    }
  }

  /** Where it goes to by now. */
  public get url(): URL {
    return this.at;
  }

  public begin(options: http.RequestOptions): void {
    if (this.isDone) return;
    const secure = this.url.protocol === 'https:';
    let request: http.ClientRequest;
    try {
      request = (secure ? https : http).request(this.url, options);
    } catch (error) {
      // A header holds what no header may hold; the error names the header, not the value.
      this.fail(messageOf(error), Code.unavailable);
      return;
    }
    this.request = request;
    request.on('response', (response) => this.read(response));
    request.on('error', (error) => this.failed(request, options, error));
    for (const chunk of this.body) request.write(chunk);
    request.end();
  }

  public fail(reason: string, code: number): void {
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
      this.begin(options);
      return;
    }
    const failure = connectionFailure(error);
    if (isTlsFailure(error)) this.observer.tlsFailed(this.url.host, failure);
    this.fail(failure, Code.unavailable);
  }

  /** Goes where an answer sends it; false when that is nowhere. */
  private follow(response: http.IncomingMessage): boolean {
    const next = redirectOf(response, this.at);
    if (next === undefined) return false;
    response.resume();
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
      const status = response.statusCode ?? 0;
      this.observer.answered(status);
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

  private finish(status: Status, answer: Uint8Array): void {
    if (this.isDone) return;
    this.isDone = true;
    this.timer?.cancel();
    this.observer.done(status, answer);
  }
}
