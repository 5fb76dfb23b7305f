/** One connection of a server: its requests, and how it comes to its end. */
import type { Socket } from 'net';
import { Http2Connection, type ConnectionOwner } from './connection';
import { ErrorCode, MOST_STREAM_ID } from './frames';
import { ConnectionWatch, type Keepalive, type KeptConnection } from '../keepalive';
import type { ReceiveBudget } from './receive-window';
import { RequestHead } from './request-head';
import { ServerStream, type StreamHost } from './server-stream';
import type { Settings } from './settings';
import type { FieldList } from './stream';
import type { Clock, Timer } from '../../clock';

/** What all connections of a server share. */
export interface ServerShare {
  /** What clients may rely on. */
  readonly settings: Settings;
  /** Keepalive. */
  readonly keepalive: Keepalive;
  /** Memory for messages on their way in. */
  readonly budget: ReceiveBudget;
  /** What a client may send before it is credited, in bytes. */
  readonly windowBytes: number;
  /** The time. */
  readonly clock: Clock;
  /** Number of looks so far. */
  looks: number;
  /** Told that a request has a deadline. */
  awaited(): void;
  /** Milliseconds for which the process has stood still until `now`; 0 where it did not. */
  stoodStill(now: number): number;
}

/** What a connection tells its server. */
export interface ConnectionEvents {
  /** It is ended because its client asks for signs of life too often. */
  pestering(): void;
  /** The first bytes were none of HTTP/2. */
  strange(): void;
  /** It is closed. */
  closed(connection: ServerConnection): void;
}

/** Makes the stream of a request that begins after the look of this number. */
export type NewStream = (streamId: number, host: StreamHost, look: number) => ServerStream;

/** Bytes of answers that a client may leave unread before nothing more is read of it. */
const MOST_PENDING_BYTES = 262_144;
/** How long a client that has calls may take to notice a farewell. */
const NOTICE_MS = 200;
/** The same for one without calls; one made of Node.js never says that it has noticed. */
const IDLE_NOTICE_MS = 25;
/** How long a client may take to read the last words. */
const LINGER_MS = 1000;
const TOKEN_LOOK = 1;
const TOKEN_FAREWELL = 2;
/** Looks that a message may take to arrive, as long as HTTP requests may under Node.js. */
const LOOKS_PER_MESSAGE = 5;
const MOST_STREAMS = 10_000;

/** One connection. */
export class ServerConnection implements ConnectionOwner, StreamHost, KeptConnection {
  public readonly connection: Http2Connection;
  public isFirstAnswer = true;
  public underWay = 0;
  private readonly head = new RequestHead();
  private readonly watch: ConnectionWatch;
  private readonly bornAt: number;
  /** Whether it owes an answer to a ping of a look. */
  private isAsked = false;
  private farewell: 'none' | 'announced' | 'said' = 'none';
  private notice?: Timer;
  private grace?: Timer;
  private linger?: Timer;

  public constructor(
    socket: Socket, private readonly newStream: NewStream,
    private readonly share: ServerShare, private readonly events: ConnectionEvents,
  ) {
    const { budget, clock, keepalive, settings, windowBytes } = share;
    this.bornAt = share.looks;
    this.connection = new Http2Connection({
      socket,
      isServer: true,
      settings,
      windowBytes,
      budget,
      clock,
      maxPendingBytes: MOST_PENDING_BYTES,
    }, this);
    this.watch = new ConnectionWatch(keepalive, this, clock);
    // A peer that goes away in the middle is no failure of ours.
    socket.on('error', () => undefined);
    socket.once('close', () => this.closed());
  }

  /** Takes bytes that were read. */
  public push(source: Uint8Array, start: number, end: number): void {
    this.connection.push(source, start, end);
  }

  public get openCalls(): number {
    return this.connection.streams.size;
  }

  public get lastReadAt(): number {
    return this.connection.lastReadAt;
  }

  public ask(): void {
    if (!this.connection.isOver) this.connection.ping(TOKEN_LOOK);
  }

  public cut(): void {
    this.connection.destroy();
  }

  /**
   * Ends it in two steps: a notice that leaves room for the calls that are on their way, and when
   * the client must have seen it, the end of new calls.
   */
  public retire(graceMs: number): void {
    const { clock } = this.share;
    if (this.connection.isOver) return;
    if (graceMs > 0) this.grace ??= clock.after(graceMs, () => this.cut());
    if (this.farewell !== 'none') return;
    if (!this.connection.isSettled) {
      this.connection.end();
      return;
    }
    this.farewell = 'announced';
    this.connection.goAway(MOST_STREAM_ID, ErrorCode.noError);
    this.connection.ping(TOKEN_FAREWELL);
    this.notice = clock.after(
      this.openCalls === 0 ? IDLE_NOTICE_MS : NOTICE_MS, () => this.sayFarewell());
  }

  /** Whether the client shows that it is there; asks it for the next time. */
  public look(): void {
    const { connection, share } = this;
    const isSilent = !connection.isSettled && share.looks - this.bornAt > 1;
    if (this.isAsked || isSilent) {
      this.cut();
      return;
    }
    if (!connection.isSettled || connection.isOver) return;
    for (const stream of connection.streams.values()) {
      if (!(stream instanceof ServerStream)) continue;
      const isTooOld = share.looks - stream.began > LOOKS_PER_MESSAGE;
      if (!isTooOld || !stream.isIncomplete) continue;
      connection.reset(stream, ErrorCode.cancel);
      stream.onReset(ErrorCode.cancel);
    }
    this.isAsked = true;
    connection.ping(TOKEN_LOOK);
  }

  /** Ends the calls whose deadline has passed; whether others have one. */
  public expire(now: number): boolean {
    let isAwaited = false;
    for (const stream of this.connection.streams.values()) {
      if (!(stream instanceof ServerStream) || stream.deadline === Infinity) continue;
      if (stream.deadline <= now) stream.expire();
      if (stream.deadline > now && !stream.isClosed) isAwaited = true;
    }
    return isAwaited;
  }

  public opened(
    streamId: number, fields: FieldList, isEndStream: boolean, isWhole: boolean,
  ): number {
    const { connection, head, share } = this;
    if (isWhole && !head.read(fields)) return ErrorCode.protocolError;
    const most = Math.min(share.settings.maxConcurrentStreams, MOST_STREAMS);
    if (this.farewell === 'said' || connection.streams.size >= most || this.underWay >= most) {
      return ErrorCode.refusedStream;
    }
    const now = share.clock.monotonic();
    const stream = this.newStream(streamId, this, share.looks);
    if (connection.streams.size === 0) this.watch.busy();
    connection.add(stream);
    stream.isPeerDone = isEndStream;
    stream.begin(head, fields, isWhole, now);
    if (stream.deadline !== Infinity) share.awaited();
    return ErrorCode.noError;
  }

  public stoodStill(now: number): number {
    return this.share.stoodStill(now);
  }

  public spoke(): void {
    this.watch.answered();
  }

  public settled(): void {
    // Nothing waits for it.
  }

  public pinged(): void {
    if (!this.watch.isTooOften()) return;
    this.events.pestering();
    this.connection.goAway(
      this.connection.lastPeerStream, ErrorCode.enhanceYourCalm, 'too_many_pings');
    this.connection.end();
  }

  public answered(token: number): void {
    if (token === TOKEN_LOOK) this.isAsked = false;
    if (token === TOKEN_FAREWELL && this.farewell === 'announced') this.sayFarewell();
  }

  public leaving(): void {
    // The client ends the connection when its calls have ended.
  }

  public strange(): void {
    this.events.strange();
  }

  public drained(): void {
    // Only bodies wait for that, and those go by themselves.
  }

  public removed(): void {
    // Nobody waits for one to end.
  }

  public idle(): void {
    if (this.connection.isOver) return;
    this.watch.idle();
    if (this.farewell === 'said') this.connection.end();
  }

  public ended(): void {
    this.watch.stop();
    this.notice?.cancel();
    this.grace?.cancel();
    this.linger = this.share.clock.after(LINGER_MS, () => this.cut());
  }

  private sayFarewell(): void {
    this.notice?.cancel();
    if (this.connection.isOver || this.farewell === 'said') return;
    this.farewell = 'said';
    this.connection.goAway(this.connection.lastPeerStream, ErrorCode.noError);
    if (this.openCalls === 0) this.connection.end();
  }

  private closed(): void {
    this.connection.destroy();
    this.watch.stop();
    this.notice?.cancel();
    this.grace?.cancel();
    this.linger?.cancel();
    this.events.closed(this);
  }
}
