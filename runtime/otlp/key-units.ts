/** The tables of a key splitter: units, the groups that they stand in, and pairs with targets. */
import { RangeTable } from './span-index';
import { fieldLength } from '../wire/writer';

const FIRST_UNITS = 1024;
const FIRST_GROUPS = 64;
const FIRST_TARGETS = 16;
/** Depths of groups: the request, and up to four around an item. */
const DEPTHS = 5;
const NONE = -1;

type Words = Int32Array<ArrayBuffer>;

function longer(words: Words, length: number): Words {
  const copy = new Int32Array(length);
  copy.set(words);
  return copy;
}

/** What goes to one target as a whole, in the order of the bytes, and the groups around it. */
export class KeyUnits {
  /** Number of units. */
  public count = 0;
  /** Offset of each unit's tag. */
  public start: Words = new Int32Array(FIRST_UNITS);
  /** Offset after each unit. */
  public end: Words = new Int32Array(FIRST_UNITS);
  /** Group that each unit stands in; 0 is the request. */
  public group: Words = new Int32Array(FIRST_UNITS);
  /** Number of items in each unit. */
  public items: Words = new Int32Array(FIRST_UNITS);
  /** Target of each unit. */
  public target: Words = new Int32Array(FIRST_UNITS);

  /** What each group holds besides units and groups. */
  public readonly extras = new RangeTable();
  /** Group that each group stands in. */
  public outer: Words = new Int32Array(FIRST_GROUPS);
  /** Number of groups around each group. */
  public depth: Words = new Int32Array(FIRST_GROUPS);
  /** Tag of each group. */
  public tag: Words = new Int32Array(FIRST_GROUPS);

  /** Forgets everything. */
  public clear(): void {
    this.count = 0;
    this.extras.clear();
  }

  /** Begins the next group; its number is returned. What it holds besides is added to `extras`. */
  public openGroup(outer: number, depth: number, tag: number): number {
    const group = this.extras.open();
    if (group === this.outer.length) {
      this.outer = longer(this.outer, group * 2);
      this.depth = longer(this.depth, group * 2);
      this.tag = longer(this.tag, group * 2);
    }
    this.outer[group] = outer;
    this.depth[group] = depth;
    this.tag[group] = tag;
    return group;
  }

  /** Adds a unit. */
  public add(group: number, start: number, end: number, items: number, target: number): void {
    const unit = this.count;
    if (unit === this.start.length) this.grow();
    this.group[unit] = group;
    this.start[unit] = start;
    this.end[unit] = end;
    this.items[unit] = items;
    this.target[unit] = target;
    this.count = unit + 1;
  }

  private grow(): void {
    const length = this.start.length * 2;
    this.start = longer(this.start, length);
    this.end = longer(this.end, length);
    this.group = longer(this.group, length);
    this.items = longer(this.items, length);
    this.target = longer(this.target, length);
  }
}

/** How many bytes of each group each target gets. Pairs are numbered as units meet them. */
export class UnitPairs {
  /** Number of targets: highest number + 1. */
  public targetCount = 0;
  /** Bytes of each target's request. */
  public targetBytes: Words = new Int32Array(FIRST_TARGETS);
  /** Items of each target's request. */
  public targetItems: Words = new Int32Array(FIRST_TARGETS);
  /** Where each target's next byte is written. */
  public cursor: Words = new Int32Array(FIRST_TARGETS);
  /** Units of each target. */
  private targetUnits: Words = new Int32Array(FIRST_TARGETS);
  /** Group that is open in each target at each depth, and the pair of both. */
  private openGroup: Words = new Int32Array(FIRST_TARGETS * DEPTHS);
  private openPair: Words = new Int32Array(FIRST_TARGETS * DEPTHS);
  private pairCount = 0;
  private pairBytes: Words = new Int32Array(FIRST_UNITS);
  /** The pair that each pair stands in, or `NONE` for the request of `pairTarget`. */
  private outerPair: Words = new Int32Array(FIRST_UNITS);
  private pairTarget: Words = new Int32Array(FIRST_UNITS);

  public constructor(private readonly units: KeyUnits) {}

  /** Sums the bytes of all pairs and targets. */
  public measure(): void {
    const { units } = this;
    this.targetCount = 0;
    this.pairCount = 0;
    for (let unit = 0; unit < units.count; unit += 1) {
      const target = units.target[unit];
      if (target >= this.targetCount) this.reach(target);
      const bytes = units.end[unit] - units.start[unit];
      this.targetUnits[target] += 1;
      this.targetItems[target] += units.items[unit];
      const pair = this.pairOf(target, units.group[unit]);
      if (pair === NONE) this.targetBytes[target] += bytes;
      else this.pairBytes[pair] += bytes;
    }
    // A pair has a lower number than those that stand in it.
    for (let pair = this.pairCount - 1; pair >= 0; pair -= 1) {
      const field = fieldLength(this.pairBytes[pair]);
      const outer = this.outerPair[pair];
      if (outer === NONE) this.targetBytes[this.pairTarget[pair]] += field;
      else this.pairBytes[outer] += field;
    }
  }

  /** Puts the requests of all targets in a row; the number of bytes of all of them. */
  public placeTargets(): number {
    let total = 0;
    const [request] = this.units.extras.byteCount;
    for (let target = 0; target < this.targetCount; target += 1) {
      this.cursor[target] = total;
      if (!this.isTarget(target)) continue;
      this.targetBytes[target] += request;
      total += this.targetBytes[target];
    }
    return total;
  }

  /** Whether `target` gets anything. */
  public isTarget(target: number): boolean {
    return this.targetUnits[target] > 0;
  }

  /** Closes what is open in every target; pairs are then met in the same order once more. */
  public rewind(): void {
    this.openGroup.fill(NONE, 0, this.targetCount * DEPTHS);
    this.pairCount = 0;
  }

  /** Whether `group` is what is open in `target` at its depth. */
  public isOpen(target: number, group: number): boolean {
    return this.openGroup[target * DEPTHS + this.units.depth[group]] === group;
  }

  /** Opens `group` in `target` after `rewind`; the number of bytes of its body. */
  public reopen(target: number, group: number): number {
    this.openGroup[target * DEPTHS + this.units.depth[group]] = group;
    const bytes = this.pairBytes[this.pairCount];
    this.pairCount += 1;
    return bytes;
  }

  private pairOf(target: number, group: number): number {
    if (group === 0) return NONE;
    const { units } = this;
    const at = target * DEPTHS + units.depth[group];
    if (this.openGroup[at] === group) return this.openPair[at];
    const outer = this.pairOf(target, units.outer[group]);
    const pair = this.pairCount;
    if (pair === this.pairBytes.length) this.growPairs();
    this.pairCount = pair + 1;
    this.pairBytes[pair] = units.extras.byteCount[group];
    this.outerPair[pair] = outer;
    this.pairTarget[pair] = target;
    this.openGroup[at] = group;
    this.openPair[at] = pair;
    return pair;
  }

  private growPairs(): void {
    const length = this.pairBytes.length * 2;
    this.pairBytes = longer(this.pairBytes, length);
    this.outerPair = longer(this.outerPair, length);
    this.pairTarget = longer(this.pairTarget, length);
  }

  private reach(target: number): void {
    if (target >= this.targetBytes.length) this.growTargets(target + 1);
    for (; this.targetCount <= target; this.targetCount += 1) {
      this.targetBytes[this.targetCount] = 0;
      this.targetItems[this.targetCount] = 0;
      this.targetUnits[this.targetCount] = 0;
      const at = this.targetCount * DEPTHS;
      this.openGroup.fill(NONE, at, at + DEPTHS);
    }
  }

  private growTargets(least: number): void {
    const length = Math.max(least, this.targetBytes.length * 2);
    this.targetBytes = longer(this.targetBytes, length);
    this.targetItems = longer(this.targetItems, length);
    this.targetUnits = longer(this.targetUnits, length);
    this.cursor = longer(this.cursor, length);
    this.openGroup = longer(this.openGroup, length * DEPTHS);
    this.openPair = longer(this.openPair, length * DEPTHS);
  }
}
