/** Holds traces in a simulated pod, as the tail-sampling processor does in a real one. */
import { SPAN_BYTES, type SpanRecord } from './span-record';
import type { Clock } from '../../clock';
import {
  DECIDED_DROPPED, DECIDED_KEPT, HELD, UNKNOWN, type TraceHolder,
} from '../../peers/trace-holder';
import { PLACE_CLAIM, PLACE_HERE, type TracePeers } from '../../peers/trace-peers';
import type { VerdictNote } from '../../peers/verdict-note';

/** Words of a trace's id after the first one, which is its number. */
export const ID_REST = [0x1111_1111, 0x2222_2222, 0x3333_3333] as const;

interface Held {
  readonly since: number;
  readonly copies: number[];
}

/** What a holder is made from. */
export interface SpanHolderOptions {
  /** Address of its pod. */
  readonly pod: string;
  /** The time of its pod. */
  readonly clock: Clock;
  /** What becomes of spans. */
  readonly record: SpanRecord;
  /** How long traces are held, in milliseconds. */
  readonly decisionWaitMs: number;
  /** Told how old a trace was when it was decided. */
  readonly age: (ms: number) => void;
}

/** Holds traces. */
export class SpanHolder implements TraceHolder {
  /** The pool; set when that is made. */
  public peers?: TracePeers;
  /** Whether it refuses what is forwarded to it. */
  public isFull = false;
  private readonly held = new Map<number, Held>();
  private readonly verdicts = new Map<number, boolean>();

  public constructor(private readonly options: SpanHolderOptions) {}

  public get isIdle(): boolean {
    return this.held.size === 0;
  }

  public stateOf(trace: number): number {
    const verdict = this.verdicts.get(trace);
    if (verdict !== undefined) return verdict ? DECIDED_KEPT : DECIDED_DROPPED;
    return this.held.has(trace) ? HELD : UNKNOWN;
  }

  public hasRoom(): boolean {
    return !this.isFull;
  }

  public take(request: Uint8Array, hops: number, isForwarded: boolean): void {
    const peers = this.peers as TracePeers;
    const elsewhere = new Map<number, Uint8Array[]>();
    for (const [trace, spans] of byTrace(request)) {
      const verdict = this.verdicts.get(trace);
      const held = this.held.get(trace);
      if (verdict !== undefined) {
        this.leave(spans, verdict);
      } else if (held !== undefined) {
        held.copies.push(...copiesIn(spans));
      } else {
        const [w1, w2, w3] = ID_REST;
        const place = peers.locate(trace, w1, w2, w3, hops, isForwarded);
        const count = spans.length / SPAN_BYTES;
        if (place === PLACE_HERE) this.holdAll(trace, [spans], this.options.clock.monotonic());
        else if (place === PLACE_CLAIM) peers.queue(trace, w1, w2, w3, spans, count, hops);
        else elsewhere.set(place, [...elsewhere.get(place) ?? [], spans]);
      }
    }
    for (const [peer, parts] of elsewhere) {
      const bytes = Buffer.concat(parts);
      peers.forward(peer, bytes, bytes.length / SPAN_BYTES, hops);
    }
  }

  public hold(
    trace: number, w1: number, w2: number, w3: number, chunks: readonly Uint8Array[], since: number,
  ): void {
    if (w1 !== ID_REST[0] || w2 !== ID_REST[1] || w3 !== ID_REST[2]) {
      throw new Error(
        `simulation: an id must come back as it was given, got ${w1} ${w2} ${w3}`);
    }
    this.holdAll(trace, chunks, since);
  }

  public learn(
    trace: number, _w1: number, _w2: number, _w3: number, isKept: boolean, note?: VerdictNote,
  ): void {
    if (isKept && note === undefined) this.options.record.noteIsMissing();
    if (note !== undefined && (!isKept || note.low !== noteOf(trace).low)) {
      throw new Error(`simulation: a note must be that of its trace, got ${note.low}`);
    }
    if (this.verdicts.has(trace)) return;
    this.verdicts.set(trace, isKept);
    this.release(trace, isKept);
  }

  public noteOf(trace: number): VerdictNote {
    return noteOf(trace);
  }

  public follow(
    trace: number, _w1: number, _w2: number, _w3: number, chunks: readonly Uint8Array[],
    isKept: boolean,
  ): void {
    for (const chunk of chunks) this.leave(chunk, this.verdicts.get(trace) ?? isKept);
  }

  /** The pod is killed: what it held is lost. */
  public crash(): void {
    const { record, pod } = this.options;
    for (const [trace, { copies }] of this.held) {
      for (const copy of copies) record.copyCrashed(copy);
      record.traceCrashed(trace, pod);
    }
    for (const trace of this.verdicts.keys()) record.traceCrashed(trace, pod);
  }

  private holdAll(trace: number, chunks: readonly Uint8Array[], since: number): void {
    const { clock, record, pod, decisionWaitMs } = this.options;
    record.holds(trace, pod);
    this.held.set(trace, { since, copies: chunks.flatMap(copiesIn) });
    clock.after(Math.max(0, since + decisionWaitMs - clock.monotonic()), () => this.decide(trace));
  }

  private decide(trace: number): void {
    const held = this.held.get(trace);
    if (held === undefined) return;
    const { record, pod, clock, age } = this.options;
    // Two pods that decide about one trace disagree half of the time.
    const isKept = (hashOf(`${pod} ${trace}`) & 1) === 1;
    age(clock.monotonic() - held.since);
    record.decided(trace, isKept);
    this.verdicts.set(trace, isKept);
    this.release(trace, isKept);
    this.peers?.decided(trace, ...ID_REST, isKept, isKept ? noteOf(trace) : undefined);
  }

  private release(trace: number, isKept: boolean): void {
    const { record, pod } = this.options;
    for (const copy of this.held.get(trace)?.copies ?? []) record.leaves(copy, isKept);
    if (this.held.delete(trace)) record.endsHolding(trace, pod);
  }

  private leave(spans: Uint8Array, isKept: boolean): void {
    for (const copy of copiesIn(spans)) this.options.record.leaves(copy, isKept);
  }
}

/** What pods tell of a trace that they kept. */
function noteOf(trace: number): VerdictNote {
  const policy = `policy ${trace % 7}`;
  return { high: trace & 0xff_ffff, low: hashOf(`${trace}`), policy, isById: false };
}

/** The bytes of these copies. */
export function spanBytes(trace: number, copies: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(copies.length * SPAN_BYTES);
  copies.forEach((copy, i) => {
    bytes.writeUInt32LE(trace, i * SPAN_BYTES);
    bytes.writeUInt32LE(copy, i * SPAN_BYTES + 4);
  });
  return bytes;
}

/** Numbers of the copies in these bytes. */
export function copiesIn(chunk: Uint8Array): number[] {
  const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  return Array.from({ length: bytes.length / SPAN_BYTES }, (_, i) =>
    bytes.readUInt32LE(i * SPAN_BYTES + 4));
}

function byTrace(request: Uint8Array): Map<number, Uint8Array> {
  const bytes = Buffer.from(request.buffer, request.byteOffset, request.length);
  const copies = new Map<number, number[]>();
  for (let at = 0; at < bytes.length; at += SPAN_BYTES) {
    const trace = bytes.readUInt32LE(at);
    const found = copies.get(trace);
    if (found === undefined) copies.set(trace, [bytes.readUInt32LE(at + 4)]);
    else found.push(bytes.readUInt32LE(at + 4));
  }
  return new Map([...copies].map(([trace, list]) => [trace, spanBytes(trace, list)]));
}

/** A number of 32 bits that looks random (FNV-1a, stirred). */
export function hashOf(text: string): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  hash = Math.imul(hash ^ hash >>> 15, 0x2c1b_3c6d);
  return (hash ^ hash >>> 13) >>> 0;
}
