/** Which unit was the first of each trace: a hash table over ids that stay where they are. */
import { randomFillSync } from 'crypto';
import { wordAt } from '../../../wire/reader';

const ID_BYTES = 16;
const FIRST_SLOTS = 256;
const NO_ID = new Uint8Array(ID_BYTES);
/** Nobody outside knows them, so nobody can make ids that all meet in one slot. */
const SECRETS = randomFillSync(new Int32Array(5));

/** The traces in one scope of one request. */
export class TraceUnits {
  /** One more than the number of the entry in each slot, where `round` is that of now. */
  private slots = new Int32Array(FIRST_SLOTS);
  private rounds = new Int32Array(FIRST_SLOTS);
  private round = 0;
  /** Where the id of each trace is, -1 for the trace of spans without one; and its first unit. */
  private idAt = new Int32Array(FIRST_SLOTS / 2);
  private unit = new Int32Array(FIRST_SLOTS / 2);
  private count = 0;

  /** Forgets all traces. */
  public clear(): void {
    this.count = 0;
    this.round += 1;
  }

  /**
   * The first unit of the trace whose id is at `idAt` in `bytes` (-1: no id, which upstream reads
   * as sixteen zeros); that is `unit` when the trace is new.
   */
  public firstOf(bytes: Uint8Array, idAt: number, unit: number): number {
    if (this.count === this.idAt.length) this.grow(bytes);
    let slot = this.slotOf(bytes, idAt);
    for (; this.rounds[slot] === this.round; slot = slot + 1 & this.slots.length - 1) {
      const trace = this.slots[slot];
      if (isSame(bytes, this.idAt[trace], idAt)) return this.unit[trace];
    }
    this.rounds[slot] = this.round;
    this.slots[slot] = this.count;
    this.idAt[this.count] = idAt;
    this.unit[this.count] = unit;
    this.count += 1;
    return unit;
  }

  private slotOf(bytes: Uint8Array, idAt: number): number {
    let hash = SECRETS[4];
    for (let word = 0; word < 4; word += 1) {
      const held = idAt < 0 ? 0 : wordAt(bytes, idAt + 4 * word);
      hash = Math.imul(hash ^ held, SECRETS[word] | 1);
      hash ^= hash >>> 15;
    }
    return hash & this.slots.length - 1;
  }

  private grow(bytes: Uint8Array): void {
    const { idAt, unit, count } = this;
    this.slots = new Int32Array(count * 4);
    this.rounds = new Int32Array(count * 4);
    this.round = 1;
    this.idAt = new Int32Array(count * 2);
    this.unit = new Int32Array(count * 2);
    this.count = 0;
    for (let trace = 0; trace < count; trace += 1) this.firstOf(bytes, idAt[trace], unit[trace]);
  }
}

function isSame(bytes: Uint8Array, one: number, other: number): boolean {
  if (one === other) return true;
  const a = one < 0 ? NO_ID : bytes;
  const b = other < 0 ? NO_ID : bytes;
  const atA = Math.max(one, 0);
  const atB = Math.max(other, 0);
  let same = 0;
  while (same < ID_BYTES && a[atA + same] === b[atB + same]) same += 1;
  return same === ID_BYTES;
}
