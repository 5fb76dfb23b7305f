/** Figures of several rounds as one. */

/** The middle of `values`. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Lowest and highest of `values`. */
export function spread(values: readonly number[]): readonly [number, number] {
  return [Math.min(...values), Math.max(...values)];
}

/** A ratio of two sides that took turns. */
export interface Ratio {
  /** Ratio of the medians. */
  readonly of: number;
  /** Lowest and highest ratio of one round. */
  readonly spread: readonly [number, number];
}

/** How many times `others` the values are; both lists are by round. */
export function ratioOf(values: readonly number[], others: readonly number[]): Ratio {
  const rounds = Math.min(values.length, others.length);
  const ratios = Array.from({ length: rounds }, (_, round) => values[round] / others[round]);
  return { of: median(values) / median(others), spread: spread(ratios) };
}
