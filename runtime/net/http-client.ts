/** An HTTP/1.1 client that posts messages, with connections that are kept. */
import * as dns from 'dns';
import * as http from 'http';
import * as https from 'https';
import type { LookupFunction } from 'net';
import type { Duplex } from 'stream';
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
import { METHOD, Post } from './http-post';
import { PeerLog } from './peer-log';
import { ProxyAgent, proxyFor, tunnelThrough } from './proxy';
import { isOfHost } from './redirect';
import { Code } from './status';
import { ClientTls, speaksTls } from './tls';
import type { Done, MessageClient } from './transport';
import type { ClientMetadata } from '../pipeline/client-metadata';
import type { ToldHttpCall } from '../telemetry/calls';
import type { SpanPlace } from '../telemetry/spans';

const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };
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
    for (const agent of this.agents.values()) agent.destroy();
    return Promise.resolve();
  }

  private told({ parent, url }: Post): ToldHttpCall | undefined {
    const { calls } = this.context;
    if (calls === undefined) return undefined;
    const { hostname: address, port } = url;
    const scheme = url.protocol.slice(0, -1);
    return calls.httpClient({
      method: METHOD, scheme, address, port: Number(port || DEFAULT_PORTS[scheme]),
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
    const told = this.told(post);
    const headers = {
      // Below those that are configured, which upstream adds later.
      ...told?.headers !== undefined && Object.fromEntries(told.headers),
      ...isOfHost(post.first, url) ? post.headers : this.impersonal(),
      'content-length': post.length,
      ...cookie !== undefined && { cookie },
    };
    post.begin({ method: METHOD, agent: this.agentFor(url), headers, lookup }, told);
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
