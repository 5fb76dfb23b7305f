/** The MD5 scheme of crypt(3) and of Apache, which differ in their prefix only. */
import { createHash } from 'crypto';

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ROUNDS = 1000;
/** Which bytes of the digest are written together, most significant first. */
const TRIPLES = [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5]] as const;

/** The hash of `password`; `prefix` is `$1$` or `$apr1$`. */
export function md5Crypt(password: string, salt: string, prefix: string): string {
  const secret = Buffer.from(password);
  let digest = first(secret, salt, prefix);
  for (let round = 0; round < ROUNDS; round++) {
    const parts: (Buffer | string)[] = [round % 2 === 1 ? secret : digest];
    if (round % 3 !== 0) parts.push(salt);
    if (round % 7 !== 0) parts.push(secret);
    parts.push(round % 2 === 1 ? digest : secret);
    digest = md5(parts);
  }
  return `${prefix}${salt}$${encoded(digest)}`;
}

function first(secret: Buffer, salt: string, prefix: string): Buffer {
  const mixed = md5([secret, salt, secret]);
  const parts: (Buffer | string)[] = [secret, prefix, salt];
  for (let left = secret.length; left > 0; left -= 16) {
    parts.push(mixed.subarray(0, Math.min(16, left)));
  }
  for (let bits = secret.length; bits > 0; bits >>= 1) {
    parts.push(bits % 2 === 1 ? '\0' : secret.subarray(0, 1));
  }
  return md5(parts);
}

function md5(parts: readonly (Buffer | string)[]): Buffer {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function encoded(digest: Buffer): string {
  const triples = TRIPLES.map(([high, middle, low]) =>
    letters(digest[high] << 16 | digest[middle] << 8 | digest[low], 4));
  return triples.join('') + letters(digest[11], 2);
}

function letters(value: number, count: number): string {
  let text = '';
  for (let rest = value, i = 0; i < count; i++, rest >>= 6) text += ALPHABET[rest & 0x3f];
  return text;
}
