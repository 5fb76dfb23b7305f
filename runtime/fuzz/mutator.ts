/** Inputs that are nearly right: pieces of good ones, changed where decoders are likely to trip. */
import { randomFrom } from '../testing/mutant';

type Random = (below: number) => number;

/** What decoders take for lengths, numbers, ends, escapes and magic numbers. */
const TOKENS: readonly Uint8Array[] = [
  [0], [0x7f], [0x80], [0xff], [0x80, 0x01], [0xff, 0x7f], [0x80, 0x80, 0x04],
  [0xff, 0xff, 0xff, 0x7f], [0xff, 0xff, 0xff, 0xff, 0x0f], [0x80, 0x80, 0x80, 0x80, 0x10],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0, 0, 0, 0], [0xff, 0xff, 0xff, 0xff], [0x7f, 0xff, 0xff, 0xff], [0, 0, 0, 0x80],
  [0x0a], [0x12], [0x0b], [0x0c], [0x4a], [0x1f, 0x8b], [0x78, 0x9c],
].map((bytes) => Uint8Array.from(bytes)).concat([
  '{', '}', '[', ']', '"', ':', ',', 'null', 'true', '1e999', '-0', '1e-1', '"\\ud800"', '\\u0000',
  '9223372036854775808', '18446744073709551615', '0x1', 'NaN', '&a ', '*a', '!!binary ', '<<: ',
  '${env:A}', '${', '\n  ', '\n- ', '\t', '\'', '|\n', '? ', '---\n', '%', '\u{feff}', '\u{fffd}',
].map((text) => Buffer.from(text)));

/** Most changes to one input. */
const CHANGES = 4;
/** Longest piece that is doubled, left out or taken from another input. */
const PIECE = 40;
/** How often a piece is put in a row when it is. */
const REPEATS = 200;
/** Largest input; one that grows beyond is cut. */
const LARGEST = 64 * 1024;

/** Makes the same inputs from the same seeds, each by its number. */
export class Mutator {
  public constructor(
    private readonly seeds: readonly Uint8Array[],
    private readonly campaign: number,
  ) {}

  /** Input number `index`. */
  public input(index: number): Uint8Array {
    const random = randomFrom(Math.imul(index, 0x9e37_79b1) ^ this.campaign);
    let bytes: Buffer = Buffer.from(this.seeds[random(this.seeds.length)]);
    for (let left = random(CHANGES) + 1; left > 0; left--) bytes = this.change(bytes, random);
    return bytes.length > LARGEST ? bytes.subarray(0, LARGEST) : bytes;
  }

  private change(bytes: Buffer, random: Random): Buffer {
    const at = random(bytes.length + 1);
    switch (random(16)) {
      case 0: return bytes.subarray(0, at);
      case 1: return bytes.subarray(at);
      case 2: return without(bytes, at, random(PIECE));
      case 3: return withPiece(bytes, at, pieceOf(bytes, random));
      case 4: return withPiece(bytes, at, pieceOf(this.seeds[random(this.seeds.length)], random));
      case 5: return withPiece(bytes, at, TOKENS[random(TOKENS.length)]);
      case 6: return over(bytes, at, TOKENS[random(TOKENS.length)]);
      case 7: return random(8) > 0 ? over(bytes, at, [random(256)])
        : withPiece(bytes, at, inARow(pieceOf(bytes, random), random(REPEATS)));
      default: return at < bytes.length ? over(bytes, at, [bytes[at] ^ 1 << random(8)]) : bytes;
    }
  }
}

function pieceOf(bytes: Uint8Array, random: Random): Uint8Array {
  const from = random(bytes.length + 1);
  return bytes.subarray(from, from + random(PIECE));
}

function inARow(piece: Uint8Array, times: number): Uint8Array {
  return Buffer.concat(Array<Uint8Array>(times).fill(piece));
}

function without(bytes: Buffer, at: number, length: number): Buffer {
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
}

function withPiece(bytes: Buffer, at: number, piece: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
}

function over(bytes: Buffer, at: number, piece: ArrayLike<number>): Buffer {
  for (let i = 0; i < piece.length && at + i < bytes.length; i++) bytes[at + i] = piece[i];
  return bytes;
}
