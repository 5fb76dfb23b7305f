/**
 * The SHA-2 schemes of crypt(3), as Ulrich Drepper's "Unix crypt using SHA-256 and SHA-512"
 * specifies them.
 */
import { createHash, timingSafeEqual } from 'crypto';
import { setImmediate as nextTurn } from 'timers/promises';

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PATTERN = /^\$([56])\$(?:rounds=(\d+)\$)?([^$]*)\$([./0-9A-Za-z]+)$/;
const USUAL_ROUNDS = 5000;
const FEWEST_ROUNDS = 1000;
const MOST_ROUNDS = 999_999_999;
const MOST_SALT = 16;
/** The work grows with the square of this many bytes; crypt(3) of Linux takes no more. */
const MOST_PASSWORD = 512;
/** Rounds between which others have their turn: about a millisecond of work. */
const ROUNDS_AT_ONCE = 250;

interface Scheme {
  readonly algorithm: 'sha256' | 'sha512';
  readonly bytes: 32 | 64;
  /** Letters of the hash. */
  readonly letters: number;
}

const SCHEMES: Readonly<Record<string, Scheme>> = {
  5: { algorithm: 'sha256', bytes: 32, letters: 43 },
  6: { algorithm: 'sha512', bytes: 64, letters: 86 },
};

/** What a line asks of a password; undefined when it is broken. */
export function shaCryptCheck(line: string): ((password: string) => Promise<boolean>) | undefined {
  const [, id = '', rounds = String(USUAL_ROUNDS), salt = '', hash = ''] = PATTERN.exec(line) ?? [];
  const scheme = SCHEMES[id] as Scheme | undefined;
  if (scheme === undefined || hash.length !== scheme.letters) return undefined;
  const times = Math.min(MOST_ROUNDS, Math.max(FEWEST_ROUNDS, Number(rounds)));
  const salted = Buffer.from(salt).subarray(0, MOST_SALT);
  return async (password) => {
    const secret = Buffer.from(password);
    if (secret.length > MOST_PASSWORD) return false;
    const digest = await digestOf(secret, salted, times, scheme);
    return timingSafeEqual(Buffer.from(encoded(digest, scheme)), Buffer.from(hash));
  };
}

async function digestOf(
  secret: Buffer, salt: Buffer, rounds: number, scheme: Scheme,
): Promise<Buffer> {
  const { algorithm, bytes } = scheme;
  let digest = first(secret, salt, scheme);
  const secrets = stretched(hashed(algorithm, Array<Buffer>(secret.length).fill(secret)),
    secret.length, bytes);
  const salts = stretched(hashed(algorithm, Array<Buffer>(16 + digest[0]).fill(salt)),
    salt.length, bytes);
  for (let round = 0; round < rounds; round++) {
    const isOdd = round % 2 === 1;
    const hash = createHash(algorithm).update(isOdd ? secrets : digest);
    if (round % 3 !== 0) hash.update(salts);
    if (round % 7 !== 0) hash.update(secrets);
    digest = hash.update(isOdd ? digest : secrets).digest();
    if (round % ROUNDS_AT_ONCE === 0) await nextTurn();
  }
  return digest;
}

function first(secret: Buffer, salt: Buffer, { algorithm, bytes }: Scheme): Buffer {
  const mixed = hashed(algorithm, [secret, salt, secret]);
  const parts = [secret, salt, stretched(mixed, secret.length, bytes)];
  for (let bits = secret.length; bits > 0; bits >>= 1) parts.push(bits % 2 === 1 ? mixed : secret);
  return hashed(algorithm, parts);
}

/** A digest after itself until there are so many bytes. */
function stretched(digest: Buffer, length: number, bytes: number): Buffer {
  return Buffer.concat(Array<Buffer>(Math.ceil(length / bytes)).fill(digest), length);
}

function hashed(algorithm: string, parts: readonly Buffer[]): Buffer {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Three bytes are written together; each of them moves on by one place of the next three. */
function encoded(digest: Buffer, { bytes }: Scheme): string {
  const third = Math.floor(bytes / 3);
  let text = '';
  for (let i = 0; i < third; i++) {
    // The two schemes turn their thirds in opposite ways.
    const turn = bytes === 32 ? [0, 2, 1][i % 3] : i % 3;
    const [high, middle, low] = [0, 1, 2].map((at) => digest[i + (at + turn) % 3 * third]);
    text += letters(high << 16 | middle << 8 | low, 4);
  }
  return text + (bytes === 32
    ? letters(digest[31] << 8 | digest[30], 3) : letters(digest[63], 2));
}

function letters(value: number, count: number): string {
  let text = '';
  for (let rest = value, i = 0; i < count; i++, rest >>= 6) text += ALPHABET[rest & 0x3f];
  return text;
}
