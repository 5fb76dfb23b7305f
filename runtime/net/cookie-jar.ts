/**
 * Cookies of servers, in memory (RFC 6265): for load balancers that know by one who was sent where.
 *
 * Unlike a browser's, a cookie goes only to the very host that gave it, whatever its `Domain`: an
 * exporter talks to few hosts, and none of them has to know what another one said.
 */

/** What a server may have kept: as many as browsers keep for one host. */
const MOST_COOKIES = 180;
const MOST_BYTES = 4096;

interface Cookie {
  readonly host: string;
  readonly path: string;
  readonly isSecure: boolean;
  readonly name: string;
  readonly value: string;
  /** When it is no longer shown, in Unix milliseconds. */
  readonly expires: number;
}

/** Keeps cookies, and shows them to who gave them. */
export class CookieJar {
  private cookies: readonly Cookie[] = [];

  /** Takes the `Set-Cookie` lines of an answer from `url`. */
  public keep(url: URL, lines: readonly string[], now: number): void {
    for (const line of lines) {
      const cookie = cookieOf(url, line, now);
      if (cookie === undefined) continue;
      const others = this.cookies.filter((other) => other.host !== cookie.host
        || other.path !== cookie.path || other.name !== cookie.name);
      this.cookies = [...others, cookie].filter(({ expires }) => expires > now)
        .slice(-MOST_COOKIES);
    }
  }

  /** What a request to `url` says in `Cookie`; undefined when it says nothing. */
  public shownTo(url: URL, now: number): string | undefined {
    const shown = this.cookies.filter(({ host, path, isSecure, expires }) => expires > now
      && host === url.hostname && isBelow(url.pathname, path)
      && (!isSecure || url.protocol === 'https:'));
    if (shown.length === 0) return undefined;
    // Those of longer paths come first, as the RFC has it.
    return shown.sort((one, other) => other.path.length - one.path.length)
      .map(({ name, value }) => `${name}=${value}`).join('; ');
  }
}

function cookieOf(url: URL, line: string, now: number): Cookie | undefined {
  const [pair, ...attributes] = line.split(';').map((part) => part.trim());
  const equals = pair.indexOf('=');
  if (equals <= 0 || pair.length > MOST_BYTES || !/^[\x21-\x7e]+$/.test(pair)) return undefined;
  const told = new Map(attributes.map((attribute) => {
    const [name, ...value] = attribute.split('=');
    return [name.trim().toLowerCase(), value.join('=').trim()];
  }));
  const domain = (told.get('domain') ?? '').replace(/^\./, '').toLowerCase();
  if (domain !== '' && domain !== url.hostname && !url.hostname.endsWith(`.${domain}`)) {
    return undefined;
  }
  const path = told.get('path') ?? '';
  return {
    host: url.hostname,
    path: path.startsWith('/') ? path : folderOf(url.pathname),
    isSecure: told.has('secure'),
    name: pair.slice(0, equals),
    value: pair.slice(equals + 1),
    expires: expiryOf(told, now),
  };
}

function expiryOf(told: ReadonlyMap<string, string>, now: number): number {
  const age = told.get('max-age') ?? '';
  if (/^-?\d+$/.test(age)) return now + Number(age) * 1000;
  const date = Date.parse(told.get('expires') ?? '');
  return Number.isNaN(date) ? Infinity : date;
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}

function isBelow(path: string, folder: string): boolean {
  return path === folder
    || (path.startsWith(folder) && (folder.endsWith('/') || path[folder.length] === '/'));
}
