/** A gRPC client: unary calls, spread over all addresses of its endpoint. */
import type { Timer } from '../clock';
import type { GrpcClientSettings } from '../config';
import { messageOf } from '../errors';
import {
  clientAuthenticator, withCredentials, type ClientAuthenticator, type Credentials,
  type NetContext,
} from './authentication';
import { Compressor } from './compressor';
import { addressesOf, authorityOf, parseClientEndpoint, type ClientEndpoint } from './endpoint';
import { GrpcConnection } from './grpc-connection';
import { dialNode } from './grpc-node-session';
import { GrpcRequest } from './grpc-request';
import { ACCEPTED_ENCODINGS, grpcCompression } from './grpc-rules';
import type { CallHeaders } from './grpc-session';
import { dialOwn } from './http2/client-session';
import { PeerLog } from './peer-log';
import { Code } from './status';
import { ClientTls, speaksTls } from './tls';
import type { Done, MessageClient } from './transport';
import type { ClientMetadata } from '../pipeline/client-metadata';
import type { SpanHeaders, SpanPlace } from '../telemetry/spans';

/** How old a list of addresses may become; upstream only looks again when a connection ends. */
const FRESH_MS = 30_000;
const LOOKUP_PAUSE_MS = 1000;
const NO_CREDENTIALS: Credentials = [];

/** A client for one endpoint. */
export class GrpcClient implements MessageClient {
  private readonly endpoint: ClientEndpoint;
  private readonly authority: string;
  private readonly headers: Readonly<Record<string, string>>;
  private readonly compressor?: Compressor;
  private readonly ownHeaders: Readonly<Record<string, string>>;
  /** Headers by credentials, which stay the same object for as long as they hold, and by path. */
  private readonly headersOf = new WeakMap<Credentials, Map<string, CallHeaders>>();
  private readonly waiting = new Set<GrpcRequest>();
  private readonly running = new Set<GrpcRequest>();
  private connections: readonly GrpcConnection[] = [];
  /** Those that take no more requests, until they have ended. */
  private readonly retired = new Set<GrpcConnection>();
  private tls?: ClientTls;
  private authenticator?: ClientAuthenticator;
  private readonly peers: PeerLog;
  private isOpen = false;
  private isClosed = false;
  private isLookingUp = false;
  private lookedUpAt = -Infinity;
  private lookupPause?: Timer;
  private lookupFailure = '';
  private turn = 0;

  /**
   * @throws Error when the endpoint is malformed.
   */
  public constructor(
    private readonly settings: GrpcClientSettings,
    private readonly context: NetContext,
    userAgent: string,
  ) {
    this.peers = new PeerLog(context);
    this.ownHeaders = lowerCased(settings.headers);
    this.endpoint = parseClientEndpoint(settings.endpoint, 'endpoint');
    this.authority = settings.authority || settings.tls.serverNameOverride
      || authorityOf(this.endpoint);
    const compression = grpcCompression(settings.compression);
    if (compression !== undefined) this.compressor = new Compressor(compression);
    this.headers = {
      ':method': 'POST',
      ':scheme': this.speaksTls() ? 'https' : 'http',
      ':authority': this.authority,
      'te': 'trailers',
      'content-type': 'application/grpc',
      'user-agent': settings.userAgent || userAgent,
      'grpc-accept-encoding': ACCEPTED_ENCODINGS,
      ...compression !== undefined && { 'grpc-encoding': settings.compression },
    };
  }

  /** Whether a call now would not have to wait for a connection. */
  public get isReady(): boolean {
    return this.connections.some(({ state }) => state === 'ready');
  }

  public open(): void {
    if (this.isOpen || this.isClosed) return;
    const isSafe = this.speaksTls();
    this.authenticator = clientAuthenticator(this.settings.auth, this.context, isSafe);
    if (isSafe) {
      const name = this.settings.authority === ''
        ? this.endpoint.host : hostOf(this.settings.authority);
      this.tls = new ClientTls(this.settings.tls, name, this.context);
    }
    this.isOpen = true;
    this.lookUp();
  }

  public send(
    path: string, chunks: readonly Uint8Array[], timeoutMs: number, done: Done,
    metadata?: ClientMetadata, parent?: SpanPlace,
  ): void {
    const { compressor } = this;
    if (compressor?.isLoading) {
      compressor.load(
        () => this.send(path, chunks, timeoutMs, done, metadata, parent), done);
      return;
    }
    const { host, port } = this.endpoint;
    const told = this.context.calls?.grpcClient(path, { address: host, port }, parent);
    let credentials: Credentials = NO_CREDENTIALS;
    const request: GrpcRequest = new GrpcRequest({
      headers: () => withHeaders(this.headersFor(path, credentials), told?.headers),
      chunks: compressor?.compress(chunks) ?? chunks,
      isCompressed: compressor !== undefined,
      timeoutMs,
      clock: this.context.clock,
      done: (status, answer) => {
        this.running.delete(request);
        this.waiting.delete(request);
        told?.end(status.code, status.message, request.peer);
        done(status, answer);
      },
      again: (returned) => this.dispatch(returned),
    });
    this.running.add(request);
    this.begin(request, metadata, (found) => { credentials = found; });
  }

  public close(): Promise<void> {
    this.isClosed = true;
    this.lookupPause?.cancel();
    for (const request of [...this.running]) {
      request.fail({ code: Code.unavailable, message: 'the client is closing' });
    }
    for (const connection of [...this.connections, ...this.retired]) connection.close(true);
    this.connections = [];
    return Promise.resolve();
  }

  private speaksTls(): boolean {
    return speaksTls(this.settings.tls, this.endpoint.scheme);
  }

  private headersFor(path: string, credentials: Credentials): CallHeaders {
    let byPath = this.headersOf.get(credentials);
    if (byPath === undefined) this.headersOf.set(credentials, byPath = new Map());
    let headers = byPath.get(path);
    if (headers === undefined) {
      const own = withCredentials(this.ownHeaders, credentials);
      const byName: Record<string, string> = { ':path': path, ...this.headers, ...own };
      headers = {
        byName,
        fields: Object.entries(byName),
        ...credentials.length > 0 && {
          sensitive: new Set(credentials.map(({ name }) => name)),
        },
      };
      byPath.set(path, headers);
    }
    return headers;
  }

  private begin(
    request: GrpcRequest, metadata: ClientMetadata | undefined,
    use: (credentials: Credentials) => void,
  ): void {
    let credentials: Credentials | Promise<Credentials> | undefined;
    try {
      this.open();
      credentials = this.authenticator?.credentials(metadata);
    } catch (error) {
      request.fail({ code: Code.unavailable, message: messageOf(error) });
      return;
    }
    if (!(credentials instanceof Promise)) {
      if (credentials !== undefined) use(credentials);
      this.dispatch(request);
      return;
    }
    credentials.then((fetched) => {
      use(fetched);
      this.dispatch(request);
    }, (error: unknown) => {
      request.fail({ code: Code.unavailable, message: messageOf(error) });
    });
  }

  private dispatch(request: GrpcRequest): void {
    if (request.isDone) return;
    if (this.isClosed) {
      request.fail({ code: Code.unavailable, message: 'the client is closed' });
      return;
    }
    if (this.context.clock.monotonic() - this.lookedUpAt > FRESH_MS) this.lookUp();
    for (let tries = this.connections.length; tries > 0; tries--) {
      const connection = this.pick();
      if (connection === undefined) break;
      if (request.begin(connection)) return;
    }
    this.waiting.add(request);
    this.settleWaiting();
  }

  /** The next connection that is ready; with `pick_first`, the first of them. */
  private pick(): GrpcConnection | undefined {
    const { connections } = this;
    const isFirst = this.settings.balancerName !== 'round_robin';
    for (let i = 0; i < connections.length; i++) {
      const at = isFirst ? i : this.turn++ % connections.length;
      if (connections[at].state === 'ready') return connections[at];
    }
    return undefined;
  }

  /** Those who wait go on when a connection is ready, and fail when there is no hope of one. */
  private settleWaiting(): void {
    if (this.waiting.size === 0) return;
    if (this.isReady) {
      const requests = [...this.waiting];
      this.waiting.clear();
      for (const request of requests) this.dispatch(request);
      return;
    }
    const isHopeful = this.isLookingUp
      || this.connections.some(({ state }) => state === 'connecting' || state === 'idle');
    if (isHopeful || this.settings.waitForReady) return;
    const failures = this.connections.map(({ lastFailure }) => lastFailure);
    const message = failures.find((failure) => failure !== '') ?? this.lookupFailure;
    for (const request of [...this.waiting]) request.fail({ code: Code.unavailable, message });
  }

  private changed(connection: GrpcConnection): void {
    if (connection.state === 'closed') {
      if (connection.hasEnded) this.retired.delete(connection);
      return;
    }
    if (connection.state === 'idle' || connection.state === 'waiting') {
      // The addresses may have changed when a connection ended.
      this.lookUp();
      this.connectWanted();
    }
    this.settleWaiting();
  }

  /** `pick_first` holds one connection and goes on to the next address only when it fails. */
  private connectWanted(): void {
    for (const connection of this.connections) {
      connection.connect();
      const isFirst = this.settings.balancerName !== 'round_robin';
      if (isFirst && connection.state !== 'waiting') return;
    }
  }

  private lookUp(): void {
    if (this.isLookingUp || this.isClosed || this.lookupPause !== undefined) return;
    const { host, socketPath } = this.endpoint;
    this.isLookingUp = true;
    this.lookedUpAt = this.context.clock.monotonic();
    const looking = socketPath === undefined ? addressesOf(host) : Promise.resolve([socketPath]);
    looking.then(
      (addresses) => this.found(addresses),
      (error: unknown) => { this.lookupFailure = messageOf(error); },
    ).finally(() => {
      this.isLookingUp = false;
      this.lookupPause = this.context.clock.after(LOOKUP_PAUSE_MS, () => {
        this.lookupPause = undefined;
        if (this.connections.length === 0 && this.isOpen) this.lookUp();
      });
      if (this.isClosed) this.lookupPause.cancel();
      this.settleWaiting();
    }).catch(() => undefined);
  }

  private found(addresses: readonly string[]): void {
    if (this.isClosed) return;
    const known = new Map(this.connections.map((connection) => [connection.name, connection]));
    const { port, socketPath } = this.endpoint;
    this.connections = addresses.map((address) => {
      const name = socketPath ?? authorityOf({ host: address, port });
      const connection = known.get(name);
      known.delete(name);
      return connection ?? this.connectionTo(address);
    });
    for (const gone of known.values()) this.retire(gone);
    this.connectWanted();
  }

  private connectionTo(address: string): GrpcConnection {
    return new GrpcConnection({
      address,
      port: this.endpoint.port,
      isFile: this.endpoint.socketPath !== undefined,
      keepalive: this.settings.keepalive,
      tls: this.tls,
      dial: this.context.http2 === 'node' ? dialNode : dialOwn,
      authority: this.authority,
      clock: this.context.clock,
      changed: (connection) => this.changed(connection),
      failed: (name, failure) => this.peers.warn('Cannot connect.', name, failure),
    });
  }

  private retire(connection: GrpcConnection): void {
    this.retired.add(connection);
    connection.close(false);
  }
}

/** A call's headers with those of its span, which differ from call to call. */
function withHeaders(shared: CallHeaders, own: SpanHeaders | undefined): CallHeaders {
  if (own === undefined || own.length === 0) return shared;
  const names = new Set(own.map(([name]) => name));
  return {
    ...shared,
    byName: { ...shared.byName, ...Object.fromEntries(own) },
    fields: [...shared.fields.filter(([name]) => !names.has(name)), ...own],
  };
}

/** The host of an authority, which may have a port. */
function hostOf(authority: string): string {
  return authority.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
