/**
 * XXH64 with seed 0 in two 32-bit words: with BigInt every step would be an object, and a request
 * has as many hashes as data points.
 *
 * The hash is left in `low` and `high`, as a second result would have to be an object.
 */

const P1_LOW = 0x85eb_ca87 | 0;
const P1_HIGH = 0x9e37_79b1 | 0;
const P2_LOW = 0x27d4_eb4f;
const P2_HIGH = 0xc2b2_ae3d | 0;
const P3_LOW = 0x9e37_79f9 | 0;
const P3_HIGH = 0x1656_67b1;
const P4_LOW = 0xc2b2_ae63 | 0;
const P4_HIGH = 0x85eb_ca77 | 0;
const P5_LOW = 0x1656_67c5;
const P5_HIGH = 0x27d4_eb2f;

const STRIPE = 32;
const LANES = 4;
/** Bits by which the lanes are turned when they come together. */
const TURNS = [1, 7, 12, 18];

/** Lower 32 bits, signed, of the hash made last. */
export let low = 0;
/** Upper 32 bits, signed, of the hash made last. */
export let high = 0;

/** Low and high word of each lane. */
const lanes = new Int32Array(2 * LANES);

/** Hashes the bytes from `start` to `end` into `low` and `high`. */
export function xxhash64(bytes: Uint8Array, start: number, end: number): void {
  let at = start;
  if (end - start >= STRIPE) {
    at = hashStripes(bytes, start, end);
    joinLanes();
  } else {
    low = P5_LOW;
    high = P5_HIGH;
  }
  add(end - start | 0, 0);
  hashRest(bytes, at, end);
  shuffle();
}

/** Takes all whole stripes into the lanes, and tells where the rest begins. */
function hashStripes(bytes: Uint8Array, start: number, end: number): number {
  low = P1_LOW;
  high = P1_HIGH;
  add(P2_LOW, P2_HIGH);
  lanes[0] = low;
  lanes[1] = high;
  lanes[2] = P2_LOW;
  lanes[3] = P2_HIGH;
  lanes[4] = 0;
  lanes[5] = 0;
  lanes[6] = -P1_LOW;
  lanes[7] = ~P1_HIGH;
  let at = start;
  for (; at + STRIPE <= end; at += STRIPE) {
    for (let lane = 0; lane < LANES; lane += 1) {
      low = lanes[2 * lane];
      high = lanes[2 * lane + 1];
      const from = at + 8 * lane;
      mix(word(bytes, from), word(bytes, from + 4));
      lanes[2 * lane] = low;
      lanes[2 * lane + 1] = high;
    }
  }
  return at;
}

function joinLanes(): void {
  let sumLow = 0;
  let sumHigh = 0;
  for (let lane = 0; lane < LANES; lane += 1) {
    low = lanes[2 * lane];
    high = lanes[2 * lane + 1];
    turn(TURNS[lane]);
    add(sumLow, sumHigh);
    sumLow = low;
    sumHigh = high;
  }
  for (let lane = 0; lane < LANES; lane += 1) mixIn(lanes[2 * lane], lanes[2 * lane + 1]);
}

function hashRest(bytes: Uint8Array, start: number, end: number): void {
  let at = start;
  for (; at + 8 <= end; at += 8) {
    const hashLow = low;
    const hashHigh = high;
    low = 0;
    high = 0;
    mix(word(bytes, at), word(bytes, at + 4));
    low ^= hashLow;
    high ^= hashHigh;
    turn(27);
    multiply(P1_LOW, P1_HIGH);
    add(P4_LOW, P4_HIGH);
  }
  if (at + 4 <= end) {
    xorProduct(word(bytes, at), P1_LOW, P1_HIGH);
    turn(23);
    multiply(P2_LOW, P2_HIGH);
    add(P3_LOW, P3_HIGH);
    at += 4;
  }
  for (; at < end; at += 1) {
    xorProduct(bytes[at], P5_LOW, P5_HIGH);
    turn(11);
    multiply(P1_LOW, P1_HIGH);
  }
}

/** Makes every bit of the hash depend on every other. */
function shuffle(): void {
  low ^= high >>> 1;
  multiply(P2_LOW, P2_HIGH);
  const shiftedLow = low >>> 29 | high << 3;
  const shiftedHigh = high >>> 29;
  low ^= shiftedLow;
  high ^= shiftedHigh;
  multiply(P3_LOW, P3_HIGH);
  low ^= high;
}

/** One round of a lane. */
function mix(inputLow: number, inputHigh: number): void {
  const laneLow = low;
  const laneHigh = high;
  low = inputLow;
  high = inputHigh;
  multiply(P2_LOW, P2_HIGH);
  add(laneLow, laneHigh);
  turn(31);
  multiply(P1_LOW, P1_HIGH);
}

/** Takes a lane into the hash. */
function mixIn(laneLow: number, laneHigh: number): void {
  const hashLow = low;
  const hashHigh = high;
  low = 0;
  high = 0;
  mix(laneLow, laneHigh);
  low ^= hashLow;
  high ^= hashHigh;
  multiply(P1_LOW, P1_HIGH);
  add(P4_LOW, P4_HIGH);
}

function xorProduct(value: number, factorLow: number, factorHigh: number): void {
  const hashLow = low;
  const hashHigh = high;
  low = value;
  high = 0;
  multiply(factorLow, factorHigh);
  low ^= hashLow;
  high ^= hashHigh;
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24;
}

function add(otherLow: number, otherHigh: number): void {
  const sum = (low >>> 0) + (otherLow >>> 0);
  high = high + otherHigh + (sum > 0xffff_ffff ? 1 : 0) | 0;
  low = sum | 0;
}

/** Turns the hash left by `bits`, from 1 to 31. */
function turn(bits: number): void {
  const before = low;
  low = low << bits | high >>> 32 - bits;
  high = high << bits | before >>> 32 - bits;
}

function multiply(otherLow: number, otherHigh: number): void {
  const a = low & 0xffff;
  const b = low >>> 16;
  const c = otherLow & 0xffff;
  const d = otherLow >>> 16;
  const middle = b * c + (a * c >>> 16);
  const other = a * d + (middle & 0xffff);
  const carried = b * d + (middle >>> 16) + (other >>> 16);
  high = carried + Math.imul(high, otherLow) + Math.imul(low, otherHigh) | 0;
  low = Math.imul(low, otherLow);
}
