/** Upper bounds of the buckets that upstream counts sizes in. */

/** Of spans, data points and log records. */
export const SIZES: readonly number[] = [
  10, 25, 50, 75, 100, 250, 500, 750, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10000,
  20000, 30000, 50000, 100000,
];

const FIRST_BYTES = 128;
const DOUBLINGS = 18;

/** Of bytes: 128 B and its doublings up to 16 MiB. */
export const BYTE_SIZES: readonly number[] =
  Array.from({ length: DOUBLINGS }, (_, i) => FIRST_BYTES * 2 ** i);

/** What upstream takes where an instrument names no bounds of its own. */
export const PLAIN_SIZES: readonly number[] = [
  0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000,
];
