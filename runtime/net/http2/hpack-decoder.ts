/** Decodes the header blocks of one connection (RFC 7541). */
import { BlockCache } from './block-cache';
import { HpackError } from './hpack-error';
import {
  DEFAULT_TABLE_BYTES, DynamicTable, fieldBytes, FIRST_DYNAMIC, STATIC_NAMES, STATIC_VALUES,
} from './hpack-table';
import { decodeHuffman, mostDecoded } from './huffman';

/** The first bits of a field tell how it is written, and the rest begins a number. */
const INDEXED = 0x80;
const ADDED = 0x40;
const TABLE_SIZE = 0x20;
const HUFFMAN = 0x80;
/** Numbers may go on for four bytes: far beyond any block. */
const MOST_SHIFT = 21;
/** Fields that are remembered until it is known whether the block can be kept. */
const REMEMBERED = 64;
/** Where strings are put together; longer ones get their own place. */
const scratch = Buffer.allocUnsafeSlow(16_384);
const NOTHING = new Uint8Array(0);

/** What one connection may send. */
export interface HpackDecoderOptions {
  /** SETTINGS_HEADER_TABLE_SIZE as it was told to the peer, in bytes. */
  readonly maxTableBytes: number;
  /** Most that a list may count, in bytes: each field its name, its value and 32. */
  readonly maxListBytes: number;
  /** Most fields of a list. */
  readonly maxFields: number;
}

/**
 * The decoder of one connection. Names and values come as strings of bytes (Latin-1).
 *
 * What it costs grows with the bytes of the block alone: a field of one byte that refers to a
 * large entry copies nothing, and nothing is told of a list beyond its limits.
 */
export class HpackDecoder {
  private readonly table = new DynamicTable(DEFAULT_TABLE_BYTES);
  private readonly blocks = new BlockCache();
  private readonly names: string[] = [];
  private readonly values: string[] = [];
  private readonly maxListBytes: number;
  private readonly maxFields: number;
  private maxTableBytes: number;
  /** A size that the next block must lower the table to first; Infinity when none. */
  private required = Infinity;
  private block: Uint8Array = NOTHING;
  private at = 0;
  private end = 0;
  /** The field that was read last. */
  private name = '';
  private value = '';

  public constructor(options: HpackDecoderOptions) {
    // Until the peer has seen the settings, it uses the table that all begin with.
    this.maxTableBytes = Math.max(options.maxTableBytes, DEFAULT_TABLE_BYTES);
    this.maxListBytes = options.maxListBytes;
    this.maxFields = options.maxFields;
  }

  /**
   * Sets the size that the peer's table may have, in bytes, from when the peer has acknowledged
   * it: if its table is larger, its next block must begin by making it smaller.
   */
  public setMaxTableBytes(bytes: number): void {
    this.maxTableBytes = bytes;
    if (bytes < this.table.maxBytes) this.required = Math.min(this.required, bytes);
  }

  /**
   * Decodes the block from `start` to `end`, which must be whole, and tells its fields in order.
   * False when the list is larger than its limits; then only the fields within them were told,
   * and the connection can go on.
   *
   * @throws HpackError when the block is malformed; then the connection cannot go on.
   */
  public decode(
    block: Uint8Array, start: number, end: number,
    field: (name: string, value: string) => void,
  ): boolean {
    const { table, required } = this;
    const version = table.version;
    if (required === Infinity && this.blocks.replay(block, start, end, version, field)) return true;
    this.block = block;
    this.at = start;
    this.end = end;
    this.readTableSizes();
    let isWithin = true;
    let bytes = 0;
    let count = 0;
    for (; this.at < end; count++) {
      this.readField(count);
      bytes += fieldBytes(this.name, this.value);
      isWithin &&= bytes <= this.maxListBytes && count < this.maxFields;
      if (isWithin) field(this.name, this.value);
    }
    if (isWithin && table.version === version) {
      this.blocks.keep(block, start, end, version, this.names, this.values, count);
    }
    return isWithin;
  }

  private readField(count: number): void {
    const first = this.block[this.at];
    if (first >= INDEXED) {
      this.lookUp(this.readNumber(0x7f));
    } else if (first >= ADDED) {
      this.readLiteral(0x3f);
      this.table.add(this.name, this.value);
    } else if (first >= TABLE_SIZE) {
      throw new HpackError('the size of the table must come first in a block', 'it after a field');
    } else {
      this.readLiteral(0x0f);
    }
    if (count < REMEMBERED) {
      this.names[count] = this.name;
      this.values[count] = this.value;
    }
  }

  private readLiteral(mask: number): void {
    const index = this.readNumber(mask);
    let name: string;
    if (index === 0) {
      name = this.readString();
    } else {
      this.lookUp(index);
      name = this.name;
    }
    this.value = this.readString();
    this.name = name;
  }

  private lookUp(index: number): void {
    if (index < FIRST_DYNAMIC && index > 0) {
      this.name = STATIC_NAMES[index];
      this.value = STATIC_VALUES[index];
      return;
    }
    const entry = index - FIRST_DYNAMIC;
    if (entry < 0 || entry >= this.table.length) {
      const most = FIRST_DYNAMIC + this.table.length - 1;
      throw new HpackError(`an index must be between 1 and ${most}`, index);
    }
    this.name = this.table.nameAt(entry);
    this.value = this.table.valueAt(entry);
  }

  private readTableSizes(): void {
    while (this.at < this.end && (this.block[this.at] & 0xe0) === TABLE_SIZE) {
      const bytes = this.readNumber(0x1f);
      if (bytes > this.maxTableBytes) {
        throw new HpackError(`a table must have at most ${this.maxTableBytes} bytes`, bytes);
      }
      if (bytes <= this.required) this.required = Infinity;
      this.table.resize(bytes);
    }
    if (this.required < Infinity) {
      throw new HpackError(
        `a block must first lower the table to ${this.required} bytes`, this.table.maxBytes,
      );
    }
  }

  /** A number that begins in the bits of `mask` (RFC 7541, section 5.1). */
  private readNumber(mask: number): number {
    const { block, end } = this;
    if (this.at >= end) throw truncated();
    let number = block[this.at++] & mask;
    if (number < mask) return number;
    for (let shift = 0; shift <= MOST_SHIFT; shift += 7) {
      if (this.at >= end) throw truncated();
      const byte = block[this.at++];
      number += (byte & 0x7f) << shift;
      if (byte < 0x80) return number;
    }
    throw new HpackError('a number must end within five bytes', 'a longer one');
  }

  private readString(): string {
    const isHuffman = this.at < this.end && this.block[this.at] >= HUFFMAN;
    const length = this.readNumber(0x7f);
    const start = this.at;
    if (length > this.end - start) throw truncated();
    this.at = start + length;
    const { block } = this;
    const most = isHuffman ? mostDecoded(length) : length;
    const target = most > scratch.length ? Buffer.allocUnsafeSlow(most) : scratch;
    if (isHuffman) {
      return target.toString('latin1', 0, decodeHuffman(block, start, this.at, target));
    }
    for (let i = 0; i < length; i++) target[i] = block[start + i];
    return target.toString('latin1', 0, length);
  }
}

function truncated(): HpackError {
  return new HpackError('a block must be whole', 'its end within a field');
}
