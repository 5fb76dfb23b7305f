/**
 * Cuts a payload into pieces by number of items: spans, data points or log records.
 *
 * One walk over a request finds its items and the groups around them, level by level (resource,
 * scope, and for metrics also metric and kind of data). Everything of a group that is not a child
 * on the way to items is an *extra*: resource, scope, schema URL, name of a metric, unknown fields.
 * A group whose items come to stand in several pieces has its extras in each of them.
 */
import { RangeTable } from './span-index';
import { createPayload, type Payload, type Signal } from '../pipeline/payload';
import { position, readBodyEnd, readTag, skipValue } from '../wire/reader';
import { fieldLength, writeHeader } from '../wire/writer';

/** Tags of the children that lead to items, for each level from the request down. */
export const ITEM_PATHS: Readonly<Record<Signal, readonly (readonly number[])[]>> = {
  // resource_spans → scope_spans → spans
  traces: [[0x0a], [0x12], [0x12]],
  // resource_logs → scope_logs → log_records
  logs: [[0x0a], [0x12], [0x12]],
  // resource_metrics → scope_metrics → metrics → gauge, sum … summary → data_points
  metrics: [[0x0a], [0x12], [0x12], [0x2a, 0x3a, 0x4a, 0x52, 0x5a], [0x0a]],
};

/** All groups of one level, in the order of the bytes. */
class Level {
  public readonly extras = new RangeTable();
  /** Tag of each group. */
  public tags: number[] = [];
  /** Number of the first item in each group. */
  public firstItem: number[] = [];
  /** Number of the first child of each group; of the innermost level, its first item. */
  public firstChild: number[] = [];
  /** Bytes in each group for the piece that is being made. */
  public sizes: number[] = [];

  public clear(): void {
    this.extras.clear();
    this.tags = [];
    this.firstItem = [];
    this.firstChild = [];
    this.sizes = [];
  }
}

/** Where the items of one request are. Used again for request after request. */
class ItemIndex {
  public bytes: Uint8Array = new Uint8Array(0);
  public readonly levels: readonly Level[];
  public itemCount = 0;
  private itemStart: number[] = [];
  private itemEnd: number[] = [];

  public constructor(private readonly path: readonly (readonly number[])[]) {
    this.levels = path.map(() => new Level());
  }

  /** Reads `bytes`; throws MalformedError when they are no request of this signal. */
  public read(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.itemCount = 0;
    this.itemStart = [];
    this.itemEnd = [];
    for (const level of this.levels) level.clear();
    this.readGroup(0, 0, 0, bytes.length);
  }

  /** The item up to which, not including it, items from `from` on have at most `bytes` bytes. */
  public mostFrom(from: number, bytes: number): number {
    let fits = from;
    let tooMany = this.itemCount + 1;
    while (tooMany - fits > 1) {
      const middle = fits + tooMany >> 1;
      if (this.measure(0, 0, from, middle) <= bytes) fits = middle; else tooMany = middle;
    }
    return fits;
  }

  /** The items from `from` up to, not including, `to` as a request of their own. */
  public cut(from: number, to: number): Uint8Array {
    const out = new Uint8Array(this.measure(0, 0, from, to));
    this.write(out, 0, 0, 0, from, to);
    return out;
  }

  private readGroup(depth: number, tag: number, start: number, end: number): void {
    const level = this.levels[depth];
    const { bytes, path } = this;
    const isInnermost = depth === path.length - 1;
    level.extras.open();
    level.tags.push(tag);
    level.firstItem.push(this.itemCount);
    level.firstChild.push(isInnermost ? this.itemCount : this.levels[depth + 1].tags.length);
    for (let at = start; at < end;) {
      const fieldAt = at;
      const field = readTag(bytes, at, end);
      if (!path[depth].includes(field)) {
        at = skipValue(bytes, position, end, field);
        level.extras.add(fieldAt, at);
        continue;
      }
      at = readBodyEnd(bytes, position, end);
      if (isInnermost) this.addItem(fieldAt, at);
      else this.readGroup(depth + 1, field, position, at);
    }
  }

  private addItem(start: number, end: number): void {
    this.itemStart.push(start);
    this.itemEnd.push(end);
    this.itemCount += 1;
  }

  /** Whether a group is in the piece. One without items goes where the next item goes. */
  private isIn(level: Level, group: number, from: number, to: number): boolean {
    const first = level.firstItem[group];
    const end = level.firstItem[group + 1] ?? this.itemCount;
    if (first < end) return first < to && end > from;
    return first >= from && (first < to || to === this.itemCount);
  }

  /** Number of bytes in a group's message in the piece; keeps it for `write`. */
  private measure(depth: number, group: number, from: number, to: number): number {
    const level = this.levels[depth];
    let size = level.extras.byteCount[group];
    const end = this.endOfChildren(depth, group);
    if (depth === this.levels.length - 1) {
      const last = Math.min(end, to);
      for (let item = Math.max(level.firstChild[group], from); item < last; item += 1) {
        size += this.itemEnd[item] - this.itemStart[item];
      }
    } else {
      for (let child = level.firstChild[group]; child < end; child += 1) {
        if (!this.isIn(this.levels[depth + 1], child, from, to)) continue;
        size += fieldLength(this.measure(depth + 1, child, from, to));
      }
    }
    level.sizes[group] = size;
    return size;
  }

  private write(
    out: Uint8Array, start: number, depth: number, group: number, from: number, to: number,
  ): number {
    const level = this.levels[depth];
    const end = this.endOfChildren(depth, group);
    let at = this.writeExtras(out, start, level.extras, group);
    if (depth === this.levels.length - 1) {
      return this.writeItems(out, at, Math.max(level.firstChild[group], from), Math.min(end, to));
    }
    const inner = this.levels[depth + 1];
    for (let child = level.firstChild[group]; child < end; child += 1) {
      if (!this.isIn(inner, child, from, to)) continue;
      at = writeHeader(out, at, inner.tags[child], inner.sizes[child]);
      at = this.write(out, at, depth + 1, child, from, to);
    }
    return at;
  }

  private writeExtras(out: Uint8Array, start: number, extras: RangeTable, group: number): number {
    let at = start;
    for (let range = extras.from[group]; range < extras.from[group + 1]; range += 1) {
      at = this.copy(out, at, extras.start[range], extras.end[range]);
    }
    return at;
  }

  /** Items that stand side by side are copied in one go. */
  private writeItems(out: Uint8Array, start: number, from: number, to: number): number {
    let at = start;
    for (let item = from; item < to;) {
      const first = this.itemStart[item];
      let end = this.itemEnd[item];
      for (item += 1; item < to && this.itemStart[item] === end; item += 1) {
        end = this.itemEnd[item];
      }
      at = this.copy(out, at, first, end);
    }
    return at;
  }

  private copy(out: Uint8Array, at: number, from: number, to: number): number {
    out.set(this.bytes.subarray(from, to), at);
    return at + to - from;
  }

  private endOfChildren(depth: number, group: number): number {
    const next = this.levels[depth].firstChild[group + 1];
    if (next !== undefined) return next;
    return depth === this.levels.length - 1
      ? this.itemCount
      : this.levels[depth + 1].tags.length;
  }
}

const INDEXES: Readonly<Record<Signal, ItemIndex>> = {
  traces: new ItemIndex(ITEM_PATHS.traces),
  metrics: new ItemIndex(ITEM_PATHS.metrics),
  logs: new ItemIndex(ITEM_PATHS.logs),
};

/** How much of a payload a piece takes. */
interface Portions {
  /** Whether `count` items in `bytes` bytes go into a piece that already has some. */
  fits(piece: Piece, count: number, bytes: number): boolean;
  /** The item up to which a chunk, from item `from` on, goes into the piece. */
  cutAt(index: ItemIndex, from: number, piece: Piece): number;
  /** Whether nothing more goes into the piece. */
  isFull(piece: Piece): boolean;
}

/** What a piece that is being made holds. */
interface Piece {
  /** How large it may be, in items or bytes. */
  readonly room: number;
  readonly chunks: Uint8Array[];
  items: number;
  bytes: number;
}

const BY_ITEMS: Portions = {
  fits: ({ items, room }, count) => items + count <= room,
  cutAt: (index, from, { items, room }) => Math.min(index.itemCount, from + room - items),
  isFull: ({ items, room }) => items >= room,
};

const BY_BYTES: Portions = {
  fits: ({ bytes, room }, _count, more) => bytes + more <= room,
  cutAt: (index, from, { bytes, room }) => index.mostFrom(from, room - bytes),
  isFull: ({ bytes, room }) => bytes >= room,
};

/**
 * `payload` in pieces: the first of at most `firstItems` items, all others of at most `maxItems`,
 * all but the last one full. A payload that fits is given back as it is.
 *
 * @throws MalformedError when the bytes are no export request of the payload's signal.
 */
export function splitItems(payload: Payload, firstItems: number, maxItems: number): Payload[] {
  return payload.items <= firstItems ? [payload] : split(payload, firstItems, maxItems, BY_ITEMS);
}

/**
 * `payload` in pieces: the first of at most `firstBytes` bytes, all others of at most `maxBytes`.
 * Items are not cut: one that is larger is a piece by itself, and where not even the first goes
 * into `firstBytes`, the first piece is as large as all others.
 *
 * @throws MalformedError when the bytes are no export request of the payload's signal.
 */
export function splitBytes(payload: Payload, firstBytes: number, maxBytes: number): Payload[] {
  return payload.sizeBytes <= firstBytes
    ? [payload]
    : split(payload, firstBytes, maxBytes, BY_BYTES);
}

function split(payload: Payload, first: number, most: number, portions: Portions): Payload[] {
  const index = INDEXES[payload.signal];
  const pieces: Payload[] = [];
  let piece: Piece = { room: first, chunks: [], items: 0, bytes: 0 };
  const end = (): void => {
    if (piece.chunks.length > 0) {
      pieces.push(
        createPayload(payload.signal, piece.chunks, piece.items, payload.metadata));
    }
    piece = { room: most, chunks: [], items: 0, bytes: 0 };
  };
  const add = (chunk: Uint8Array, count: number): void => {
    piece.chunks.push(chunk);
    piece.items += count;
    piece.bytes += chunk.length;
    if (portions.isFull(piece)) end();
  };
  for (const chunk of payload.chunks) {
    index.read(chunk);
    if (portions.fits(piece, index.itemCount, chunk.length)) {
      add(chunk, index.itemCount);
      continue;
    }
    for (let from = 0; from < index.itemCount;) {
      let to = portions.cutAt(index, from, piece);
      if (to === from) {
        // A fresh piece has the most room there is; what is too large for that goes alone.
        const isFresh = piece.chunks.length === 0 && piece.room === most;
        end();
        if (!isFresh) continue;
        to = from + 1;
      }
      add(index.cut(from, to), to - from);
      from = to;
      if (from < index.itemCount) end();
    }
  }
  end();
  return pieces;
}
