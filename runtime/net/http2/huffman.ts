/** The Huffman code of RFC 7541, appendix B: read half a byte at a time through a table. */
import { HpackError } from './hpack-error';

/** How many bits each byte's code has, then those of the end of the string, in base 32. */
const LENGTHS = 'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6ca'
  + 'd67777777777777777777777878djde6f56565666577666567655677777fbeds'
  + 'kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn'
  + 'qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrq'
  + 'u';
const SYMBOLS = LENGTHS.length;
const END_OF_STRING = 256;
/** The inner nodes of the code's tree, of which the first is its root. */
const NODES = SYMBOLS - 1;
/** Padding is shorter than a byte. */
const MOST_PADDING = 7;

/** Bits of an entry of `STEPS`: the node that follows, whether a byte ends here, and that byte. */
const EMITS = 0x100;
const SYMBOL_SHIFT = 16;
const FAILS = 0x200;

const lengths = Uint8Array.from(LENGTHS, (digit) => parseInt(digit, 32));
const codes = assignCodes();
/** For every node and every half byte that may follow it. */
const steps = new Uint32Array(NODES * 16);
/** Whether a string may end at a node: everything since the last byte is ones, but few. */
const mayEnd = new Uint8Array(NODES);
fillTables();

/** Bytes that what is coded in `length` bytes becomes at most: no code is below five bits. */
export function mostDecoded(length: number): number {
  return Math.ceil(length * 8 / 5);
}

/**
 * Decodes what stands from `start` to `end` into `target`, which must have room for it; what it
 * returns is the number of bytes.
 *
 * @throws HpackError when the end of the string is coded in it or the padding is not all ones.
 */
export function decodeHuffman(
  bytes: Uint8Array, start: number, end: number, target: Uint8Array,
): number {
  let node = 0;
  let to = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    const first = steps[node << 4 | byte >> 4];
    if ((first & EMITS) !== 0) target[to++] = first >> SYMBOL_SHIFT;
    const second = steps[(first & 0xff) << 4 | byte & 0xf];
    if ((second & EMITS) !== 0) target[to++] = second >> SYMBOL_SHIFT;
    if (((first | second) & FAILS) !== 0) {
      throw new HpackError('a string must not code its own end', 'EOS');
    }
    node = second & 0xff;
  }
  if (mayEnd[node] === 0) {
    throw new HpackError('the padding of a string must be less than a byte of ones', 'others');
  }
  return to;
}

/** Bytes that `text` takes when it is coded; `text` holds a byte in each character. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) bits += lengths[text.charCodeAt(i)];
  return Math.ceil(bits / 8);
}

/** Codes `text`, a byte in each character, to `target` at `at`; what it returns is the end. */
export function encodeHuffman(text: string, target: Uint8Array, at: number): number {
  let to = at;
  let waiting = 0;
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const symbol = text.charCodeAt(i);
    let length = lengths[symbol];
    // Up to seven bits wait: with more than 24 others they would not fit into one number.
    if (length > 24) {
      length -= 8;
      waiting = waiting << 8 | codes[symbol] >>> length;
      target[to++] = waiting >>> count;
    }
    waiting = waiting << length | codes[symbol] & (1 << length) - 1;
    count += length;
    while (count >= 8) {
      count -= 8;
      target[to++] = waiting >>> count;
    }
  }
  if (count > 0) target[to++] = waiting << 8 - count | 0xff >> count;
  return to;
}

/** The code is canonical: in the order of length, then symbol, each is the one before plus one. */
function assignCodes(): Uint32Array {
  const assigned = new Uint32Array(SYMBOLS);
  const order = Array.from(lengths.keys())
    .sort((a, b) => lengths[a] - lengths[b] || a - b);
  let code = 0;
  let length = lengths[order[0]];
  for (const symbol of order) {
    code <<= lengths[symbol] - length;
    length = lengths[symbol];
    assigned[symbol] = code++;
  }
  return assigned;
}

function fillTables(): void {
  /** Two children of each node; a leaf is `NODES` plus its symbol. */
  const children = new Uint16Array(NODES * 2);
  let nodes = 1;
  for (let symbol = 0; symbol < SYMBOLS; symbol++) {
    let node = 0;
    for (let bit = lengths[symbol] - 1; bit > 0; bit--) {
      const branch = node * 2 + (codes[symbol] >>> bit & 1);
      if (children[branch] === 0) children[branch] = nodes++;
      node = children[branch];
    }
    children[node * 2 + (codes[symbol] & 1)] = NODES + symbol;
  }
  for (let node = 0; node < NODES; node++) {
    for (let half = 0; half < 16; half++) steps[node << 4 | half] = stepFrom(children, node, half);
  }
  for (let depth = 0, node = 0; depth <= MOST_PADDING; depth++, node = children[node * 2 + 1]) {
    mayEnd[node] = 1;
  }
}

/** No code is below five bits, so that at most one byte ends within four of them. */
function stepFrom(children: Uint16Array, start: number, half: number): number {
  let node = start;
  let flags = 0;
  for (let bit = 3; bit >= 0; bit--) {
    const child = children[node * 2 + (half >> bit & 1)];
    if (child === NODES + END_OF_STRING) return FAILS;
    if (child >= NODES) {
      flags = EMITS | child - NODES << SYMBOL_SHIFT;
      node = 0;
    } else {
      node = child;
    }
  }
  return flags | node;
}
