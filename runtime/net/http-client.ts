/** An HTTP client that posts messages, with connections that are kept. */
import type { HttpClientSettings } from '../config';
import { messageOf } from '../errors';
import {
  clientAuthenticator, withCredentials, type ClientAuthenticator, type Credentials,
  type NetContext,
} from './authentication';
import { isCompression } from './compression';
import { Compressor } from './compressor';
import { CookieJar } from './cookie-jar';
import { HttpHost, type HostOptions } from './http-host';
import { METHOD, Post, type PostHeaders } from './http-post';
import { PeerLog } from './peer-log';
import { isOfHost } from './redirect';
import { Code } from './status';
import type { Done, MessageClient } from './transport';
import type { ClientMetadata } from '../pipeline/client-metadata';
import type { ToldHttpCall } from '../telemetry/calls';
import type { SpanPlace } from '../telemetry/spans';

const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };
/** Hosts to which connections are kept. */
const MOST_HOSTS = 32;
const NOTHING = new Uint8Array(0);

/** What an HTTP client needs to know. */
export type HttpClientOptions = HostOptions & Pick<HttpClientSettings,
  'auth' | 'compression' | 'compressionParams' | 'cookies' | 'headers'>;

/** A client for any number of URLs. A status that is not OK has one of the codes of the table. */
export class HttpClient implements MessageClient {
  private readonly hosts = new Map<string, HttpHost>();
  private readonly running = new Set<Post>();
  private readonly compressor?: Compressor;
  private readonly cookies?: CookieJar;
  private readonly peers: PeerLog;
  private readonly ownHeaders: Readonly<Record<string, string>>;
  private authenticator?: ClientAuthenticator;
  private credentials?: Credentials;
  private headers: PostHeaders = { byName: {} };
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
    for (const url of this.urls) this.hostFor(new URL(url));
    this.isOpen = true;
  }

  public send(
    path: string, chunks: readonly Uint8Array[], timeoutMs: number, done: Done,
    metadata?: ClientMetadata, parent?: SpanPlace,
  ): void {
    if (this.isClosed) {
      done({ code: Code.unavailable, message: 'the client is closed' }, NOTHING);
      return;
    }
    const { compressor } = this;
    if (compressor?.isLoading) {
      compressor.load(
        () => this.send(path, chunks, timeoutMs, done, metadata, parent), done);
      return;
    }
    const body = compressor?.compress(chunks) ?? chunks;
    const post: Post = new Post(new URL(path), body, parent, this.context.clock, timeoutMs, {
      done: (status, answer) => {
        this.running.delete(post);
        done(status, answer);
      },
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
    for (const host of this.hosts.values()) host.close(true);
    return Promise.resolve();
  }

  private told(post: Post): ToldHttpCall | undefined {
    const { calls } = this.context;
    if (calls === undefined) return undefined;
    const { parent, url } = post;
    const scheme = url.protocol.slice(0, -1);
    return calls.httpClient({
      method: METHOD,
      scheme,
      address: url.hostname,
      port: Number(url.port || DEFAULT_PORTS[scheme]),
      // Known when it ends.
      get version() { return post.version; },
    }, url, parent);
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
    if (post.isDone) return;
    const { url } = post;
    const cookie = this.cookies?.shownTo(url, this.context.clock.now());
    const { byName, sensitive } = isOfHost(post.first, url)
      ? post.headers : { byName: this.impersonal() };
    const told = this.told(post);
    // Below those that are configured, which upstream adds later.
    const traced = told?.headers === undefined ? byName
      : { ...Object.fromEntries(told.headers), ...byName };
    const shown = cookie === undefined ? traced : { ...traced, cookie };
    post.begin(this.hostFor(url), { byName: shown, sensitive }, told);
  }

  private use(credentials: Credentials): void {
    this.credentials = credentials;
    this.headers = {
      byName: { ...this.impersonal(), ...withCredentials(this.ownHeaders, credentials) },
      ...credentials.length > 0 && {
        sensitive: new Set(credentials.map(({ name }) => name)),
      },
    };
  }

  /** Headers that anybody may see. */
  private impersonal(): Record<string, string> {
    return {
      'content-type': this.contentType,
      'user-agent': this.userAgent,
      ...this.compressor !== undefined && { 'content-encoding': this.compressor.name },
    };
  }

  private hostFor(url: URL): HttpHost {
    let host = this.hosts.get(url.origin);
    if (host === undefined) {
      host = new HttpHost(url, this.settings, this.context);
      this.forgetOne();
      this.hosts.set(url.origin, host);
    }
    return host;
  }

  /** Servers may send requests to any number of others. */
  private forgetOne(): void {
    if (this.hosts.size < MOST_HOSTS) return;
    const own = this.urls.map((url) => new URL(url).origin);
    const foreign = [...this.hosts.keys()].find((origin) => !own.includes(origin));
    if (foreign === undefined) return;
    this.hosts.get(foreign)?.close(false);
    this.hosts.delete(foreign);
  }
}
