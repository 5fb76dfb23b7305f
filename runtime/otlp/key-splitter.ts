/**
 * Splits one export request into one request per target, by whatever a key makes of its resources,
 * scopes, metrics and items. Bytes are copied in ranges, never decoded.
 *
 * 1. The request is walked from the outside in. The key is shown every group; where it can tell
 *    the target of all that is in it, the group is one *unit*, and nobody looks inside. What is
 *    left are items, each of them a unit of its own.
 * 2. The bytes of each pair of group and target are summed, from the inside out: all sizes are
 *    known before a byte is written.
 * 3. Units are copied in their order. Where a pair is met first, its header and its extras
 *    (resource, scope, schema URLs, unknown fields) are written.
 *
 * Groups without any item are in no part when a request is split inside of them.
 */
import { ITEM_PATHS } from './item-splitter';
import { KeyUnits, UnitPairs } from './key-units';
import {
  asUint8Array, copyRanges, gatherParts, type Allocate, type Part, type TargetPayload,
} from './parts';
import type { Payload, Signal } from '../pipeline/payload';
import type { ByteBuilder } from '../wire/byte-builder';
import { fieldTag, nextField, position } from '../wire/reader';
import { writeHeader } from '../wire/writer';

/** What a key says about a group. */
export enum Verdict {
  /** What is inside decides. */
  Inside,
  /** The identifier stands for all that is inside. */
  Whole,
  /** Nothing inside has a target. */
  LeftOut,
}

/** Makes identifiers: equal ones go to the same target. */
export interface Key {
  /** The identifier that was made last. */
  readonly identifier: ByteBuilder;
  /** Why groups are left out, if any ever are. */
  readonly leftOutReason?: string;
  /**
   * Says what decides about the group from `start` to `end`: at depth 1 an entry of a resource, at
   * 2 one of a scope, for metrics at 3 a metric and at 4 its data. `tag` is what it begins with.
   */
  group(bytes: Uint8Array, start: number, end: number, depth: number, tag: number): Verdict;
  /**
   * Makes the identifier of the item from `start` to `end`, which is unit number `unit`, and gives
   * that number back; or the number of an earlier item in the same group that goes to the same
   * target, and then makes none.
   */
  item(bytes: Uint8Array, start: number, end: number, unit: number): number;
}

/** Tells the target of an identifier: a whole number from 0, small because it is an index. */
export type KeyRoute = (identifier: Uint8Array, length: number) => number;

const NONE = -1;

/** Splits request after request; its tables are reused. */
export class KeySplitter {
  /** Items that the key left out since the last call of `splitPayload` began. */
  public leftOutItems = 0;
  private readonly path: readonly (readonly number[])[];
  private readonly units = new KeyUnits();
  private readonly pairs = new UnitPairs(this.units);
  private bytes: Uint8Array = new Uint8Array(0);
  private route: KeyRoute = () => 0;
  private only = NONE;
  private isSplit = false;

  public constructor(
    signal: Signal,
    private readonly key: Key,
    private readonly allocate: Allocate = Buffer.allocUnsafeSlow,
  ) {
    this.path = ITEM_PATHS[signal];
  }

  /** One payload per target. */
  public splitPayload(payload: Payload, route: KeyRoute): TargetPayload[] {
    this.leftOutItems = 0;
    return gatherParts(payload, (chunk) => this.split(chunk, route));
  }

  /**
   * One request per target that gets something of `bytes`, in order of the targets' numbers. When
   * there is only one, that is `bytes` itself; otherwise the parts share one new block of memory.
   *
   * @throws MalformedError when `bytes` is not an export request of the signal.
   */
  public split(bytes: Uint8Array, route: KeyRoute): Part[] {
    const { units } = this;
    units.clear();
    this.bytes = bytes;
    this.route = route;
    this.only = NONE;
    this.isSplit = false;
    this.walk(units.openGroup(0, 0, 0), 0, 0, bytes.length);
    if (units.count === 0) return [];
    if (!this.isSplit) {
      let items = 0;
      for (let unit = 0; unit < units.count; unit += 1) items += units.items[unit];
      return [{ target: this.only, bytes, items }];
    }
    this.pairs.measure();
    return this.write(asUint8Array(bytes));
  }

  /** Finds the units in a group that decides nothing: what it holds besides first, then inside. */
  private walk(group: number, depth: number, start: number, end: number): void {
    const { bytes, units } = this;
    const children = this.path[depth];
    const isInnermost = depth === this.path.length - 1;
    let hasChildren = false;
    for (let at = start; at < end;) {
      const fieldAt = at;
      at = nextField(bytes, at, end);
      if (!children.includes(fieldTag)) units.extras.add(fieldAt, at);
      else if (isInnermost) this.addItem(group, fieldAt, position, at);
      else hasChildren = true;
    }
    if (!hasChildren) return;
    for (let at = start; at < end;) {
      const fieldAt = at;
      at = nextField(bytes, at, end);
      const tag = fieldTag;
      if (children.includes(tag)) this.enter(group, depth + 1, tag, fieldAt, position, at);
    }
  }

  private enter(
    outer: number, depth: number, tag: number, fieldAt: number, start: number, end: number,
  ): void {
    const { units, key, bytes } = this;
    const verdict = key.group(bytes, start, end, depth, tag);
    if (verdict === Verdict.Inside) {
      this.walk(units.openGroup(outer, depth, tag), depth, start, end);
      return;
    }
    const items = this.countItems(depth, start, end);
    if (verdict === Verdict.LeftOut) {
      this.leftOutItems += items;
      this.isSplit = true;
      return;
    }
    this.add(outer, fieldAt, end, items, this.target());
  }

  private addItem(group: number, fieldAt: number, start: number, end: number): void {
    const { units, key } = this;
    const unit = key.item(this.bytes, start, end, units.count);
    this.add(group, fieldAt, end, 1,
      unit === units.count ? this.target() : units.target[unit]);
  }

  private target(): number {
    const { identifier } = this.key;
    return this.route(identifier.bytes, identifier.end);
  }

  private add(group: number, start: number, end: number, items: number, target: number): void {
    if (this.only === NONE) this.only = target;
    else if (this.only !== target) this.isSplit = true;
    this.units.add(group, start, end, items, target);
  }

  private countItems(depth: number, start: number, end: number): number {
    const children = this.path[depth];
    const isInnermost = depth === this.path.length - 1;
    let items = 0;
    for (let at = start; at < end;) {
      at = nextField(this.bytes, at, end);
      if (!children.includes(fieldTag)) continue;
      items += isInnermost ? 1 : this.countItems(depth + 1, position, at);
    }
    return items;
  }

  private write(bytes: Uint8Array): Part[] {
    const { units, pairs } = this;
    const out = asUint8Array(this.allocate(pairs.placeTargets()));
    const parts: Part[] = [];
    for (let target = 0; target < pairs.targetCount; target += 1) {
      if (!pairs.isTarget(target)) continue;
      const start = pairs.cursor[target];
      const end = start + pairs.targetBytes[target];
      parts.push({ target, bytes: out.subarray(start, end), items: pairs.targetItems[target] });
      pairs.cursor[target] = copyRanges(bytes, units.extras, 0, out, start);
    }
    pairs.rewind();
    for (let unit = 0; unit < units.count;) {
      const target = units.target[unit];
      const group = units.group[unit];
      const start = units.start[unit];
      let end = units.end[unit];
      // Neighbours are copied in one go; another group or a field in between ends a run.
      for (unit += 1; unit < units.count && units.target[unit] === target
        && units.start[unit] === end && units.group[unit] === group; unit += 1) {
        end = units.end[unit];
      }
      this.writeHeaders(bytes, out, target, group);
      out.set(bytes.subarray(start, end), pairs.cursor[target]);
      pairs.cursor[target] += end - start;
    }
    return parts;
  }

  /** Writes what is around a unit, unless it stands there already. */
  private writeHeaders(bytes: Uint8Array, out: Uint8Array, target: number, group: number): void {
    const { units, pairs } = this;
    if (group === 0 || pairs.isOpen(target, group)) return;
    this.writeHeaders(bytes, out, target, units.outer[group]);
    const size = pairs.reopen(target, group);
    const at = writeHeader(out, pairs.cursor[target], units.tag[group], size);
    pairs.cursor[target] = copyRanges(bytes, units.extras, group, out, at);
  }
}
