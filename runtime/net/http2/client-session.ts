/** One connection of a client over our own HTTP/2: its calls, and how it comes to its end. */
import type { Socket } from 'net';
import type { Clock, Timer } from '../../clock';
import { ANSWER_WINDOW, type BegunCall, type SessionEvents } from '../grpc-session';
import { Allowance } from './allowance';
import { ClientStream, type ClientStreamHost } from './client-stream';
import { Http2Connection, type ConnectionOwner } from './connection';
import { ErrorCode } from './frames';
import { HpackEncoder } from './hpack-encoder';
import { Promises } from '../incoming-block';
import { ReceiveBudget } from './receive-window';
import { defaultSettings } from './settings';

const MIB = 1024 * 1024;
/** Memory that may be set aside for answers that are announced and not here yet. */
export const PROMISED_BYTES = 16 * MIB;
/** What a peer may send of all its answers that are not complete. */
const WINDOW_BYTES = 4 * MIB;
const HEADER_LIST_BYTES = 65_536;
/**
 * Bytes of output that may wait before nothing more is read of the peer. Bodies wait elsewhere from
 * 1 MiB on, so this only meets a peer that asks and asks and does not read what it is told.
 */
const MOST_PENDING_BYTES = 8 * MIB;
/** What all peers together may make us hold of answers that are not complete, and each of them. */
export const ANSWER_BUDGET = new ReceiveBudget(64 * MIB, 16 * MIB);
const PROMISES = new Promises(PROMISED_BYTES);
/** How long a peer may take to read the last words. */
const LINGER_MS = 1000;
/** Pings that a peer may send in vain at once, and then in each second. */
const PING_BURST = 1000;
const PINGS_PER_SECOND = 33;
const NOTHING: Uint8Array = new Uint8Array(0);

/** What a client asks for, and what is told of it while it has not begun. */
export interface PendingCall {
  /** Told that the connection ended before it was sent. */
  answered(end: 'unsent', answer: Uint8Array): void;
}

/** One connection; what its calls are is told by those who extend it. */
export abstract class ClientSession<Call extends PendingCall>
implements ConnectionOwner, ClientStreamHost {
  public readonly connection: Http2Connection;
  public readonly promises = PROMISES;
  public failure = '';
  protected readonly encoder = new HpackEncoder();
  /** Calls for which the peer has no room yet, first come first served. */
  private readonly waiting = new Set<WaitingCall<Call>>();
  private readonly pings = new Map<number, () => void>();
  private lastPing = 0;
  /** Pings of the peer that came with what it was sent: it measures the way. */
  private usualPings = 0;
  private readonly idlePings: Allowance;
  /** Whether the peer has told its settings; nobody can ask for anything before. */
  protected isReady = false;
  private isLeaving = false;
  private linger?: Timer;

  public constructor(
    socket: Socket, protected readonly clock: Clock, private readonly events: SessionEvents,
  ) {
    this.idlePings = new Allowance(clock, PING_BURST, PINGS_PER_SECOND);
    this.connection = new Http2Connection({
      socket,
      isServer: false,
      settings: {
        ...defaultSettings(),
        enablePush: false,
        initialWindowSize: ANSWER_WINDOW,
        maxHeaderListSize: HEADER_LIST_BYTES,
      },
      windowBytes: WINDOW_BYTES,
      budget: ANSWER_BUDGET,
      maxPendingBytes: MOST_PENDING_BYTES,
      clock,
    }, this);
    socket.on('error', (error) => { this.failure ||= error.message; });
    socket.once('close', () => this.closed());
  }

  public get isBusy(): boolean {
    return this.connection.streams.size > 0 || this.waiting.size > 0;
  }

  public begin(call: Call): BegunCall | undefined {
    if (this.connection.isOver) this.leave();
    if (this.isLeaving) return undefined;
    if (this.waiting.size === 0 && this.hasRoom) return this.start(call);
    const waiting = new WaitingCall(call, this.waiting);
    this.waiting.add(waiting);
    return waiting;
  }

  public ping(answered: () => void): void {
    if (this.connection.isOver) return;
    this.pings.set(++this.lastPing, answered);
    this.connection.ping(this.lastPing);
  }

  public close(): void {
    this.leave();
    if (this.connection.streams.size === 0) this.connection.end();
  }

  public destroy(error?: Error): void {
    if (error !== undefined) {
      this.failure ||= error.message;
      this.events.failed(error);
    }
    this.leave();
    this.connection.outbox.flush();
    this.connection.destroy();
  }

  public opened(): number {
    return ErrorCode.refusedStream;
  }

  public settled(): void {
    this.encoder.setMaxTableBytes(this.connection.peer.headerTableSize);
    if (!this.isReady) {
      this.isReady = true;
      this.events.ready();
    }
    this.startWaiting();
  }

  public pinged(): void {
    if (this.usualPings < this.connection.sender.frames) {
      this.usualPings++;
    } else if (!this.idlePings.take()) {
      this.connection.goAway(0, ErrorCode.enhanceYourCalm, 'too_many_pings');
      this.connection.end(new Error('PING: must be few, got too many'));
    }
  }

  public answered(token: number): void {
    const answered = this.pings.get(token);
    this.pings.delete(token);
    answered?.();
  }

  public leaving(lastStreamId: number): void {
    this.leave();
    for (const stream of [...this.connection.streams.values()]) {
      if (stream.id > lastStreamId && stream instanceof ClientStream) stream.giveBack();
    }
    if (this.connection.streams.size === 0) this.connection.end();
  }

  public strange(): void {
    // Only clients say something first.
  }

  public removed(): void {
    this.startWaiting();
  }

  public drained(): void {
    this.startWaiting();
  }

  public idle(): void {
    if (this.isLeaving && this.waiting.size === 0) this.connection.end();
  }

  public ended(error?: Error): void {
    if (error !== undefined) {
      this.failure ||= error.message;
      const prefix = this.isReady ? '' : 'Protocol error: ';
      this.events.failed(new Error(prefix + error.message));
    }
    this.leave();
    this.linger = this.clock.after(LINGER_MS, () => this.connection.destroy());
  }

  /** Calls that wait for their turn. */
  protected get waitingCount(): number {
    return this.waiting.size;
  }

  private get hasRoom(): boolean {
    const { peer, sender, streams } = this.connection;
    return streams.size < peer.maxConcurrentStreams && !sender.isFull;
  }

  private startWaiting(): void {
    for (const waiting of this.waiting) {
      if (!this.hasRoom || this.isLeaving || this.connection.isOver) return;
      this.waiting.delete(waiting);
      waiting.begun = this.start(waiting.call);
      if (waiting.begun === undefined) waiting.call.answered('unsent', NOTHING);
    }
  }

  /** Begins a call; undefined when no more can be begun here. */
  protected abstract start(call: Call): BegunCall | undefined;

  /** The number of the next stream; undefined when there is none left, and so no more calls. */
  protected nextStreamId(): number | undefined {
    const id = this.connection.nextStreamId();
    if (id === undefined) this.close();
    return id;
  }

  /** Takes no more calls; those that wait are given back. */
  private leave(): void {
    if (this.isLeaving) return;
    this.isLeaving = true;
    this.events.leaving();
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const { call } of waiting) call.answered('unsent', NOTHING);
  }

  private closed(): void {
    this.leave();
    this.connection.destroy();
    this.linger?.cancel();
    this.events.closed();
  }
}

/** A call that waits for its turn, and then stands for the one that has begun. */
class WaitingCall<Call> implements BegunCall {
  /** What it has become. */
  public begun?: BegunCall;

  public constructor(
    /** What waits. */
    public readonly call: Call, private readonly waiting: Set<WaitingCall<Call>>,
  ) {}

  public cancel(): void {
    this.waiting.delete(this);
    this.begun?.cancel();
  }
}
