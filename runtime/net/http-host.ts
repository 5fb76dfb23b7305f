/** How requests get to one host: over HTTP/2 where it chooses that, and over HTTP/1.1 otherwise. */
import * as dns from 'dns';
import * as http from 'http';
import type { LookupFunction } from 'net';
import type { TLSSocket } from 'tls';
import type { HttpClientSettings } from '../config';
import type { NetContext } from './authentication';
import { HttpClientSession } from './http2/http-client-session';
import { ProxyAgent, proxyFor } from './proxy';
import { connectToChoose, secureAgent, type SecureTarget } from './secure-connection';
import { ClientTls, speaksTls } from './tls';

const HTTPS_PORT = 443;
/** How long a host that chose HTTP/2 may take to say so in that protocol. */
const GREETING_MS = 20_000;
/** Connections of HTTP/2 where no limit is given, for hosts that take few requests on each. */
const MOST_SESSIONS = 32;

/** What there is to know of connections to hosts. */
export type HostOptions = Pick<HttpClientSettings,
  'forceAttemptHttp2' | 'http2PingTimeout' | 'http2ReadIdleTimeout' | 'keepalive'
  | 'maxConnsPerHost' | 'proxyUrl' | 'tls'>;

/** A request that wants to be carried. */
export interface Carried {
  /** Goes over HTTP/1.1. */
  overHttp1(agent: http.Agent): void;
  /** Goes over HTTP/2; false when the connection takes no more. */
  overHttp2(session: HttpClientSession): boolean;
  /** Told that there is no connection. */
  failed(error: Error): void;
}

// Looked up through the module at every call: whoever plays a cluster's DNS replaces it there.
const lookup: LookupFunction = (host, options, found) => dns.lookup(host, options, found);

/** One host. */
export class HttpHost {
  private readonly agent: http.Agent;
  private readonly name: string;
  /** Where to connect so that the host chooses; undefined where it has no choice. */
  private readonly choice?: SecureTarget;
  private readonly sessions = new Set<HttpClientSession>();
  /** Requests for which a connection is being made. */
  private readonly waiting = new Set<Carried>();
  private giveUp?: () => void;
  /** A connection that was made to choose, and is the first of HTTP/1.1. */
  private spare?: TLSSocket;
  private hasChosenHttp1 = false;
  private isClosed = false;

  /** @throws Error when a file of TLS cannot be read, or a variable names no proxy. */
  public constructor(
    url: URL, private readonly settings: HostOptions, private readonly context: NetContext,
  ) {
    const { forceAttemptHttp2, keepalive, proxyUrl, tls } = settings;
    const proxy = proxyFor(url, proxyUrl, process.env);
    const options = agentOptions(settings);
    this.name = url.host;
    if (url.protocol === 'https:' && speaksTls(tls, 'https')) {
      const host = url.hostname.replace(/^\[|\]$/g, '');
      const port = Number(url.port) || HTTPS_PORT;
      const target = { host, port, tls: new ClientTls(tls, host, context), proxy, lookup };
      this.agent = secureAgent(options, target, () => this.takeSpare());
      const mayChoose = forceAttemptHttp2 && keepalive.enabled && context.http2 !== 'node';
      if (mayChoose) this.choice = target;
    } else {
      this.agent = proxy === undefined ? new http.Agent(options) : new ProxyAgent(options, proxy);
    }
  }

  /** Has `request` carried, now or when there is a connection. */
  public begin(request: Carried): void {
    // A host that has ended all its connections may be another one when it is back.
    this.hasChosenHttp1 &&= isInUse(this.agent);
    if (this.choice === undefined || this.hasChosenHttp1) {
      request.overHttp1(this.agent);
      return;
    }
    const session = this.sessionNow();
    if (session !== undefined && request.overHttp2(session)) return;
    this.waiting.add(request);
    this.giveUp ??= this.connect(this.choice);
  }

  /** Told that `request` does not want to be carried any more. */
  public leave(request: Carried): void {
    if (!this.waiting.delete(request) || this.waiting.size > 0) return;
    // The next one may be luckier with a connection of its own.
    this.giveUp?.();
    this.giveUp = undefined;
  }

  /** Carries nothing new; what is under way may end well, unless `isForced`. */
  public close(isForced: boolean): void {
    this.isClosed = true;
    this.agent.destroy();
    for (const session of [...this.sessions]) {
      if (isForced) session.destroy(); else session.close();
    }
    if (isForced) this.giveUp?.();
  }

  /** The connection for the next request; undefined when there should be one more. */
  private sessionNow(): HttpClientSession | undefined {
    let best: HttpClientSession | undefined;
    for (const session of this.sessions) {
      if (session.hasStreamLeft) return session;
      if (best === undefined || session.load < best.load) best = session;
    }
    const most = this.settings.maxConnsPerHost || MOST_SESSIONS;
    return this.sessions.size < most ? undefined : best;
  }

  private connect(target: SecureTarget): () => void {
    return connectToChoose(target, this.context.clock, (error, socket) => {
      this.giveUp = undefined;
      if (error !== undefined) this.failWaiting(error);
      else if (socket?.alpnProtocol === 'h2') this.greet(socket);
      else if (socket !== undefined) this.useHttp1(socket);
    });
  }

  private useHttp1(socket: TLSSocket): void {
    this.hasChosenHttp1 = true;
    this.spare = socket;
    for (const request of this.takeWaiting()) request.overHttp1(this.agent);
    this.takeSpare()?.destroy();
  }

  private greet(socket: TLSSocket): void {
    const { clock } = this.context;
    const { http2PingTimeout, http2ReadIdleTimeout, keepalive } = this.settings;
    const times = {
      idle: keepalive.idleConnTimeout, readIdle: http2ReadIdleTimeout, ping: http2PingTimeout,
    };
    let failure = new Error(`connection to ${this.name}: closed by the peer`);
    const timer = clock.after(GREETING_MS, () => {
      session.destroy(new Error(`no settings of HTTP/2 in ${GREETING_MS} ms`));
    });
    const giveUp = (): void => session.destroy();
    /** Whether those who wait do so for this connection, and not for one after it. */
    const settles = (): boolean => {
      timer.cancel();
      if (this.giveUp !== giveUp) return false;
      this.giveUp = undefined;
      return true;
    };
    const session: HttpClientSession = new HttpClientSession(socket, clock, times, {
      ready: () => {
        if (settles()) this.greeted(session); else session.destroy();
      },
      leaving: () => this.sessions.delete(session),
      failed: (error) => { failure = error; },
      closed: () => {
        if (settles()) this.failWaiting(failure);
      },
    });
    socket.on('error', (error) => { failure = error; });
    this.giveUp = giveUp;
  }

  private greeted(session: HttpClientSession): void {
    this.sessions.add(session);
    // One that takes no requests for now keeps them until it does.
    for (const request of this.takeWaiting()) {
      if (!request.overHttp2(session)) this.begin(request);
    }
    if (this.isClosed) session.close();
  }

  private takeWaiting(): readonly Carried[] {
    const requests = [...this.waiting];
    this.waiting.clear();
    return requests;
  }

  private failWaiting(error: Error): void {
    for (const request of this.takeWaiting()) request.failed(error);
  }

  private takeSpare(): TLSSocket | undefined {
    const { spare } = this;
    this.spare = undefined;
    return spare?.destroyed === true ? undefined : spare;
  }
}

/** One agent is for one host, so what holds for each host holds for all of its connections. */
function agentOptions({ keepalive, maxConnsPerHost }: HostOptions): http.AgentOptions {
  const { enabled, idleConnTimeout, maxIdleConns, maxIdleConnsPerHost } = keepalive;
  const most = Math.min(maxIdleConns || Infinity, maxIdleConnsPerHost || Infinity);
  return {
    keepAlive: enabled,
    scheduling: 'lifo',
    lookup,
    ...idleConnTimeout > 0 && { timeout: idleConnTimeout },
    ...Number.isFinite(most) && { maxFreeSockets: most },
    ...maxConnsPerHost > 0 && { maxSockets: maxConnsPerHost },
  };
}

function isInUse({ freeSockets, requests, sockets }: http.Agent): boolean {
  return [sockets, freeSockets, requests].some((byName) => Object.keys(byName).length > 0);
}
