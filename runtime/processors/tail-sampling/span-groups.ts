/**
 * Sorts the spans of one resource by trace: upstream handles them group by group, and a look-up in
 * the table of all traces, which is large and cold, then happens once per group.
 */
import { randomBytes } from 'crypto';
import { hashOfId, ID_WORDS, NONE } from '../../otlp/id-table';
import type { SpanIndex } from '../../otlp/span-index';
import { wordAt } from '../../wire/reader';

const FIRST_SPANS = 1024;
const FIRST_SLOTS = 2048;

/** Groups of spans, one after another in the order in which their traces are met. */
export class SpanGroups {
  /** Number of groups. */
  public count = 0;
  /** Four words per group: the id of its trace. A span without an id has the id zero. */
  public ids = new Int32Array(FIRST_SPANS * ID_WORDS);
  /** First span of each group. */
  public first = new Int32Array(FIRST_SPANS);
  /** Number of spans of each group. */
  public size = new Int32Array(FIRST_SPANS);
  /** Next span of the same group, or NONE. */
  public next = new Int32Array(FIRST_SPANS);
  private last = new Int32Array(FIRST_SPANS);
  private slots = new Int32Array(FIRST_SLOTS);
  /** In which call each slot was filled, so that they need not be emptied. */
  private filledIn = new Int32Array(FIRST_SLOTS);
  private call = 0;
  private readonly seed = randomBytes(4).readInt32LE();

  /** Sorts the spans from `from` to `to` of a request. */
  public gather(bytes: Uint8Array, index: SpanIndex, from: number, to: number): void {
    this.count = 0;
    this.call = this.call + 1 | 0;
    this.reserve(to);
    const { next, last, size } = this;
    const { traceIdAt } = index;
    for (let span = from; span < to; span += 1) {
      const group = this.groupOf(bytes, traceIdAt[span]);
      next[span] = NONE;
      if (size[group] === 0) this.first[group] = span;
      else next[last[group]] = span;
      last[group] = span;
      size[group] += 1;
    }
  }

  private groupOf(bytes: Uint8Array, at: number): number {
    const w0 = at < 0 ? 0 : wordAt(bytes, at);
    const w1 = at < 0 ? 0 : wordAt(bytes, at + 4);
    const w2 = at < 0 ? 0 : wordAt(bytes, at + 8);
    const w3 = at < 0 ? 0 : wordAt(bytes, at + 12);
    const { slots, filledIn, ids, call } = this;
    const mask = slots.length - 1;
    let slot = hashOfId(this.seed, w0, w1, w2, w3) & mask;
    for (; filledIn[slot] === call; slot = slot + 1 & mask) {
      const id = slots[slot] * ID_WORDS;
      if (ids[id] === w0 && ids[id + 1] === w1 && ids[id + 2] === w2 && ids[id + 3] === w3) {
        return slots[slot];
      }
    }
    const group = this.count;
    this.count = group + 1;
    slots[slot] = group;
    filledIn[slot] = call;
    const id = group * ID_WORDS;
    ids[id] = w0;
    ids[id + 1] = w1;
    ids[id + 2] = w2;
    ids[id + 3] = w3;
    this.size[group] = 0;
    return group;
  }

  private reserve(spans: number): void {
    if (spans <= this.next.length) return;
    const length = 2 ** Math.ceil(Math.log2(spans));
    this.ids = new Int32Array(length * ID_WORDS);
    this.first = new Int32Array(length);
    this.size = new Int32Array(length);
    this.next = new Int32Array(length);
    this.last = new Int32Array(length);
    this.slots = new Int32Array(length * 2);
    this.filledIn = new Int32Array(length * 2);
    this.call = 1;
  }
}
