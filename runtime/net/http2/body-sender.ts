/** Sends what has a length: as much of it as the peer's windows and the socket take at a time. */
import {
  DEFAULT_FRAME_BYTES, DEFAULT_WINDOW, Flag, FRAME_HEADER, FrameType, MOST_WINDOW,
  writeFrameHeader,
} from './frames';
import type { Outbox } from './outbox';
import type { Http2Stream, OutgoingBody } from './stream';

/** With so much waiting for the socket, bodies wait where they are. */
const FULL_BYTES = 1024 * 1024;

/** The sending side of one connection. */
export class BodySender {
  /** What the peer takes of all streams together. */
  public window = DEFAULT_WINDOW;
  /** Largest payload of a frame that the peer takes. */
  public maxFrameBytes = DEFAULT_FRAME_BYTES;
  /** DATA frames that were sent. */
  public frames = 0;
  /** Streams with a body that could not go at once, first come first served. */
  private readonly waiting = new Set<Http2Stream>();

  public constructor(
    private readonly outbox: Outbox,
    /** Told when the last byte of a stream was handed to the socket. */
    private readonly sent: (stream: Http2Stream) => void,
  ) {}

  /** Writes a block of headers, in as many frames as it needs. */
  public headers(streamId: number, block: Uint8Array, isEndStream: boolean): void {
    const { maxFrameBytes, outbox } = this;
    let at = 0;
    do {
      const next = Math.min(block.length, at + maxFrameBytes);
      const flags = (next === block.length ? Flag.endHeaders : 0)
        | (at === 0 && isEndStream ? Flag.endStream : 0);
      const type = at === 0 ? FrameType.headers : FrameType.continuation;
      const place = outbox.reserve(FRAME_HEADER);
      writeFrameHeader(outbox.block, place, next - at, type, flags, streamId);
      outbox.append(at === 0 && next === block.length ? block : block.subarray(at, next));
      at = next;
    } while (at < block.length);
  }

  /** Sends `body`, and with it the end of our side of `stream`. */
  public send(stream: Http2Stream, body: OutgoingBody): void {
    stream.body = body;
    // Others wait for windows of their own, or there is nothing left for this one either.
    if (!this.advance(stream, body)) this.waiting.add(stream);
  }

  /** Whether `length` bytes of `stream` can go at once. */
  public canSend(stream: Http2Stream, length: number): boolean {
    return length <= stream.sendWindow && length <= this.window && length <= this.maxFrameBytes;
  }

  /** Counts bytes that the caller writes. */
  public spend(stream: Http2Stream, length: number): void {
    stream.sendWindow -= length;
    this.window -= length;
  }

  /** Forgets what waits of a stream that was closed. */
  public drop(stream: Http2Stream): void {
    if (stream.body === undefined) return;
    stream.body = undefined;
    this.waiting.delete(stream);
  }

  /** Sends what can go now. */
  public pump(): void {
    for (const stream of this.waiting) {
      if (this.outbox.pendingBytes > FULL_BYTES) return;
      if (stream.body === undefined || this.advance(stream, stream.body)) {
        this.waiting.delete(stream);
      }
    }
  }

  /** Whether so much waits for the socket that nothing new should begin. */
  public get isFull(): boolean {
    return this.outbox.pendingBytes > FULL_BYTES;
  }

  /** Takes credit for all streams; false when that is more than there can be. */
  public credit(bytes: number): boolean {
    this.window += bytes;
    if (this.window > MOST_WINDOW) return false;
    this.pump();
    return true;
  }

  /** Takes credit for one stream; false when that is more than there can be. */
  public creditStream(stream: Http2Stream, bytes: number): boolean {
    stream.sendWindow += bytes;
    if (stream.sendWindow > MOST_WINDOW) return false;
    if (stream.body !== undefined) this.pump();
    return true;
  }

  /** Whether all of the body has gone. */
  private advance(stream: Http2Stream, body: OutgoingBody): boolean {
    const isEndInData = body.trailers === undefined;
    while (body.left > 0) {
      const length = Math.min(body.left, this.maxFrameBytes, stream.sendWindow, this.window);
      if (length <= 0 || this.outbox.pendingBytes > FULL_BYTES) return false;
      stream.sendWindow -= length;
      this.window -= length;
      body.left -= length;
      const flags = isEndInData && body.left === 0 ? Flag.endStream : 0;
      this.frame(stream.id, flags, length);
      this.take(body, length);
    }
    if (body.trailers !== undefined) {
      this.headers(stream.id, body.trailers, true);
    } else if (body.chunks.length === 0) {
      this.frame(stream.id, Flag.endStream, 0);
    }
    stream.body = undefined;
    stream.endsAt = this.outbox.position;
    this.sent(stream);
    return true;
  }

  private frame(streamId: number, flags: number, length: number): void {
    this.frames++;
    const at = this.outbox.reserve(FRAME_HEADER);
    writeFrameHeader(this.outbox.block, at, length, FrameType.data, flags, streamId);
  }

  private take(body: OutgoingBody, length: number): void {
    let left = length;
    while (left > 0) {
      const chunk = body.chunks[body.index];
      const taken = Math.min(left, chunk.length - body.offset);
      this.outbox.append(taken === chunk.length
        ? chunk : chunk.subarray(body.offset, body.offset + taken));
      left -= taken;
      body.offset += taken;
      if (body.offset === chunk.length) {
        body.index++;
        body.offset = 0;
      }
    }
  }
}
