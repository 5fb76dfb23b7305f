/** One connection of a gRPC client over our own HTTP/2: its calls, and how it comes to its end. */
import { connect, type Socket } from 'net';
import { connect as connectTls } from 'tls';
import type { Clock, Timer } from '../../clock';
import {
  ALPN, ANSWER_WINDOW, type BegunCall, type CallHeaders, type Dial, type GrpcSession,
  type OutgoingCall, type SessionEvents,
} from '../grpc-session';
import { messagePrefix, PREFIX } from '../message-assembler';
import { Code } from '../status';
import { Allowance } from './allowance';
import { ClientCall, type ClientCallHost } from './client-call';
import { Http2Connection, type ConnectionOwner } from './connection';
import { ErrorCode, Flag, FRAME_HEADER, FrameType, writeFrameHeader } from './frames';
import { HpackEncoder } from './hpack-encoder';
import { Promises } from '../incoming-block';
import { ReceiveBudget } from './receive-window';
import { defaultSettings } from './settings';
import { sharedReading, withOwnBuffers, type TakeBytes } from './socket-reader';

const MIB = 1024 * 1024;
/** What a peer may send of all its answers that are not complete. */
const WINDOW_BYTES = 4 * MIB;
const HEADER_LIST_BYTES = 65_536;
/**
 * Bytes of output that may wait before nothing more is read of the peer. Bodies wait elsewhere from
 * 1 MiB on, so this only meets a peer that asks and asks and does not read what it is told.
 */
const MOST_PENDING_BYTES = 8 * MIB;
/** What all peers together may make us hold of answers that are not complete, and each of them. */
const BUDGET = new ReceiveBudget(64 * MIB, 16 * MIB);
const PROMISES = new Promises(16 * MIB);
/** How long a peer may take to read the last words. */
const LINGER_MS = 1000;
/** Pings that a peer may send in vain at once, and then in each second. */
const PING_BURST = 1000;
const PINGS_PER_SECOND = 33;
/** Headers up to this size are written in one piece with their frame's. */
const SHORT_BLOCK = 1024;
const NOTHING: Uint8Array = new Uint8Array(0);
const BAD_VALUE = /[\0\r\n]|^[ \t]|[ \t]$|[^\0-\xff]/;
const DEADLINE = plainName('grpc-timeout');

/** Connects, to speak over our own HTTP/2. */
export const dialOwn: Dial = ({ clock, target, tls }) => {
  let session: ClientSession | undefined;
  const take: TakeBytes = (source, start, end) => session?.connection.push(source, start, end);
  const onread = tls === undefined ? sharedReading(take) : undefined;
  const socket = tls === undefined
    ? connect({ ...target, noDelay: true, onread })
    : connectTls({ ...target, ALPNProtocols: ALPN, ...tls }).setNoDelay(true);
  return {
    socket,
    open: (events) => {
      session = new ClientSession(socket, clock, events);
      if (onread === undefined) withOwnBuffers(socket, take);
      socket.resume();
      return session;
    },
  };
};

/** One connection. */
class ClientSession implements GrpcSession, ConnectionOwner, ClientCallHost {
  public readonly connection: Http2Connection;
  public readonly promises = PROMISES;
  public failure = '';
  private readonly encoder = new HpackEncoder();
  /** Calls for which the peer has no room yet, first come first served. */
  private readonly waiting = new Set<WaitingCall>();
  private readonly pings = new Map<number, () => void>();
  private lastPing = 0;
  /** Pings of the peer that came with what it was sent: it measures the way. */
  private usualPings = 0;
  private readonly idlePings: Allowance;
  private isReady = false;
  private isLeaving = false;
  private linger?: Timer;
  /** Headers that were found to be right. */
  private checked?: CallHeaders;
  /** The deadline that was written last, in milliseconds, and its field. */
  private deadlineMs = -1;
  private deadline: Buffer = Buffer.alloc(0);

  public constructor(
    socket: Socket, private readonly clock: Clock,
    private readonly events: SessionEvents,
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
      budget: BUDGET,
      maxPendingBytes: MOST_PENDING_BYTES,
      clock,
    }, this);
    socket.on('error', (error) => { this.failure ||= error.message; });
    socket.once('close', () => this.closed());
  }

  public get isBusy(): boolean {
    return this.connection.streams.size > 0 || this.waiting.size > 0;
  }

  public begin(call: OutgoingCall): BegunCall | undefined {
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
      if (stream.id > lastStreamId && stream instanceof ClientCall) stream.giveBack();
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
  private start(call: OutgoingCall): BegunCall | undefined {
    const { connection } = this;
    const headers = call.headers();
    if (headers !== this.checked) {
      const bad = headers.fields.find(([, value]) => BAD_VALUE.test(value));
      if (bad !== undefined) return refused(call, bad[0]);
      this.checked = headers;
    }
    const id = connection.nextStreamId();
    if (id === undefined) {
      this.close();
      return undefined;
    }
    const stream = new ClientCall(id, this, call);
    connection.add(stream);
    this.writeHeaders(id, this.encoder.encode(headers.fields, headers.sensitive), call.timeLeft());
    let length = PREFIX;
    for (const chunk of call.chunks) length += chunk.length;
    connection.sender.send(stream, {
      chunks: [messagePrefix(length - PREFIX, call.isCompressed), ...call.chunks],
      index: 0,
      offset: 0,
      left: length,
    });
    return stream;
  }

  /** Deadlines differ from call to call; in no table, they leave the rest the same. */
  private writeHeaders(id: number, block: Uint8Array, timeLeft: number | undefined): void {
    const { outbox, sender } = this.connection;
    const deadline = timeLeft === undefined ? NOTHING : this.deadlineField(timeLeft);
    const length = block.length + deadline.length;
    if (length > SHORT_BLOCK) {
      sender.headers(id, Buffer.concat([block, deadline]), false);
      return;
    }
    const at = outbox.reserve(FRAME_HEADER + length);
    const to = outbox.block;
    writeFrameHeader(to, at, length, FrameType.headers, Flag.endHeaders, id);
    to.set(block, at + FRAME_HEADER);
    to.set(deadline, at + FRAME_HEADER + block.length);
  }

  private deadlineField(ms: number): Uint8Array {
    if (ms !== this.deadlineMs) {
      this.deadlineMs = ms;
      const value = Buffer.from(`${ms}m`, 'latin1');
      this.deadline = Buffer.concat([DEADLINE, Buffer.from([value.length]), value]);
    }
    return this.deadline;
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
class WaitingCall implements BegunCall {
  /** What it has become. */
  public begun?: BegunCall;

  public constructor(
    /** What waits. */
    public readonly call: OutgoingCall, private readonly waiting: Set<WaitingCall>,
  ) {}

  public cancel(): void {
    this.waiting.delete(this);
    this.begun?.cancel();
  }
}

/** A call whose header cannot be sent to anybody. */
function refused(call: OutgoingCall, name: string): BegunCall {
  const message = `header ${name}: must be a line of Latin-1, got another value`;
  call.answered({ code: Code.internal, message }, NOTHING);
  return { cancel: () => undefined };
}

/** The beginning of a field that no table keeps, up to its value. */
function plainName(name: string): Buffer {
  return Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name, 'latin1')]);
}
