/**
 * Choices that look random and are the same in every run with the same CONFORMANCE_SEED (0 unless
 * it is given).
 */
import { randomNumbers } from '../../testing/random-numbers';

const SEEDS_APART = 1000;

/** Chooses. */
export class RandomChoices {
  private readonly next: () => number;

  public constructor(seed: number) {
    this.next = randomNumbers(seed + SEEDS_APART * Number(process.env.CONFORMANCE_SEED ?? 0));
  }

  /** A whole number from `from` to `to`, both among them. */
  public whole(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  /** True in so many cases of one. */
  public chance(share: number): boolean {
    return this.next() < share;
  }

  /** One of a list. */
  public one<T>(list: readonly T[]): T {
    return list[this.whole(0, list.length - 1)];
  }

  /** So many of a list, in any order, none twice. */
  public some<T>(list: readonly T[], count: number): T[] {
    return this.shuffled(list).slice(0, count);
  }

  /** The list in any order. */
  public shuffled<T>(list: readonly T[]): T[] {
    return list.map((item): [number, T] => [this.next(), item])
      .sort(([a], [b]) => a - b).map(([, item]) => item);
  }

  /** Bytes. */
  public bytes(count: number): Buffer {
    return Buffer.from(Array.from({ length: count }, () => this.whole(0, 255)));
  }
}
