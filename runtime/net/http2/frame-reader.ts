/** Cuts the bytes of one peer into frames, and checks what can be checked of a frame by itself. */
import {
  ConnectionError, ErrorCode, Flag, FRAME_HEADER, FrameType, readUint31,
} from './frames';
import { SETTING_BYTES } from './settings';

/** Takes frames. What is handed over is only there during the call: the buffer is used again. */
export interface FrameTaker {
  /**
   * A DATA frame begins. `length` is all of its payload, which counts against the windows;
   * `dataLength` what is no padding.
   */
  dataBegins(streamId: number, length: number, dataLength: number): void;
  /** Bytes of the DATA frame that began last. */
  data(source: Uint8Array, start: number, end: number): void;
  /** The DATA frame that began last is complete. */
  dataEnds(isEndStream: boolean): void;
  /** A whole block of headers. `dependsOn` is the stream that it is said to depend on, or -1. */
  headers(
    streamId: number, isEndStream: boolean, dependsOn: number,
    block: Uint8Array, start: number, end: number,
  ): void;
  /** Any other frame of a known type whose length is right. */
  control(
    type: number, flags: number, streamId: number,
    payload: Uint8Array, start: number, end: number,
  ): void;
}

/** Limits of what is read. */
export interface FrameLimits {
  /** Largest payload that the peer was allowed, in bytes. */
  readonly maxFrameBytes: number;
  /** Largest block of headers before it is decoded, in bytes. */
  readonly maxBlockBytes: number;
}

const enum State { header, padLength, data, padding, gather, skip }

/** Frames that one block of headers may come in: enough for any, too few to keep us busy. */
const MOST_CONTINUATIONS = 64;
/** Control frames are short; what else is in a GOAWAY is for people and is cut off. */
const MOST_CONTROL_BYTES = 16_384;
const PING_BYTES = 8;
const PRIORITY_BYTES = 5;
const NOTHING = new Uint8Array(0);

/** Reads frames. After an error it must not be used any more. */
export class FrameReader {
  private state = State.header;
  private readonly head = new Uint8Array(FRAME_HEADER);
  private headFilled = 0;
  /** The frame that is being read. */
  private length = 0;
  private type = 0;
  private flags = 0;
  private streamId = 0;
  /** Bytes of its payload that are still to come, padding not counted. */
  private left = 0;
  private padding = 0;
  /** Payload that came in pieces. */
  private gathered = NOTHING;
  private filled = 0;
  /** The block that is being read: its stream, 0 when none, and what its first frame said. */
  private blockOf = 0;
  private isEndStream = false;
  private dependsOn = -1;
  private block = NOTHING;
  private blockFilled = 0;
  private continuations = 0;

  public constructor(
    private readonly taker: FrameTaker, private readonly limits: FrameLimits,
  ) {}

  /**
   * Takes bytes from the connection.
   *
   * @throws ConnectionError when they break the rules of HTTP/2.
   */
  public push(source: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end) {
      switch (this.state) {
        case State.header: at = this.readHead(source, at, end); break;
        case State.padLength: this.beginPadded(source[at++]); break;
        case State.data: at = this.readData(source, at, end); break;
        case State.gather: at = this.gather(source, at, end); break;
        default: at = this.skip(at, end);
      }
    }
  }

  private readHead(source: Uint8Array, at: number, end: number): number {
    if (this.headFilled === 0 && end - at >= FRAME_HEADER) {
      this.begin(source, at);
      return at + FRAME_HEADER;
    }
    let next = at;
    while (next < end && this.headFilled < FRAME_HEADER) {
      this.head[this.headFilled++] = source[next++];
    }
    if (this.headFilled === FRAME_HEADER) {
      this.headFilled = 0;
      this.begin(this.head, 0);
    }
    return next;
  }

  private begin(head: Uint8Array, at: number): void {
    this.length = head[at] << 16 | head[at + 1] << 8 | head[at + 2];
    this.type = head[at + 3];
    this.flags = head[at + 4];
    this.streamId = readUint31(head, at + 5);
    if (this.length > this.limits.maxFrameBytes) {
      throw new ConnectionError(ErrorCode.frameSizeError,
        `frame: must have at most ${this.limits.maxFrameBytes} bytes, got ${this.length}`);
    }
    const isContinuation = this.type === FrameType.continuation;
    if (isContinuation !== this.blockOf > 0 || isContinuation && this.blockOf !== this.streamId) {
      throw protocolError('a block of headers must come in one', `a frame of type ${this.type}`);
    }
    this.left = this.length;
    if (this.type === FrameType.data) {
      this.beginData();
    } else if (this.type > FrameType.continuation) {
      this.state = this.left > 0 ? State.skip : State.header;
    } else {
      this.checkLength();
      this.filled = 0;
      this.state = State.gather;
      if (this.left === 0) this.complete(NOTHING, 0, 0);
    }
  }

  private beginData(): void {
    if (this.streamId === 0) throw protocolError('DATA must be of a stream', 'stream 0');
    this.padding = 0;
    if ((this.flags & Flag.padded) !== 0) {
      if (this.length === 0) throw sizeError('padded DATA', 0);
      this.state = State.padLength;
      return;
    }
    this.taker.dataBegins(this.streamId, this.length, this.length);
    this.state = State.data;
    if (this.left === 0) this.endData();
  }

  private beginPadded(padding: number): void {
    this.left = this.length - 1 - padding;
    if (this.left < 0) throw protocolError('padding must be within its frame', String(padding));
    this.padding = padding;
    this.taker.dataBegins(this.streamId, this.length, this.left);
    this.state = State.data;
    if (this.left === 0) this.endData();
  }

  private readData(source: Uint8Array, at: number, end: number): number {
    const next = Math.min(end, at + this.left);
    this.left -= next - at;
    this.taker.data(source, at, next);
    if (this.left === 0) this.endData();
    return next;
  }

  private endData(): void {
    this.left = this.padding;
    this.state = this.padding > 0 ? State.padding : State.header;
    if (this.padding === 0) this.taker.dataEnds((this.flags & Flag.endStream) !== 0);
  }

  private skip(at: number, end: number): number {
    const next = Math.min(end, at + this.left);
    this.left -= next - at;
    if (this.left > 0) return next;
    const isPadding = this.state === State.padding;
    this.state = State.header;
    if (isPadding) this.taker.dataEnds((this.flags & Flag.endStream) !== 0);
    return next;
  }

  private gather(source: Uint8Array, at: number, end: number): number {
    if (this.filled === 0 && end - at >= this.left) {
      const next = at + this.left;
      this.complete(source, at, next);
      return next;
    }
    const next = Math.min(end, at + this.length - this.filled);
    const filled = this.filled + next - at;
    if (this.gathered.length < filled) {
      // What a frame claims to have costs nothing until it is here.
      const grown = new Uint8Array(Math.min(this.length, 2 * filled));
      grown.set(this.gathered.subarray(0, this.filled));
      this.gathered = grown;
    }
    this.gathered.set(source.subarray(at, next), this.filled);
    this.filled = filled;
    if (filled === this.length) {
      const whole = this.gathered;
      this.gathered = NOTHING;
      this.complete(whole, 0, this.length);
    }
    return next;
  }

  private complete(payload: Uint8Array, start: number, end: number): void {
    this.state = State.header;
    if (this.type === FrameType.headers) {
      this.beginBlock(payload, start, end);
    } else if (this.type === FrameType.continuation) {
      if (++this.continuations > MOST_CONTINUATIONS) {
        throw new ConnectionError(ErrorCode.enhanceYourCalm,
          `headers: must come in at most ${MOST_CONTINUATIONS} CONTINUATION frames, got more`);
      }
      this.takeBlock(payload, start, end);
    } else {
      this.taker.control(this.type, this.flags, this.streamId, payload, start, end);
    }
  }

  private beginBlock(payload: Uint8Array, start: number, end: number): void {
    let at = start;
    let last = end;
    if ((this.flags & Flag.padded) !== 0) {
      if (at >= end) throw sizeError('padded HEADERS', end - start);
      last -= payload[at++];
    }
    this.dependsOn = -1;
    if ((this.flags & Flag.priority) !== 0) {
      if (end - at < PRIORITY_BYTES) throw sizeError('HEADERS with a priority', end - start);
      this.dependsOn = readUint31(payload, at);
      at += PRIORITY_BYTES;
    }
    if (last < at) throw protocolError('padding must be within its frame', String(end - last));
    this.isEndStream = (this.flags & Flag.endStream) !== 0;
    this.continuations = 0;
    this.blockFilled = 0;
    this.takeBlock(payload, at, last);
  }

  private takeBlock(payload: Uint8Array, start: number, end: number): void {
    const isLast = (this.flags & Flag.endHeaders) !== 0;
    if (this.blockFilled + end - start > this.limits.maxBlockBytes) {
      throw new ConnectionError(ErrorCode.enhanceYourCalm,
        `headers: must have at most ${this.limits.maxBlockBytes} bytes, got more`);
    }
    this.blockOf = isLast ? 0 : this.streamId;
    if (isLast && this.blockFilled === 0) {
      this.taker.headers(this.streamId, this.isEndStream, this.dependsOn, payload, start, end);
      return;
    }
    const filled = this.blockFilled + end - start;
    if (filled > this.block.length) {
      const grown = new Uint8Array(Math.min(this.limits.maxBlockBytes, 2 * filled));
      grown.set(this.block.subarray(0, this.blockFilled));
      this.block = grown;
    }
    this.block.set(payload.subarray(start, end), this.blockFilled);
    this.blockFilled = filled;
    if (!isLast) return;
    const { block } = this;
    this.block = NOTHING;
    this.taker.headers(this.streamId, this.isEndStream, this.dependsOn, block, 0, filled);
  }

  private checkLength(): void {
    const { length, type } = this;
    const ofStream = type !== FrameType.settings && type !== FrameType.ping
      && type !== FrameType.goaway;
    if (type !== FrameType.windowUpdate && ofStream !== this.streamId > 0) {
      throw protocolError(
        `a frame of type ${type} must be of ${ofStream ? 'a' : 'no'} stream`,
        `stream ${this.streamId}`);
    }
    if (!isRightLength(type, this.flags, length)) {
      throw sizeError(`a frame of type ${type}`, length);
    }
    // Blocks are limited as a whole; nothing else that is gathered may be long.
    if (type !== FrameType.headers && type !== FrameType.continuation
      && length > MOST_CONTROL_BYTES) {
      throw new ConnectionError(ErrorCode.enhanceYourCalm,
        `a frame of type ${type}: must have at most ${MOST_CONTROL_BYTES} bytes, got ${length}`);
    }
    if (length > this.limits.maxBlockBytes + 2 * 0xff) {
      throw new ConnectionError(ErrorCode.enhanceYourCalm,
        `headers: must have at most ${this.limits.maxBlockBytes} bytes, got ${length}`);
    }
  }
}

function isRightLength(type: number, flags: number, length: number): boolean {
  switch (type) {
    case FrameType.rstStream:
    case FrameType.windowUpdate: return length === 4;
    case FrameType.settings:
      return (flags & Flag.ack) !== 0 ? length === 0 : length % SETTING_BYTES === 0;
    case FrameType.ping: return length === PING_BYTES;
    case FrameType.goaway: return length >= 8;
    // A wrong one is a mistake in its stream only, which is told where streams are known.
    default: return true;
  }
}

function protocolError(must: string, got: string): ConnectionError {
  return new ConnectionError(ErrorCode.protocolError, `frame: ${must}, got ${got}`);
}

function sizeError(what: string, length: number): ConnectionError {
  return new ConnectionError(ErrorCode.frameSizeError,
    `${what}: must have another length, got ${length}`);
}

