/** One HTTP/2 connection to one address, made again whenever it ends. */
import type { Socket } from 'net';
import { TLSSocket } from 'tls';
import type { Clock, Timer } from '../clock';
import type { GrpcClientSettings } from '../config';
import { authorityOf } from './endpoint';
import type { BegunCall, Dial, Dialed, GrpcSession, OutgoingCall } from './grpc-session';
import type { ClientTls } from './tls';
import { connectionFailure } from './tls-failure';
import type { SocketEnd } from '../telemetry/calls';

/**
 * Where a connection is in its life. `waiting` is the pause after a failure; `closed` the end.
 */
export type ConnectionState = 'idle' | 'connecting' | 'ready' | 'waiting' | 'closed';

/** What a connection is made from. */
export interface ConnectionOptions {
  /** IP address, or path of a socket. */
  readonly address: string;
  /** Port; of no meaning for a socket that is a file. */
  readonly port: number;
  /** Whether the address is a path. */
  readonly isFile: boolean;
  /** When the peer is asked for a sign of life, apart from requests that take too long. */
  readonly keepalive?: GrpcClientSettings['keepalive'];
  /** TLS of the next connection; without it, plain text. */
  readonly tls?: ClientTls;
  /** Who speaks HTTP/2. */
  readonly dial: Dial;
  /** `:authority` of every request. */
  readonly authority: string;
  /** The time. */
  readonly clock: Clock;
  /** Told whenever the state has changed. */
  readonly changed: (connection: GrpcConnection) => void;
  /** Told why it could not connect. */
  readonly failed: (name: string, failure: string) => void;
}

const CONNECT_MS = 20_000;
const PROBE_MS = 10_000;
/** What grpc-go makes of less, lest servers find it too often. */
const LEAST_TIME_MS = 10_000;
const USUAL_TIMEOUT_MS = 20_000;
/** A connection that ended sooner is made again after a pause only, as if it had failed. */
const SHORTEST_LIFE_MS = 100;
const FIRST_PAUSE_MS = 1000;
/** Upstream goes up to two minutes; a peer that is back should not be left alone for so long. */
const LONGEST_PAUSE_MS = 5_000;
const PAUSE_FACTOR = 1.6;
const JITTER = 0.2;

/** Keeps one connection. */
export class GrpcConnection {
  /** Where it is in its life. */
  public state: ConnectionState = 'idle';
  /** Why it failed last. */
  public lastFailure = '';
  private session?: GrpcSession;
  private socket?: Socket;
  private pauseMs = FIRST_PAUSE_MS;
  private readySince = 0;
  private pause?: Timer;
  private probing?: Timer;

  public constructor(private readonly options: ConnectionOptions) {}

  /** The address, as configurations write it. */
  public get name(): string {
    const { address, isFile, port } = this.options;
    return isFile ? address : authorityOf({ host: address, port });
  }

  /** The other end. */
  public get peer(): SocketEnd {
    const { address, isFile, port } = this.options;
    return { address, port: isFile ? 0 : port };
  }

  /** Whether it was closed and its last request has ended. */
  public get hasEnded(): boolean {
    return this.state === 'closed' && this.session === undefined;
  }

  /** Begins to connect, unless it is connected, is connecting, or waits to try again. */
  public connect(): void {
    if (this.state !== 'idle') return;
    this.state = 'connecting';
    const { address, authority, clock, dial, isFile, port, tls } = this.options;
    const target = isFile ? { path: address } : { host: address, port };
    const dialed = dial({ target, tls: tls?.options, authority, clock });
    const { socket } = dialed;
    this.socket = socket;
    const timer = clock.after(CONNECT_MS, () => {
      socket.destroy(new Error(`connect ${this.name}: no answer in ${CONNECT_MS} ms`));
    });
    const settled = (): void => timer.cancel();
    socket.once('close', settled);
    socket.on('error', (error) => this.failed(socket, error));
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      this.greet(dialed, settled);
    });
  }

  /** Begins a call; undefined when the connection has just ended. */
  public begin(call: OutgoingCall): BegunCall | undefined {
    return this.state === 'ready' ? this.session?.begin(call) : undefined;
  }

  /**
   * Asks whether the peer is still there, and cuts the connection when it is not: a machine that
   * vanished says nothing, and every request would run into its deadline.
   */
  public probe(timeoutMs = PROBE_MS): void {
    const { session } = this;
    if (this.state !== 'ready' || this.probing !== undefined || session === undefined) return;
    this.probing = this.options.clock.after(timeoutMs, () => {
      session.destroy(new Error(`connection to ${this.name}: no answer to a ping`));
    });
    session.ping(() => this.endProbe());
  }

  /** Takes no more requests; ends when those under way have ended, or at once with `isForced`. */
  public close(isForced: boolean): void {
    this.move('closed');
    this.pause?.cancel();
    if (this.session === undefined) this.socket?.destroy();
    else if (isForced) this.session.destroy();
    else this.session.close();
  }

  private greet({ open, socket }: Dialed, settled: () => void): void {
    if (socket instanceof TLSSocket && socket.alpnProtocol !== 'h2') {
      socket.destroy(new Error(
        `peer ${this.name}: must speak h2 (ALPN), got ${socket.alpnProtocol || 'nothing'}`));
      return;
    }
    let watch: Timer | undefined;
    const session = open({
      ready: () => {
        settled();
        if (this.session !== session || this.state !== 'connecting') return;
        this.lastFailure = '';
        this.readySince = this.options.clock.monotonic();
        this.move('ready');
      },
      leaving: () => this.ended(session),
      failed: (error) => this.failed(socket, error),
      closed: () => {
        watch?.cancel();
        settled();
        this.ended(session);
      },
    });
    this.session = session;
    watch = this.watch(session);
  }

  private endProbe(): void {
    this.probing?.cancel();
    this.probing = undefined;
  }

  /** Asks for a sign of life as often as the settings say. */
  private watch(session: GrpcSession): Timer | undefined {
    const { clock, keepalive } = this.options;
    if (keepalive === undefined || keepalive.time === 0) return undefined;
    const { permitWithoutStream, time, timeout } = keepalive;
    return clock.every(Math.max(time, LEAST_TIME_MS), () => {
      if (session !== this.session) return;
      if (permitWithoutStream || session.isBusy) this.probe(timeout || USUAL_TIMEOUT_MS);
    });
  }

  /** A session that takes no more requests is left to finish those that it has. */
  private ended(session: GrpcSession): void {
    if (this.session !== session) return;
    this.endProbe();
    this.session = undefined;
    this.socket = undefined;
    if (this.state === 'closed') {
      this.options.changed(this);
      return;
    }
    const lived = this.state === 'ready'
      && this.options.clock.monotonic() - this.readySince >= SHORTEST_LIFE_MS;
    if (!lived) {
      this.lastFailure ||= `connection to ${this.name} was closed by the peer`;
      this.rest();
      return;
    }
    this.pauseMs = FIRST_PAUSE_MS;
    this.move('idle');
  }

  private failed(socket: Socket, error: Error): void {
    const failure = this.options.tls === undefined && /^Protocol error/.test(error.message)
      ? `${error.message} (the peer does not speak HTTP/2 without TLS on this port)`
      : connectionFailure(error);
    this.lastFailure = `connecting to ${this.name}: ${failure}`;
    if (this.state === 'connecting') this.options.failed(this.name, failure);
    if (this.socket !== socket || this.session !== undefined || this.state === 'closed') return;
    this.socket = undefined;
    this.rest();
  }

  private rest(): void {
    const jitter = 1 + JITTER * (2 * Math.random() - 1);
    this.pause = this.options.clock.after(this.pauseMs * jitter, () => this.move('idle'));
    this.pauseMs = Math.min(LONGEST_PAUSE_MS, this.pauseMs * PAUSE_FACTOR);
    this.move('waiting');
  }

  private move(state: ConnectionState): void {
    if (this.state === 'closed') return;
    this.state = state;
    this.options.changed(this);
  }
}
