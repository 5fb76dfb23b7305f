/**
 * One connection of HTTP/2, either side of it: its streams, windows, and how it begins and ends
 * (RFC 9113). What requests mean is for those who take the streams.
 */
import type { Socket } from 'net';
import { BodySender } from './body-sender';
import { ClosedStreams, type Ending } from './closed-streams';
import { FrameReader } from './frame-reader';
import {
  ConnectionError, DEFAULT_WINDOW, ErrorCode, FRAME_HEADER, FrameType, MOST_WINDOW, PREFACE,
  writeFrameHeader, writeUint32,
} from './frames';
import { HpackError } from './hpack-error';
import { Outbox } from './outbox';
import { PeerFrames } from './peer-frames';
import { ReceiveWindow, type ReceiveBudget } from './receive-window';
import { defaultSettings, settingsPayload, type Settings } from './settings';
import type { FieldList, Http2Stream } from './stream';
import type { Clock } from '../../clock';

/** What a connection is made from. */
export interface ConnectionOptions {
  /** What it runs over; reading it is for the caller, who calls `push`. */
  readonly socket: Socket;
  /** Whether this is the side that was called. */
  readonly isServer: boolean;
  /** What the peer may rely on. */
  readonly settings: Settings;
  /** What the peer may send before it is credited, of all streams, in bytes; 65535 or more. */
  readonly windowBytes: number;
  /** The memory that it shares with other connections. */
  readonly budget: ReceiveBudget;
  /** Bytes of output that may wait before nothing more is read of the peer. */
  readonly maxPendingBytes: number;
  /** The time. */
  readonly clock: Clock;
}

/** Whoever uses a connection. */
export interface ConnectionOwner {
  /**
   * Takes the headers of a new request and adds its stream; only servers are asked. `isWhole` is
   * false when the list was too large and holds its first fields only.
   *
   * @returns The error code to reset the stream with when it was not added, else NO_ERROR.
   */
  opened(streamId: number, fields: FieldList, isEndStream: boolean, isWhole: boolean): number;
  /** Told that settings of the peer were taken over, the first and every later ones. */
  settled(): void;
  /** Told that the peer asked for a sign of life, which it is given. */
  pinged(): void;
  /** Told that the peer answered the ping with this number. */
  answered(token: number): void;
  /** Told that the peer takes no streams above `lastStreamId`. */
  leaving(lastStreamId: number, code: number): void;
  /** Told that the first bytes are none of HTTP/2; the connection ends. */
  strange(): void;
  /** Told that a stream has ended. */
  removed(): void;
  /** Told that none is left, after that. */
  idle(): void;
  /**
   * Told that the connection takes leave: its socket is closed once the peer has read that. `error`
   * is the mistake of the peer, if there was one.
   */
  ended(error?: Error): void;
  /** Told that output that had to wait has gone. */
  drained(): void;
}

/** Largest block of headers before it is decoded, in bytes. */
const MOST_BLOCK_BYTES = 65_536;
const PING_BYTES = 8;
const MOST_DEBUG_BYTES = 256;

/** One connection. */
export class Http2Connection {
  /** What the peer said that we may rely on. */
  public readonly peer: Settings = defaultSettings();
  /** Streams that are open. */
  public readonly streams = new Map<number, Http2Stream>();
  /** How those ended that were closed last. */
  public readonly closed = new ClosedStreams();
  /** Whether nothing is read any more, nor written but for a farewell. */
  public isOver = false;
  /** When something was read last, by the monotonic clock. */
  public lastReadAt: number;
  /** Frames to be written. */
  public readonly outbox: Outbox;
  /** Where headers and bodies go. */
  public readonly sender: BodySender;
  /** What the peer may send. */
  public readonly window: ReceiveWindow;
  private readonly frames: PeerFrames;
  private readonly reader: FrameReader;
  private readonly streamWindow: number;
  /** Bytes of the preface that were read. */
  private greeted: number;
  private lastOwnStream = 0;
  private isPaused = false;

  public constructor(
    private readonly options: ConnectionOptions, private readonly owner: ConnectionOwner,
  ) {
    const { budget, clock, isServer, settings, socket, windowBytes } = options;
    this.outbox = new Outbox(socket, () => this.drained());
    this.sender = new BodySender(this.outbox, (stream) => this.finished(stream));
    this.window = new ReceiveWindow(budget, windowBytes, (bytes) => this.credit(0, bytes));
    this.frames = new PeerFrames(this, options, owner);
    this.reader = new FrameReader(this.frames, {
      maxFrameBytes: settings.maxFrameSize, maxBlockBytes: MOST_BLOCK_BYTES,
    });
    this.streamWindow = Math.max(DEFAULT_WINDOW, settings.initialWindowSize);
    this.greeted = isServer ? 0 : PREFACE.length;
    this.lastReadAt = clock.monotonic();
    if (!isServer) this.outbox.append(PREFACE);
    this.frame(FrameType.settings, 0, 0, settingsPayload(settings));
    this.window.replenish();
  }

  /** Whether the peer has told its settings. */
  public get isSettled(): boolean {
    return this.frames.isSettled;
  }

  /** The highest stream that the peer has begun. */
  public get lastPeerStream(): number {
    return this.frames.lastPeerStream;
  }

  /** Whether output waits for the peer to read. */
  public get isBlocked(): boolean {
    return this.outbox.pendingBytes > 0;
  }

  /** Takes bytes that were read. What they break the rules with ends the connection. */
  public push(source: Uint8Array, start: number, end: number): void {
    if (this.isOver) return;
    this.lastReadAt = this.options.clock.monotonic();
    const at = this.greeted < PREFACE.length ? this.readPreface(source, start, end) : start;
    try {
      this.reader.push(source, at, end);
    } catch (error) {
      this.fail(error);
    }
    if (this.isOver) return;
    if (!this.window.replenish()) this.shed();
    this.pauseIfFull();
  }

  /** How many streams we have begun. */
  public get streamsBegun(): number {
    return this.lastOwnStream + 1 >> 1;
  }

  /** The number of the next stream that we begin; undefined when there is none left. */
  public nextStreamId(): number | undefined {
    const id = this.lastOwnStream === 0 ? 1 : this.lastOwnStream + 2;
    if (id > MOST_WINDOW) return undefined;
    this.lastOwnStream = id;
    return id;
  }

  /** Whether a stream with this number was never begun, by whoever begins such streams. */
  public isIdle(streamId: number): boolean {
    const isOwn = (streamId % 2 === 0) === this.options.isServer;
    return streamId > (isOwn ? this.lastOwnStream : this.lastPeerStream);
  }

  /** Takes a stream in. */
  public add(stream: Http2Stream): void {
    stream.sendWindow = this.peer.initialWindowSize;
    stream.receiveWindow = this.streamWindow;
    this.streams.set(stream.id, stream);
  }

  /** Counts that `stream` keeps no bytes of the peer any more. */
  public release(stream: Http2Stream): void {
    if (stream.held > 0) this.window.release(stream);
  }

  /** Credits a stream what it was sent, once that is worth a frame. */
  public replenish(stream: Http2Stream): void {
    const missing = this.streamWindow - stream.receiveWindow;
    if (missing < this.streamWindow >> 1) return;
    stream.receiveWindow += missing;
    this.credit(stream.id, missing);
  }

  /** Told that our side of `stream` has ended. */
  public finished(stream: Http2Stream): void {
    stream.isDone = true;
    if (stream.isPeerDone) this.remove(stream, 'ended');
  }

  /** Ends `stream` at once, and tells the peer why. */
  public reset(stream: Http2Stream, code: number): void {
    if (stream.isClosed) return;
    this.short(FrameType.rstStream, stream.id, code);
    this.remove(stream, 'reset by us');
  }

  /** Ends `stream` because of a mistake of the peer, who must not make too many. */
  public blame(stream: Http2Stream, code: number): void {
    this.frames.resetStream(stream, code);
  }

  /** Tells the peer the end of a stream that is not among those that are open. */
  public refuse(streamId: number, code: number): void {
    this.short(FrameType.rstStream, streamId, code);
    this.closed.add(streamId, 'reset by us');
  }

  /** Forgets `stream`, whose end is known on both sides. */
  public remove(stream: Http2Stream, ending: Ending): void {
    if (stream.isClosed) return;
    stream.isClosed = true;
    this.release(stream);
    this.sender.drop(stream);
    this.streams.delete(stream.id);
    this.closed.add(stream.id, ending);
    this.owner.removed();
    if (this.streams.size === 0) this.owner.idle();
  }

  /** Asks for a sign of life. */
  public ping(token: number): void {
    const payload = new Uint8Array(PING_BYTES);
    writeUint32(payload, 0, token);
    this.frame(FrameType.ping, 0, 0, payload);
  }

  /** Says that no streams above `lastStreamId` are taken. */
  public goAway(lastStreamId: number, code: number, why = ''): void {
    const debug = Buffer.from(why).subarray(0, MOST_DEBUG_BYTES);
    const payload = new Uint8Array(8 + debug.length);
    writeUint32(payload, 0, lastStreamId);
    writeUint32(payload, 4, code);
    payload.set(debug, 8);
    this.frame(FrameType.goaway, 0, 0, payload);
  }

  /** Writes a frame whose payload is short. */
  public frame(type: number, flags: number, streamId: number, payload: Uint8Array): void {
    const at = this.outbox.reserve(FRAME_HEADER + payload.length);
    const { block } = this.outbox;
    writeFrameHeader(block, at, payload.length, type, flags, streamId);
    block.set(payload, at + FRAME_HEADER);
  }

  /** Ends the connection in words: what was written still goes, what comes is not looked at. */
  public end(error?: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    this.outbox.finish();
    this.owner.ended(error);
    this.forget();
    this.options.socket.end();
    // What the peer still sends must be read, or the farewell would be lost to a reset.
    this.options.socket.resume();
  }

  /** Ends the connection at once, or is told that it has ended. */
  public destroy(): void {
    this.isOver = true;
    this.outbox.close();
    this.forget();
    this.options.socket.destroy();
  }

  /** Ends the connection because of a mistake of the peer, which is told. */
  public fail(error: unknown): void {
    const code = codeOf(error);
    if (code === undefined) {
      this.destroy();
      throw error;
    }
    if (this.isOver) return;
    this.goAway(this.lastPeerStream, code, (error as Error).message);
    this.end(error as Error);
  }

  /** Where the bytes behind the preface begin. */
  private readPreface(source: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && this.greeted < PREFACE.length) {
      if (source[at++] !== PREFACE[this.greeted++]) {
        this.owner.strange();
        this.fail(new ConnectionError(ErrorCode.protocolError, 'preface: must be that of HTTP/2'));
        return end;
      }
    }
    return at;
  }

  private forget(): void {
    for (const stream of this.streams.values()) {
      this.remove(stream, 'ended');
      stream.onReset(ErrorCode.cancel);
    }
  }

  /** Gives up the stream that began last among those that hold memory. */
  private shed(): void {
    let last: Http2Stream | undefined;
    for (const stream of this.streams.values()) if (stream.held > 0) last = stream;
    last?.onShed();
    this.window.replenish();
  }

  private credit(streamId: number, bytes: number): void {
    this.short(FrameType.windowUpdate, streamId, bytes);
  }

  private short(type: number, streamId: number, value: number): void {
    const at = this.outbox.reserve(FRAME_HEADER + 4);
    writeFrameHeader(this.outbox.block, at, 4, type, 0, streamId);
    writeUint32(this.outbox.block, at + FRAME_HEADER, value);
  }

  /** Who does not read our answers is not read either. */
  private pauseIfFull(): void {
    if (this.isPaused || this.outbox.pendingBytes <= this.options.maxPendingBytes) return;
    this.isPaused = true;
    this.options.socket.pause();
  }

  private drained(): void {
    if (this.isOver) return;
    this.sender.pump();
    this.owner.drained();
    if (!this.isPaused || this.outbox.pendingBytes > this.options.maxPendingBytes) return;
    this.isPaused = false;
    this.options.socket.resume();
  }
}

/** What a peer is told of a mistake; undefined when it is not its own. */
function codeOf(error: unknown): number | undefined {
  if (error instanceof ConnectionError) return error.code;
  return error instanceof HpackError ? ErrorCode.compressionError : undefined;
}
