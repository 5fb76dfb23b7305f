/**
 * The 128-bit hash of a list of attributes that upstream tells resources and streams of metrics
 * apart by (contrib `pkg/pdatautil`, `MapHash`), over the bytes as they came.
 *
 * ```
 *   f4 name value  f4 name value …         names in the order of their bytes
 *   value: f7 text │ f8 │ f9 │ fa int64 │ fb double │ fc … fd │ fe … ff │ f6 bytes │ f5
 *   hash:  XXH64 of that, then XXH64 of that and f3; no attributes are 16 zeros
 * ```
 */
import {
  ANY_VALUE_ARRAY, ANY_VALUE_BOOL, ANY_VALUE_BYTES, ANY_VALUE_DOUBLE, ANY_VALUE_INT,
  ANY_VALUE_KVLIST, ANY_VALUE_STRING, ARRAY_VALUES, KEY_VALUE_KEY, KEY_VALUE_VALUE, KVLIST_VALUES,
} from './fields';
import { bodyEnd, bodyStart, readValue, valueKind } from './value-text';
import { ByteBuilder } from '../wire/byte-builder';
import type { Fnv64 } from '../wire/fnv64';
import { fieldTag, high, low, nextField, position, readVarint64 } from '../wire/reader';
import { high as hashHigh, low as hashLow, xxhash64, xxhash64Longer } from '../wire/xxhash64';

const EXTRA = 0xf3;
const KEY = 0xf4;
const EMPTY = 0xf5;
const BYTES = 0xf6;
const TEXT = 0xf7;
const TRUE = 0xf8;
const FALSE = 0xf9;
const INT = 0xfa;
const DOUBLE = 0xfb;
const MAP = 0xfc;
const MAP_END = 0xfd;
const SLICE = 0xfe;
const SLICE_END = 0xff;

/** So many names are put in order in place; more of them by the library, which allocates. */
const FEW = 32;
const FIRST_MEMBERS = 64;
/** Where a member's name and value are. */
const MEMBER = 4;

/** Hashes one list of attributes after the other. */
export class MapHash {
  /** The hash as four words, the lowest first. */
  public readonly words = new Int32Array(4);
  private readonly form = new ByteBuilder();
  /** Four offsets for each member: name from, name to, value from, value to. */
  private members = new Int32Array(FIRST_MEMBERS * MEMBER);
  private memberCount = 0;

  /** Begins another list. */
  public begin(): void {
    this.memberCount = 0;
  }

  /** Adds to the list all attributes of the message from `start` to `end`. */
  public gather(bytes: Uint8Array, start: number, end: number, attributes: number): void {
    for (let at = start; at < end;) {
      at = nextField(bytes, at, end);
      if (fieldTag === attributes) this.addMember(bytes, position, at);
    }
  }

  /** Hashes the list into `words`; `bytes` are those that its members were gathered from. */
  public finish(bytes: Uint8Array): void {
    const { form, words } = this;
    if (this.memberCount === 0) {
      words.fill(0);
      return;
    }
    form.end = 0;
    this.addMembers(bytes, 0);
    xxhash64(form.bytes, 0, form.end);
    words[0] = hashLow;
    words[1] = hashHigh;
    form.addByte(EXTRA);
    xxhash64Longer(form.bytes, 0, form.end);
    words[2] = hashLow;
    words[3] = hashHigh;
  }

  /** Adds the 16 bytes of the hash to `sum`. */
  public addTo(sum: Fnv64): void {
    for (let i = 0; i < this.words.length; i += 1) sum.addWord(this.words[i]);
  }

  private addMember(bytes: Uint8Array, start: number, end: number): void {
    if ((this.memberCount + 1) * MEMBER > this.members.length) this.grow();
    const { members } = this;
    const member = this.memberCount * MEMBER;
    members.fill(end, member, member + MEMBER);
    for (let at = start; at < end;) {
      at = nextField(bytes, at, end);
      if (fieldTag !== KEY_VALUE_KEY && fieldTag !== KEY_VALUE_VALUE) continue;
      const first = fieldTag === KEY_VALUE_KEY ? member : member + 2;
      members[first] = position;
      members[first + 1] = at;
    }
    this.memberCount += 1;
  }

  private grow(): void {
    const longer = new Int32Array(this.members.length * 2);
    longer.set(this.members);
    this.members = longer;
  }

  /** Writes the members from number `first` on, in order, and forgets them. */
  private addMembers(bytes: Uint8Array, first: number): void {
    const { form } = this;
    const count = this.memberCount;
    this.sort(bytes, first, count);
    for (let number = first; number < count; number += 1) {
      const member = number * MEMBER;
      form.addByte(KEY);
      form.add(bytes, this.members[member], this.members[member + 1]);
      // Of a name that comes twice, the first value is written twice.
      const isSame = number > first && this.compare(bytes, member - MEMBER, member) === 0;
      if (isSame) this.members.copyWithin(member + 2, member - 2, member);
      this.addValue(bytes, this.members[member + 2], this.members[member + 3]);
    }
    this.memberCount = first;
  }

  private addValue(bytes: Uint8Array, start: number, end: number): void {
    const { form } = this;
    readValue(bytes, start, end);
    switch (valueKind) {
      case ANY_VALUE_STRING:
        form.addByte(TEXT);
        form.add(bytes, bodyStart, bodyEnd);
        break;
      case ANY_VALUE_BYTES:
        form.addByte(BYTES);
        form.add(bytes, bodyStart, bodyEnd);
        break;
      case ANY_VALUE_BOOL:
        readVarint64(bytes, bodyStart, bodyEnd);
        form.addByte((low | high) !== 0 ? TRUE : FALSE);
        break;
      case ANY_VALUE_INT:
        readVarint64(bytes, bodyStart, bodyEnd);
        form.addByte(INT);
        this.addWord(low);
        this.addWord(high);
        break;
      case ANY_VALUE_DOUBLE:
        form.addByte(DOUBLE);
        form.add(bytes, bodyStart, bodyEnd);
        break;
      case ANY_VALUE_KVLIST:
        this.addMap(bytes, bodyStart, bodyEnd);
        break;
      case ANY_VALUE_ARRAY:
        this.addList(bytes, bodyStart, bodyEnd);
        break;
      default:
        form.addByte(EMPTY);
    }
  }

  private addMap(bytes: Uint8Array, start: number, end: number): void {
    const outer = this.memberCount;
    this.form.addByte(MAP);
    this.gather(bytes, start, end, KVLIST_VALUES);
    this.addMembers(bytes, outer);
    this.form.addByte(MAP_END);
  }

  private addList(bytes: Uint8Array, start: number, end: number): void {
    this.form.addByte(SLICE);
    for (let at = start; at < end;) {
      at = nextField(bytes, at, end);
      if (fieldTag === ARRAY_VALUES) this.addValue(bytes, position, at);
    }
    this.form.addByte(SLICE_END);
  }

  private addWord(word: number): void {
    for (let bits = 0; bits < 32; bits += 8) this.form.addByte(word >>> bits & 0xff);
  }

  /** Orders members by name; those of the same name stay as they are. */
  private sort(bytes: Uint8Array, first: number, count: number): void {
    if (count - first > FEW) {
      this.sortMany(bytes, first, count);
      return;
    }
    const { members } = this;
    for (let number = first + 1; number < count; number += 1) {
      for (let at = number * MEMBER; at > first * MEMBER; at -= MEMBER) {
        if (this.compare(bytes, at - MEMBER, at) <= 0) break;
        for (let i = at; i < at + MEMBER; i += 1) {
          const moved = members[i];
          members[i] = members[i - MEMBER];
          members[i - MEMBER] = moved;
        }
      }
    }
  }

  private sortMany(bytes: Uint8Array, first: number, count: number): void {
    const before = this.members.slice(first * MEMBER, count * MEMBER);
    const order = Uint32Array.from({ length: count - first }, (_, number) => number).sort((a, b) =>
      this.compare(bytes, (first + a) * MEMBER, (first + b) * MEMBER) || a - b);
    order.forEach((number, at) => {
      const member = before.subarray(number * MEMBER, (number + 1) * MEMBER);
      this.members.set(member, (first + at) * MEMBER);
    });
  }

  private compare(bytes: Uint8Array, one: number, other: number): number {
    const { members } = this;
    let a = members[one];
    let b = members[other];
    const endOfA = members[one + 1];
    const endOfB = members[other + 1];
    for (; a < endOfA && b < endOfB; a += 1, b += 1) {
      if (bytes[a] !== bytes[b]) return bytes[a] - bytes[b];
    }
    return endOfA - a - (endOfB - b);
  }
}
