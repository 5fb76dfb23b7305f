/** The headers of a request, checked by the rules of HTTP/2 (RFC 9113, section 8). */
import type { IncomingHttpHeaders } from 'http';
import type { FieldList } from './stream';

const COLON = 0x3a;
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const BAD_VALUE = /[\0\r\n]|^[ \t]|[ \t]$/;
/** Headers that only mean something between two ends of HTTP/1.1. */
const OF_CONNECTIONS = new Set([
  'connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade',
]);
const SINGLE = new Set([
  'authorization', 'content-type', 'from', 'host', 'proxy-authorization', 'referer', 'user-agent',
]);
/** Names that were found to be right; clients send the same ones again and again. */
const goodNames = new Set<string>();
const MOST_GOOD_NAMES = 256;

/** What is asked for. */
export class RequestHead {
  /** `:method`. */
  public method = '';
  /** `:path`. */
  public path = '';
  /** `content-type`, if there is one. */
  public type?: string;
  /** `grpc-encoding`, if there is one. */
  public encoding?: string;
  /** `grpc-timeout`, if there is one. */
  public timeout?: string;
  /** `content-length`, or -1. */
  public contentLength = -1;
  private scheme = '';
  private authority?: string;

  /** Whether `fields` are a request that is allowed; the properties are then those of it. */
  public read({ names, values }: FieldList): boolean {
    this.method = '';
    this.path = '';
    this.scheme = '';
    this.authority = undefined;
    this.type = undefined;
    this.encoding = undefined;
    this.timeout = undefined;
    this.contentLength = -1;
    let isRegular = false;
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      const value = values[i];
      if (BAD_VALUE.test(value)) return false;
      if (name.charCodeAt(0) === COLON) {
        if (isRegular || !this.takePseudo(name, value)) return false;
      } else {
        isRegular = true;
        if (!this.take(name, value)) return false;
      }
    }
    if (this.method === 'CONNECT') {
      return this.path === '' && this.scheme === '' && this.authority !== undefined;
    }
    return this.method !== '' && this.scheme !== '' && this.path !== '';
  }

  private takePseudo(name: string, value: string): boolean {
    switch (name) {
      case ':method': return this.method === '' && (this.method = value) !== '';
      case ':path': return this.path === '' && (this.path = value) !== '';
      case ':scheme': return this.scheme === '' && (this.scheme = value) !== '';
      case ':authority':
        if (this.authority !== undefined) return false;
        this.authority = value;
        return true;
      default: return false;
    }
  }

  private take(name: string, value: string): boolean {
    switch (name) {
      case 'content-type': this.type ??= value; return true;
      case 'grpc-encoding': this.encoding ??= value; return true;
      case 'grpc-timeout': this.timeout ??= value; return true;
      case 'te': return value === 'trailers';
      case 'content-length': return this.takeLength(value);
      default: return isGoodName(name);
    }
  }

  private takeLength(value: string): boolean {
    if (!/^\d{1,15}$/.test(value)) return false;
    const length = Number(value);
    if (this.contentLength >= 0 && this.contentLength !== length) return false;
    this.contentLength = length;
    return true;
  }
}

/**
 * The headers as an object. Of those that can only be there once, the first counts, as in the HTTP
 * of Node.js; others are joined. `:authority` and its like are either among them, or the host is.
 */
export function headersOf(
  { names, values }: FieldList, keepsPseudo: boolean,
): IncomingHttpHeaders {
  const headers: Record<string, string> = {};
  for (let i = 0; i < names.length; i++) {
    let name = names[i];
    if (!keepsPseudo && name.charCodeAt(0) === COLON) {
      if (name !== ':authority') continue;
      name = 'host';
    }
    if (!Object.hasOwn(headers, name)) headers[name] = values[i];
    else if (!SINGLE.has(name)) headers[name] += `, ${values[i]}`;
  }
  return headers;
}

/** Whether `fields` may end a message. */
export function areTrailers({ names, values }: FieldList): boolean {
  for (let i = 0; i < names.length; i++) {
    if (!isGoodName(names[i]) || BAD_VALUE.test(values[i])) return false;
  }
  return true;
}

/** Whether a header of this name means something between two ends of HTTP/1.1 only. */
export function isOfConnections(name: string): boolean {
  return OF_CONNECTIONS.has(name);
}

function isGoodName(name: string): boolean {
  if (goodNames.has(name)) return true;
  if (!NAME.test(name) || OF_CONNECTIONS.has(name)) return false;
  if (goodNames.size < MOST_GOOD_NAMES && name.length < 64) goodNames.add(name);
  return true;
}
