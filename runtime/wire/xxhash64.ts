/**
 * XXH64 with seed 0 in two 32-bit words: with BigInt every step would be an object, and a request
 * has as many hashes as data points.
 *
 * The hash is left in `low` and `high`, as a second result would have to be an object. On the way
 * it stands in an array of words, which variables of a module would be boxed for.
 */
import { wordAt } from './reader';

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
const LANE_WORDS = 8;
/** Bits by which the lanes are turned when they come together. */
const TURNS = [1, 7, 12, 18];
/** Low and high word of each of the four lanes before the first stripe. */
const FIRST_LANES = Int32Array.of(
  P1_LOW + P2_LOW, P1_HIGH + P2_HIGH, P2_LOW, P2_HIGH, 0, 0, -P1_LOW, ~P1_HIGH,
);

/** Lower 32 bits, signed, of the hash made last. */
export let low = 0;
/** Upper 32 bits, signed, of the hash made last. */
export let high = 0;

const lanes = new Int32Array(LANE_WORDS);
/** Low and high word of the hash on its way. */
const hash = new Int32Array(2);
/** Where the stripes end that the lanes have taken. */
let stripesEnd = 0;

/** Hashes the bytes from `start` to `end` into `low` and `high`. */
export function xxhash64(bytes: Uint8Array, start: number, end: number): void {
  lanes.set(FIRST_LANES);
  stripesEnd = start;
  xxhash64Longer(bytes, start, end);
}

/** The same for the bytes of the last call and some more: it costs as much as what is new. */
export function xxhash64Longer(bytes: Uint8Array, start: number, end: number): void {
  takeStripes(bytes, end);
  if (end - start >= STRIPE) {
    joinLanes();
  } else {
    hash[0] = P5_LOW;
    hash[1] = P5_HIGH;
  }
  add(end - start | 0, 0);
  takeRest(bytes, stripesEnd, end);
  shuffle();
  low = hash[0];
  high = hash[1];
}

/** Takes all whole stripes into the lanes. */
function takeStripes(bytes: Uint8Array, end: number): void {
  let at = stripesEnd;
  for (; at + STRIPE <= end; at += STRIPE) {
    for (let lane = 0; lane < LANE_WORDS; lane += 2) {
      const from = at + 4 * lane;
      mix(lanes, lane, wordAt(bytes, from), wordAt(bytes, from + 4));
    }
  }
  stripesEnd = at;
}

function joinLanes(): void {
  hash[0] = 0;
  hash[1] = 0;
  for (let lane = 0; lane < LANE_WORDS; lane += 2) {
    const bits = TURNS[lane >> 1];
    add(lanes[lane] << bits | lanes[lane + 1] >>> 32 - bits,
      lanes[lane + 1] << bits | lanes[lane] >>> 32 - bits);
  }
  for (let lane = 0; lane < LANE_WORDS; lane += 2) {
    xorMixed(lanes[lane], lanes[lane + 1]);
    multiply(P1_LOW, P1_HIGH);
    add(P4_LOW, P4_HIGH);
  }
}

function takeRest(bytes: Uint8Array, start: number, end: number): void {
  let at = start;
  for (; at + 8 <= end; at += 8) {
    xorMixed(wordAt(bytes, at), wordAt(bytes, at + 4));
    turn(27);
    multiply(P1_LOW, P1_HIGH);
    add(P4_LOW, P4_HIGH);
  }
  if (at + 4 <= end) {
    xorProduct(wordAt(bytes, at), P1_LOW, P1_HIGH);
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
  hash[0] ^= hash[1] >>> 1;
  multiply(P2_LOW, P2_HIGH);
  hash[0] ^= hash[0] >>> 29 | hash[1] << 3;
  hash[1] ^= hash[1] >>> 29;
  multiply(P3_LOW, P3_HIGH);
  hash[0] ^= hash[1];
}

/** One round of the lane at `at` of `words`. */
function mix(words: Int32Array, at: number, inputLow: number, inputHigh: number): void {
  const addedLow = Math.imul(inputLow, P2_LOW);
  const addedHigh = highProduct(inputLow, P2_LOW)
    + Math.imul(inputHigh, P2_LOW) + Math.imul(inputLow, P2_HIGH) | 0;
  const sumLow = words[at] + addedLow | 0;
  const carry = sumLow >>> 0 < addedLow >>> 0 ? 1 : 0;
  const sumHigh = words[at + 1] + addedHigh + carry | 0;
  const turnedLow = sumLow << 31 | sumHigh >>> 1;
  const turnedHigh = sumHigh << 31 | sumLow >>> 1;
  words[at] = Math.imul(turnedLow, P1_LOW);
  words[at + 1] = highProduct(turnedLow, P1_LOW)
    + Math.imul(turnedHigh, P1_LOW) + Math.imul(turnedLow, P1_HIGH);
}

const mixed = new Int32Array(2);

/** Takes what one round makes of a fresh lane into the hash. */
function xorMixed(inputLow: number, inputHigh: number): void {
  mixed[0] = 0;
  mixed[1] = 0;
  mix(mixed, 0, inputLow, inputHigh);
  hash[0] ^= mixed[0];
  hash[1] ^= mixed[1];
}

function xorProduct(value: number, factorLow: number, factorHigh: number): void {
  hash[0] ^= Math.imul(value, factorLow);
  hash[1] ^= highProduct(value, factorLow) + Math.imul(value, factorHigh);
}


function add(otherLow: number, otherHigh: number): void {
  const sum = hash[0] + otherLow | 0;
  hash[0] = sum;
  hash[1] += otherHigh + (sum >>> 0 < otherLow >>> 0 ? 1 : 0);
}

/** Turns the hash left by `bits`, from 1 to 31. */
function turn(bits: number): void {
  const before = hash[0];
  hash[0] = before << bits | hash[1] >>> 32 - bits;
  hash[1] = hash[1] << bits | before >>> 32 - bits;
}

function multiply(otherLow: number, otherHigh: number): void {
  const before = hash[0];
  hash[0] = Math.imul(before, otherLow);
  hash[1] = highProduct(before, otherLow)
    + Math.imul(hash[1], otherLow) + Math.imul(before, otherHigh);
}

/** Upper 32 bits of the product of two unsigned words, in steps that are all 32 bits wide. */
function highProduct(one: number, other: number): number {
  const a = one & 0xffff;
  const b = one >>> 16;
  const c = other & 0xffff;
  const d = other >>> 16;
  const middle = Math.imul(b, c) + (Math.imul(a, c) >>> 16) | 0;
  const last = Math.imul(a, d) + (middle & 0xffff) | 0;
  return Math.imul(b, d) + (middle >>> 16) + (last >>> 16) | 0;
}
