/** Who has which password, as Apache's htpasswd writes it. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'crypto';
import { compare } from 'bcryptjs';
import { md5Crypt } from './md5-crypt';
import { shaCryptCheck } from './sha-crypt';

/** Passwords that were right lately; to ask bcrypt again costs a tenth of a second. */
const MOST_KNOWN = 1024;
/** Passwords that wait to be looked at; more come only from who guesses. */
const MOST_WAITING = 64;

/** Tells whether a password is the right one. */
type Check = (password: string) => boolean | Promise<boolean>;

/** The users of a server. */
export class Htpasswd {
  private users = new Map<string, Check>();
  /** Digests under a key of this process, so that no password is kept. */
  private readonly known = new Set<string>();
  private readonly secret = randomBytes(32);
  private waiting = 0;
  private last: Promise<unknown> = Promise.resolve();

  /** Takes the lines of `text` in place of those from before; how many say nothing usable. */
  public replace(text: string): number {
    const users = new Map<string, Check>();
    let unusable = 0;
    for (const line of text.split('\n').map((given) => given.trim())) {
      if (line === '' || line.startsWith('#')) continue;
      const colon = line.indexOf(':');
      const check = colon > 0 ? checkOf(line.slice(colon + 1).trim()) : undefined;
      if (check === undefined) unusable++; else users.set(line.slice(0, colon), check);
    }
    this.users = users;
    this.known.clear();
    return unusable;
  }

  /** Whether `user` has this password. Slow hashes are computed one after the other. */
  public matches(user: string, password: string): boolean | Promise<boolean> {
    const check = this.users.get(user);
    if (check === undefined) return false;
    const digest = createHmac('sha256', this.secret).update(`${user}:${password}`).digest('base64');
    if (this.known.has(digest)) return true;
    if (this.waiting >= MOST_WAITING) {
      return Promise.reject(new Error(`at most ${MOST_WAITING} passwords wait to be checked`));
    }
    this.waiting++;
    const { users } = this;
    const answer = this.last.then(() => check(password)).then((isRight) => {
      // The lines may have been replaced in the meantime.
      if (isRight && users === this.users) this.remember(digest);
      return isRight;
    }).finally(() => { this.waiting--; });
    this.last = answer.catch(() => undefined);
    return answer;
  }

  private remember(digest: string): void {
    if (this.known.size >= MOST_KNOWN) this.known.clear();
    this.known.add(digest);
  }
}

/** What `hash` asks of a password; undefined when it is of no known kind, or broken. */
function checkOf(hash: string): Check | undefined {
  if (/^\$2[abxy]?\$/.test(hash)) {
    return /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/.test(hash)
      ? (password) => compare(password, hash) : undefined;
  }
  const md5 = /^(\$apr1\$|\$1\$)([^$]{0,8})\$[./A-Za-z0-9]{22}$/.exec(hash);
  if (md5 !== null) return (password) => isSame(md5Crypt(password, md5[2], md5[1]), hash);
  if (/^\$[56]\$/.test(hash)) return shaCryptCheck(hash);
  if (hash.startsWith('{SHA}')) return ofSha1(hash.slice(5), false);
  if (hash.startsWith('{SSHA}')) return ofSha1(hash.slice(6), true);
  // Whatever else looks like a hash must not become a password that is the hash itself.
  return hash === '' || /^[${]/.test(hash) ? undefined : (password) => isSame(password, hash);
}

function ofSha1(base64: string, isSalted: boolean): Check | undefined {
  const bytes = Buffer.from(base64, 'base64');
  if (isSalted ? bytes.length < 20 : bytes.length !== 20) return undefined;
  const salt = bytes.subarray(20);
  return (password) => timingSafeEqual(
    createHash('sha1').update(password).update(salt).digest(), bytes.subarray(0, 20));
}

function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
