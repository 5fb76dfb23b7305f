/** Which pages of browsers may use a server: what Go's rs/cors, which upstream uses, answers. */
import type { IncomingHttpHeaders } from 'http';
import type { CorsSettings } from '../config';

const SAFE_HEADERS = ['accept', 'content-type', 'x-requested-with'];
const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'HEAD', 'OPTIONS']);
const MOST_EMPTY_ELEMENTS = 16;
const PREFLIGHT_VARY =
  'Origin, Access-Control-Request-Method, Access-Control-Request-Headers';

/** The headers of an answer. */
export type AnswerHeaders = Record<string, string>;

/** The part of a request that decides. */
export interface CorsRequest {
  /** The method. */
  readonly method?: string;
  /** The headers. */
  readonly headers: IncomingHttpHeaders;
}

/** Decides for one server. */
export class Cors {
  private readonly allowsEveryOrigin: boolean;
  private readonly origins: readonly Pattern[];
  private readonly allowsEveryHeader: boolean;
  /** The names of headers in their order, so that a name's place is known. */
  private readonly headers: ReadonlyMap<string, number>;
  private readonly exposed: string;

  public constructor(private readonly settings: CorsSettings) {
    const { allowedHeaders, allowedOrigins, exposedHeaders } = settings;
    this.allowsEveryOrigin = allowedOrigins.includes('*');
    this.origins = allowedOrigins.map((origin) => patternOf(origin.toLowerCase()));
    this.allowsEveryHeader = allowedHeaders.includes('*');
    const names = allowedHeaders.length === 0 ? SAFE_HEADERS : allowedHeaders;
    const sorted = [...new Set(names.map((name) => name.toLowerCase()))].sort();
    this.headers = new Map(sorted.map((name, place) => [name, place]));
    this.exposed = exposedHeaders.map(canonicalName).join(', ');
  }

  /** Whether a browser only asks what it may do; such a request is answered at once, with 204. */
  public isPreflight({ method, headers }: CorsRequest): boolean {
    return method === 'OPTIONS' && (headers['access-control-request-method'] ?? '') !== '';
  }

  /** What the answer to a preflight says. */
  public preflightHeaders({ headers }: CorsRequest): AnswerHeaders {
    const answer: AnswerHeaders = { Vary: PREFLIGHT_VARY };
    const { origin = '' } = headers;
    const method = headers['access-control-request-method'] ?? '';
    const asked = headers['access-control-request-headers'];
    if (!this.allowsOrigin(origin) || !METHODS.has(method) || !this.allowsHeaders(asked)) {
      return answer;
    }
    answer['Access-Control-Allow-Origin'] = this.allowsEveryOrigin ? '*' : origin;
    answer['Access-Control-Allow-Methods'] = method;
    if (asked !== undefined && asked !== '') answer['Access-Control-Allow-Headers'] = asked;
    answer['Access-Control-Allow-Credentials'] = 'true';
    const { maxAge } = this.settings;
    if (maxAge !== 0) answer['Access-Control-Max-Age'] = String(Math.max(0, maxAge));
    return answer;
  }

  /** What the answer to any other request says besides. */
  public headersFor({ method = '', headers }: CorsRequest): AnswerHeaders {
    const answer: AnswerHeaders = { Vary: 'Origin' };
    const { origin = '' } = headers;
    if (!this.allowsOrigin(origin) || !METHODS.has(method)) return answer;
    answer['Access-Control-Allow-Origin'] = this.allowsEveryOrigin ? '*' : origin;
    if (this.exposed !== '') answer['Access-Control-Expose-Headers'] = this.exposed;
    answer['Access-Control-Allow-Credentials'] = 'true';
    return answer;
  }

  private allowsOrigin(origin: string): boolean {
    if (origin === '') return false;
    if (this.allowsEveryOrigin) return true;
    const lower = origin.toLowerCase();
    return this.origins.some((matches) => matches(lower));
  }

  /** Browsers send the names sorted, in lower case and each once; nothing else is understood. */
  private allowsHeaders(asked: string | undefined): boolean {
    if (asked === undefined || this.allowsEveryHeader) return true;
    let last = -1;
    let empty = 0;
    for (const element of asked.split(',')) {
      const name = element.replace(/^[ \t]/, '').replace(/[ \t]$/, '');
      if (name === '') {
        empty += 1;
        if (empty > MOST_EMPTY_ELEMENTS) return false;
        continue;
      }
      const place = this.headers.get(name);
      if (place === undefined || place <= last) return false;
      last = place;
    }
    return true;
  }
}

type Pattern = (origin: string) => boolean;

/** The first `*` of a pattern stands for any characters; further ones for themselves. */
function patternOf(text: string): Pattern {
  const star = text.indexOf('*');
  if (star < 0) return (origin) => origin === text;
  const [before, after] = [text.slice(0, star), text.slice(star + 1)];
  return (origin) => origin.length >= before.length + after.length
    && origin.startsWith(before) && origin.endsWith(after);
}

/** `x-request-id` → `X-Request-Id`, as Go writes names. */
function canonicalName(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}
