/** A client of HTTP/2 that sends what it is told, right or wrong, and shows what comes back. */
import { connect, type Socket } from 'net';

/** One frame as it came. */
export interface RawFrame {
  /** Type, for example 7 for GOAWAY. */
  readonly type: number;
  /** Flags. */
  readonly flags: number;
  /** Stream, 0 for the connection. */
  readonly stream: number;
  /** Payload. */
  readonly payload: Buffer;
}

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const HEADER = 9;
const SETTINGS = 4;
const LIMIT_MS = 10_000;

/** The bytes of one frame. */
export function rawFrame(
  type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0),
): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

/** A block of headers that no table is needed for: each field is written out, not indexed. */
export function rawBlock(fields: Readonly<Record<string, string>>): Buffer {
  const string = (text: string): Buffer => Buffer.concat([
    text.length < 0x7f ? Buffer.from([text.length]) : longLength(text.length), Buffer.from(text),
  ]);
  return Buffer.concat(Object.entries(fields).flatMap(
    ([name, value]) => [Buffer.from([0]), string(name), string(value)]));
}

/** A length from 127 to 16509 (RFC 7541, section 5.1). */
function longLength(length: number): Buffer {
  const rest = length - 0x7f;
  return Buffer.from(rest < 0x80 ? [0x7f, rest] : [0x7f, rest & 0x7f | 0x80, rest >> 7]);
}

/** A connection. */
export class RawHttp2 {
  /** Frames that came and were not yet waited for. */
  public readonly frames: RawFrame[] = [];
  /** Whether the server has ended it. */
  public isClosed = false;
  private rest: Buffer = Buffer.alloc(0);
  private arrived: () => void = () => undefined;

  private constructor(/** What it runs over. */ public readonly socket: Socket) {
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => this.take(chunk));
    socket.on('close', () => {
      this.isClosed = true;
      this.arrived();
    });
  }

  /** Connects, and says what every client says first, with the settings given as a payload. */
  public static async open(
    port: number, settings: Uint8Array = Buffer.alloc(0),
  ): Promise<RawHttp2> {
    const socket = connect(port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.write(Buffer.concat([Buffer.from(PREFACE), rawFrame(SETTINGS, 0, 0, settings)]));
    return new RawHttp2(socket);
  }

  /** Sends frames in one piece. */
  public send(...frames: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  /** Waits for a frame for which `isIt` holds, and drops those before it. */
  public async frame(isIt: (frame: RawFrame) => boolean): Promise<RawFrame> {
    const end = Date.now() + LIMIT_MS;
    for (;;) {
      const frame = this.frames.shift();
      if (frame !== undefined && isIt(frame)) return frame;
      if (frame !== undefined) continue;
      if (this.isClosed || Date.now() > end) {
        const got = this.isClosed ? 'the end' : 'none';
        throw new Error(`server: must send another frame, got ${got}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LIMIT_MS);
        this.arrived = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  private take(chunk: Buffer): void {
    this.rest = Buffer.concat([this.rest, chunk]);
    while (this.rest.length >= HEADER) {
      const length = this.rest.readUIntBE(0, 3);
      if (this.rest.length < HEADER + length) break;
      this.frames.push({
        type: this.rest[3],
        flags: this.rest[4],
        stream: this.rest.readUInt32BE(5),
        payload: this.rest.subarray(HEADER, HEADER + length),
      });
      this.rest = this.rest.subarray(HEADER + length);
    }
    this.arrived();
  }
}
