/** What a connection is about to write: many frames, few writes. */
import type { Socket } from 'net';

/** Small things are put into a block one behind the other; larger ones stay in their place. */
const BLOCK_BYTES = 16_384;
const COPIED_BYTES = 1024;
/** Blocks that are kept for the next connection that writes. */
const MOST_SPARE = 64;
const spare: Buffer[] = [];
const NOTHING: Buffer = Buffer.alloc(0);

/** Outboxes with something in them, written when everything that can be read now was read. */
let waiting: Outbox[] = [];

function flushAll(): void {
  const all = waiting;
  waiting = [];
  for (const outbox of all) outbox.flush();
}

/** Collects the frames of one connection, and writes them once in a turn of the event loop. */
export class Outbox {
  /** The block that `reserve` gave room in. */
  public block: Buffer = NOTHING;
  private from = 0;
  private at = 0;
  private parts: Uint8Array[] = [];
  private partBytes = 0;
  /** Bytes that were ever put in, and those that the socket got: others wait or are forgotten. */
  private allBytes = 0;
  private givenBytes = 0;
  private isWaiting = false;
  private isBlocked = false;
  private isClosed = false;

  public constructor(
    private readonly socket: Socket,
    /** Told when the system has taken everything after it had not for a while. */
    private readonly drained: () => void,
  ) {}

  /** Bytes that neither the system nor the peer has taken. */
  public get pendingBytes(): number {
    return this.partBytes + this.at - this.from + this.socket.writableLength;
  }

  /** Where the next byte goes, of all that ever went. */
  public get position(): number {
    return this.allBytes;
  }

  /** Whether the system has taken everything in front of `position`. */
  public hasWritten(position: number): boolean {
    return position <= this.givenBytes - this.socket.writableLength;
  }

  /** Room for `length` bytes, at most some hundred: where in `block` the caller must write them. */
  public reserve(length: number): number {
    if (!this.isWaiting) this.wait();
    if (this.at + length > this.block.length) this.turnPage();
    const at = this.at;
    this.at += length;
    this.allBytes += length;
    return at;
  }

  /** Adds bytes, which must not be changed until they are written. */
  public append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (bytes.length <= COPIED_BYTES) {
      // The block may be another one after this.
      const at = this.reserve(bytes.length);
      this.block.set(bytes, at);
      return;
    }
    if (!this.isWaiting) this.wait();
    this.cut();
    this.push(bytes);
    this.allBytes += bytes.length;
  }

  /**
   * Writes all of it, unless what was written before still waits: then it goes along with what
   * comes meanwhile.
   */
  public flush(): void {
    this.isWaiting = false;
    if (this.isBlocked) return;
    this.cut();
    const { partBytes, parts, socket } = this;
    if (parts.length === 0) return;
    this.parts = [];
    this.partBytes = 0;
    if (this.isClosed || !socket.writable) return;
    this.givenBytes += partBytes;
    this.isBlocked = true;
    if (parts.length > 1) socket.cork();
    const last = parts.length - 1;
    for (let i = 0; i < last; i++) socket.write(parts[i]);
    socket.write(parts[last], this.written);
    if (parts.length > 1) socket.uncork();
    // What the system has taken, nobody looks at any more.
    if (socket.writableLength === 0) {
      this.isBlocked = false;
      if (this.block !== NOTHING && spare.length < MOST_SPARE) spare.push(this.block);
    }
    this.block = NOTHING;
    this.at = 0;
    this.from = 0;
    // Nobody else tells those who wait because so much was written in one turn.
    if (!this.isBlocked) this.drained();
  }

  /** Writes all of it behind what still waits, for the last time: the socket is about to end. */
  public finish(): void {
    this.isBlocked = false;
    this.flush();
  }

  /** Forgets what was not written, and takes nothing more. */
  public close(): void {
    this.isClosed = true;
    this.parts = [];
    this.partBytes = 0;
    this.at = 0;
    this.from = 0;
  }

  private readonly written = (): void => {
    if (!this.isBlocked || this.socket.writableLength > 0) return;
    this.isBlocked = false;
    this.flush();
    this.drained();
  };

  private wait(): void {
    this.isWaiting = true;
    if (waiting.push(this) === 1) setImmediate(flushAll);
  }

  private turnPage(): void {
    this.cut();
    this.block = spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.at = 0;
    this.from = 0;
  }

  private cut(): void {
    if (this.at > this.from) this.push(this.block.subarray(this.from, this.at));
    this.from = this.at;
  }

  private push(part: Uint8Array): void {
    this.parts.push(part);
    this.partBytes += part.length;
  }
}
