/** One connection of an HTTP client over our own HTTP/2. */
import type { Socket } from 'net';
import type { Clock, Timer } from '../../clock';
import type { BegunCall, SessionEvents } from '../grpc-session';
import type { OutgoingPost } from '../http-answer';
import { ClientSession } from './client-session';
import { HttpClientCall } from './http-client-call';
import { withOwnBuffers } from './socket-reader';

/** What Go's client makes of a time of zero. */
const USUAL_PING_MS = 15_000;

/** How a connection is looked after; all times in milliseconds. */
export interface HttpSessionTimes {
  /** Without requests for so long, it is ended; 0 is never. */
  readonly idle: number;
  /** Without a frame for so long, the peer is asked for a sign of life; 0 is never. */
  readonly readIdle: number;
  /** Without that for so long, it is cut; 0 is 15 seconds. */
  readonly ping: number;
}

/** One connection. */
export class HttpClientSession extends ClientSession<OutgoingPost> {
  private isUsed = false;
  private lastBusyAt: number;
  private probing?: Timer;
  private readonly watches = new Set<Timer>();

  /** `socket` must have just connected, and be paused. */
  public constructor(
    socket: Socket, clock: Clock, times: HttpSessionTimes,
    events: SessionEvents,
  ) {
    super(socket, clock, events);
    this.lastBusyAt = clock.monotonic();
    const isIdle = (): boolean => this.isReady && !this.isBusy;
    this.watch(times.idle, () => isIdle() ? this.lastBusyAt : clock.monotonic(), () => {
      this.close();
    });
    this.watch(times.readIdle, () => this.connection.lastReadAt, () => {
      this.probe(times.ping || USUAL_PING_MS);
    });
    withOwnBuffers(socket, (source, start, end) => this.connection.push(source, start, end));
    socket.once('close', () => this.forgetTimers());
    socket.resume();
  }

  /** How many requests there are on it. */
  public get load(): number {
    return this.connection.streams.size + this.waitingCount;
  }

  /** Whether the peer takes one more. */
  public get hasStreamLeft(): boolean {
    return this.load < this.connection.peer.maxConcurrentStreams;
  }

  /** Asks for a sign of life, and cuts the connection when there is none. */
  public probe(timeoutMs: number): void {
    if (this.probing !== undefined || this.connection.isOver) return;
    this.probing = this.clock.after(timeoutMs, () => {
      this.destroy(new Error(`no answer to a ping in ${timeoutMs} ms`));
    });
    this.ping(() => {
      this.probing?.cancel();
      this.probing = undefined;
    });
  }

  public override settled(): void {
    if (!this.isReady) this.lastBusyAt = this.clock.monotonic();
    super.settled();
  }

  public override removed(): void {
    this.lastBusyAt = this.clock.monotonic();
    super.removed();
  }

  protected start(post: OutgoingPost): BegunCall | undefined {
    const id = this.nextStreamId();
    if (id === undefined) return undefined;
    const { connection, encoder } = this;
    const { chunks, length } = post;
    const stream = new HttpClientCall(id, this, post, this.isUsed);
    this.isUsed = true;
    connection.add(stream);
    connection.sender.headers(id, encoder.encode(post.fields, post.sensitive), length === 0);
    if (length === 0) connection.finished(stream);
    else connection.sender.send(stream, { chunks, index: 0, offset: 0, left: length });
    return stream;
  }

  /** Does `act` whenever nothing has happened for `ms` since `since`; 0 is never. */
  private watch(ms: number, since: () => number, act: () => void): void {
    if (ms <= 0) return;
    const { clock, watches } = this;
    const look = (timer?: Timer): void => {
      if (timer !== undefined) watches.delete(timer);
      const left = since() + ms - clock.monotonic();
      if (left <= 0) act();
      const next: Timer = clock.after(left > 0 ? left : ms, () => look(next));
      watches.add(next);
    };
    look();
  }

  private forgetTimers(): void {
    this.probing?.cancel();
    for (const timer of this.watches) timer.cancel();
    this.watches.clear();
  }
}
