/** One request and its answer on a connection; what they mean is told by those who extend it. */

/** A list of headers as it was read, used again for the next list. */
export class FieldList {
  /** Names in order. */
  public readonly names: string[] = [];
  /** Their values. */
  public readonly values: string[] = [];

  /** Adds one field. */
  public readonly add = (name: string, value: string): void => {
    this.names.push(name);
    this.values.push(value);
  };

  /** Names and values in turn, in a list of its own. */
  public flat(): string[] {
    return this.names.flatMap((name, index) => [name, this.values[index]]);
  }

  /** Empties it. */
  public clear(): void {
    this.names.length = 0;
    this.values.length = 0;
  }
}

/** A body on its way out, of which some may have to wait for the peer. */
export interface OutgoingBody {
  /** Its bytes in a row. */
  readonly chunks: readonly Uint8Array[];
  /** The chunk that is next, and how much of it has gone. */
  index: number;
  /** Bytes of the next chunk that have gone. */
  offset: number;
  /** Bytes that are still to go. */
  left: number;
  /** The block of headers behind it; without one, the body is the end. */
  readonly trailers?: Uint8Array;
}

/** A stream. A connection changes its fields; those who extend it only look at them. */
export abstract class Http2Stream {
  /** What may be sent before the peer credits more; may be negative. */
  public sendWindow = 0;
  /** What the peer may send before it is credited more. */
  public receiveWindow = 0;
  /** Bytes of the peer that were given to `onData` and count as memory in use. */
  public held = 0;
  /** Whether the peer has ended its side. */
  public isPeerDone = false;
  /** Whether we have ended ours, though some of it may still wait. */
  public isDone = false;
  /** Whether nothing more comes of it. */
  public isClosed = false;
  /** What waits to be sent. */
  public body?: OutgoingBody;
  /** Where its last byte is in all that the connection sends; infinite before it has its place. */
  public endsAt = Infinity;

  public constructor(
    /** Its number on its connection. */
    public readonly id: number,
  ) {}

  /** Takes a list of headers that follows the first one of a request: its trailers. */
  public abstract onHeaders(fields: FieldList, isEndStream: boolean): void;
  /** Takes bytes of the body, which are only there during the call. */
  public abstract onData(source: Uint8Array, start: number, end: number): void;
  /** Told that the peer has ended its side. */
  public abstract onEnd(): void;
  /** Told that it ended before its end: by the peer with `code`, by a mistake, or cut off. */
  public abstract onReset(code: number): void;
  /** Told that memory has run short, and that it is the one to give up. */
  public abstract onShed(): void;
}
