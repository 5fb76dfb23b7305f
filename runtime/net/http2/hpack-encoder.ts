/** Encodes the header blocks of one connection (RFC 7541). */
import { RecentBlocks } from './block-cache';
import { HpackError } from './hpack-error';
import {
  DEFAULT_TABLE_BYTES, DynamicTable, fieldBytes, FIRST_DYNAMIC, STATIC_NAMES, STATIC_VALUES,
} from './hpack-table';
import { encodeHuffman, huffmanLength } from './huffman';

type Field = readonly [name: string, value: string];

/** The first bits of a field, as they tell how it is written. */
const INDEXED = 0x80;
const ADDED = 0x40;
const TABLE_SIZE = 0x20;
const NEVER_ADDED = 0x10;
const NOT_ADDED = 0x00;
const HUFFMAN = 0x80;
/** Blocks that are kept: requests, answers and trailers each have one or two. */
const KEPT = 4;
const MOST_KEPT_FIELDS = 64;
const MOST_KEPT_BYTES = 1024;
/** Bytes of a number at most. */
const NUMBER = 6;
const FIRST_ROOM = 512;

/** Fields that no table on the way may keep, as their values could be guessed from its use. */
const SENSITIVE: ReadonlySet<string> = new Set([
  'authorization', 'cookie', 'proxy-authorization', 'set-cookie',
]);
/** Fields that differ from block to block and would only push the others out of the table. */
const CHANGING: ReadonlySet<string> = new Set([
  'age', 'b3', 'content-length', 'date', 'etag', 'grpc-message', 'grpc-status-details-bin',
  'grpc-timeout', 'if-modified-since', 'if-none-match', 'last-modified', 'location', 'retry-after',
  'traceparent', 'tracestate', 'x-request-id',
]);

/** The indexes of the static table by name, the first of each. */
const STATIC_INDEX: ReadonlyMap<string, number> = new Map(
  STATIC_NAMES.map((name, index): [string, number] => [name, index]).slice(1).reverse(),
);

interface Kept {
  readonly names: readonly string[];
  readonly values: readonly string[];
  /** Where each field ends in the block. */
  readonly ends: readonly number[];
  readonly block: Uint8Array;
  readonly sensitive: ReadonlySet<string> | undefined;
  readonly version: number;
}

/** The encoder of one connection. Names and values are strings of bytes (Latin-1). */
export class HpackEncoder {
  /** The peer may allow more, but it must not decide how much memory this end holds. */
  private readonly table = new DynamicTable(DEFAULT_TABLE_BYTES);
  private readonly kept: Kept[] = [];
  private nextKept = 0;
  private readonly recent = new RecentBlocks();
  private maxTableBytes = DEFAULT_TABLE_BYTES;
  /** The lowest size since the last block, which the peer must be told too. */
  private lowestTableBytes = DEFAULT_TABLE_BYTES;
  private room = Buffer.allocUnsafeSlow(FIRST_ROOM);
  private at = 0;
  private readonly ends: number[] = [];

  /** Takes over SETTINGS_HEADER_TABLE_SIZE of the peer, in bytes; the next block tells it. */
  public setMaxTableBytes(bytes: number): void {
    this.maxTableBytes = Math.min(bytes, DEFAULT_TABLE_BYTES);
    this.lowestTableBytes = Math.min(this.lowestTableBytes, this.maxTableBytes);
  }

  /**
   * Encodes one list. The block may be returned again for an equal list: it must not be changed.
   * Fields whose names are in `sensitive`, and those that carry credentials anyway, are written
   * so that nobody puts them into a table.
   *
   * @throws HpackError when a name or a value is not a string of bytes; then nothing has changed.
   */
  public encode(fields: readonly Field[], sensitive?: ReadonlySet<string>): Uint8Array {
    if (this.lowestTableBytes < this.table.maxBytes || this.maxTableBytes !== this.table.maxBytes) {
      return this.encodeFrom(fields, sensitive, undefined, 0);
    }
    const version = this.table.version;
    let best: Kept | undefined;
    let most = 0;
    for (const kept of this.kept) {
      if (kept.version !== version || kept.sensitive !== sensitive) continue;
      const same = sameFields(kept, fields);
      if (same === fields.length && same === kept.names.length) return kept.block;
      if (same > most) {
        most = same;
        best = kept;
      }
    }
    return this.encodeFrom(fields, sensitive, best, most);
  }

  /** Encodes what comes after the first `count` fields, which `kept` begins with too. */
  private encodeFrom(
    fields: readonly Field[], sensitive: ReadonlySet<string> | undefined,
    kept: Kept | undefined, count: number,
  ): Uint8Array {
    for (let i = count; i < fields.length; i++) checkBytes(fields[i]);
    this.at = 0;
    this.writeTableSizes();
    const { version } = this.table;
    const isFirst = this.at === 0;
    if (kept !== undefined && count > 0) {
      const end = kept.ends[count - 1];
      this.reserve(end);
      for (let i = 0; i < count; i++) this.ends[i] = kept.ends[i];
      for (; this.at < end; this.at++) this.room[this.at] = kept.block[this.at];
    }
    for (let i = count; i < fields.length; i++) {
      this.writeField(fields[i][0], fields[i][1], sensitive);
      this.ends[i] = this.at;
    }
    const block = Buffer.allocUnsafe(this.at);
    for (let i = 0; i < this.at; i++) block[i] = this.room[i];
    if (isFirst && this.table.version === version && this.isWorthKeeping(fields, count, block)) {
      this.keep(fields, sensitive, block);
    }
    return block;
  }

  /** Where each list differs from the one before in its end, what they share was kept once. */
  private isWorthKeeping(fields: readonly Field[], count: number, block: Uint8Array): boolean {
    if (fields.length > MOST_KEPT_FIELDS || block.length > MOST_KEPT_BYTES) return false;
    return this.recent.has(block, 0, block.length) || 2 * count < fields.length;
  }

  private keep(
    fields: readonly Field[], sensitive: ReadonlySet<string> | undefined, block: Uint8Array,
  ): void {
    this.kept[this.nextKept] = {
      names: fields.map(([name]) => name),
      values: fields.map(([, value]) => value),
      ends: this.ends.slice(0, fields.length),
      block,
      sensitive,
      version: this.table.version,
    };
    this.nextKept = (this.nextKept + 1) % KEPT;
  }

  /** Where the size fell and rose again, the peer has evicted what the lower one left no room. */
  private writeTableSizes(): void {
    if (this.lowestTableBytes < this.table.maxBytes) this.writeTableSize(this.lowestTableBytes);
    if (this.maxTableBytes !== this.table.maxBytes) this.writeTableSize(this.maxTableBytes);
    this.lowestTableBytes = this.maxTableBytes;
  }

  private writeTableSize(bytes: number): void {
    this.reserve(NUMBER);
    this.writeNumber(TABLE_SIZE, 0x1f, bytes);
    this.table.resize(bytes);
  }

  private writeField(
    name: string, value: string, sensitive: ReadonlySet<string> | undefined,
  ): void {
    this.reserve(3 * NUMBER + name.length + value.length);
    const isSensitive = SENSITIVE.has(name) || sensitive?.has(name) === true;
    const index = isSensitive ? this.indexOfName(name) : this.indexOf(name, value);
    if (index < 0) {
      this.writeNumber(INDEXED, 0x7f, -index);
    } else if (isSensitive) {
      this.writeLiteral(NEVER_ADDED, 0x0f, index, name, value);
    } else if (CHANGING.has(name) || 2 * fieldBytes(name, value) > this.table.maxBytes) {
      this.writeLiteral(NOT_ADDED, 0x0f, index, name, value);
    } else {
      this.writeLiteral(ADDED, 0x3f, index, name, value);
      this.table.add(name, value);
    }
  }

  private writeLiteral(
    kind: number, mask: number, index: number, name: string, value: string,
  ): void {
    this.writeNumber(kind, mask, index);
    if (index === 0) this.writeString(name);
    this.writeString(value);
  }

  /** The index of a field as a negative number, else that of its name, else 0. */
  private indexOf(name: string, value: string): number {
    const first = STATIC_INDEX.get(name) ?? 0;
    if (first > 0) {
      for (let index = first; STATIC_NAMES[index] === name; index++) {
        if (STATIC_VALUES[index] === value) return -index;
      }
    }
    let byName = first;
    const { table } = this;
    for (let entry = 0; entry < table.length; entry++) {
      if (table.nameAt(entry) !== name) continue;
      if (table.valueAt(entry) === value) return -(FIRST_DYNAMIC + entry);
      if (byName === 0) byName = FIRST_DYNAMIC + entry;
    }
    return byName;
  }

  private indexOfName(name: string): number {
    const first = STATIC_INDEX.get(name);
    if (first !== undefined) return first;
    for (let entry = 0; entry < this.table.length; entry++) {
      if (this.table.nameAt(entry) === name) return FIRST_DYNAMIC + entry;
    }
    return 0;
  }

  private writeString(text: string): void {
    const coded = huffmanLength(text);
    if (coded < text.length) {
      this.writeNumber(HUFFMAN, 0x7f, coded);
      this.at = encodeHuffman(text, this.room, this.at);
      return;
    }
    this.writeNumber(0, 0x7f, text.length);
    for (let i = 0; i < text.length; i++) this.room[this.at++] = text.charCodeAt(i);
  }

  /** A number that begins in the bits of `mask`, beside those of `kind` (RFC 7541, section 5.1). */
  private writeNumber(kind: number, mask: number, number: number): void {
    if (number < mask) {
      this.room[this.at++] = kind | number;
      return;
    }
    this.room[this.at++] = kind | mask;
    let rest = number - mask;
    for (; rest >= 0x80; rest >>>= 7) this.room[this.at++] = rest & 0x7f | 0x80;
    this.room[this.at++] = rest;
  }

  private reserve(bytes: number): void {
    if (this.at + bytes <= this.room.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.at + bytes));
    larger.set(this.room);
    this.room = larger;
  }
}

/** How many fields of a list are those that a block began with. */
function sameFields({ names, values }: Kept, fields: readonly Field[]): number {
  const most = Math.min(names.length, fields.length);
  for (let i = 0; i < most; i++) {
    if (names[i] !== fields[i][0] || values[i] !== fields[i][1]) return i;
  }
  return most;
}

function checkBytes([name, value]: Field): void {
  if (!isBytes(name)) throw new HpackError('the name of a field must be Latin-1', 'another');
  if (!isBytes(value)) throw new HpackError(`the value of ${name} must be Latin-1`, 'another');
}

function isBytes(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return false;
  return true;
}
