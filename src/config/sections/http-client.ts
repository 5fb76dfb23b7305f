/**
 * How an HTTP client sends its requests.
 */
import type { Duration } from 'cdk8s';
import {
  choice, count, deprecated, duration, flag, headers, optional, text, withoutEffect,
} from '../fields';
import { givenSection, section, snakeCase, type Report, type SettingsOf } from '../section';
import { authenticator, type AuthenticatorConfig } from './authenticator';
import { READS_AT_ONCE, WRITES_AT_ONCE } from './buffers';
import { tlsClient, type TlsClientConfig } from './tls';

/** How much is done to make requests small. */
export interface CompressionParamsConfig {
  /**
   * Level: for gzip, zlib and deflate from -2 (no repetitions are looked for) over -1 (usual) to 9,
   * for zstd any; zero is the algorithm's least costly, and the others have no other.
   * @default 0
   */
  readonly level?: number;
}

/** How connections of an HTTP client are kept. */
export interface HttpClientKeepaliveConfig {
  /**
   * Whether connections are kept after a request.
   * @default true
   */
  readonly enabled?: boolean;
  /**
   * Time after which a connection without requests is ended; zero is never.
   * @default Duration.seconds(90)
   */
  readonly idleConnTimeout?: Duration;
  /**
   * Connections without requests that are kept; zero is without limit.
   * @default 100
   */
  readonly maxIdleConns?: number;
  /**
   * The same for each host; zero leaves it at `maxIdleConns`.
   * @default 0
   */
  readonly maxIdleConnsPerHost?: number;
}

/** What an HTTP client makes of the cookies that it is given. */
export interface HttpCookiesConfig {
  /**
   * Whether it keeps them, and shows them to who gave them.
   * @default true
   */
  readonly enabled?: boolean;
}

/** How an HTTP client sends its requests. */
export interface HttpClientConfig {
  /**
   * How requests are compressed: gzip, zstd, zlib, deflate, snappy, x-snappy-framed, lz4 or none.
   * @default "gzip"
   */
  readonly compression?: string;
  /**
   * How much is done to make requests small.
   * @default - level 0
   */
  readonly compressionParams?: CompressionParamsConfig;
  /**
   * Headers that every request carries.
   * @default {}
   */
  readonly headers?: Record<string, string>;
  /**
   * TLS of the connection, for endpoints that begin with https.
   * @default - TLS with the authorities of the system
   */
  readonly tls?: TlsClientConfig;
  /**
   * Time that one try may take; zero is without limit.
   * @default Duration.seconds(30)
   */
  readonly timeout?: Duration;
  /**
   * Extension that adds credentials to every request.
   * @default - none
   */
  readonly auth?: AuthenticatorConfig;
  /**
   * Proxy for all requests, as `http://host:port`; those that the variables HTTP_PROXY, HTTPS_PROXY
   * and NO_PROXY name when empty.
   * @default ""
   */
  readonly proxyUrl?: string;
  /**
   * Connections to a host that may be open; zero is without limit.
   * @default 0
   */
  readonly maxConnsPerHost?: number;
  /**
   * How connections are kept.
   * @default - up to 100 of them, for 90 seconds without requests
   */
  readonly keepalive?: HttpClientKeepaliveConfig;
  /**
   * Time after which a connection without requests is ended; zero is never.
   * @default - that of keepalive
   * @deprecated write `keepalive.idleConnTimeout`
   */
  readonly idleConnTimeout?: Duration;
  /**
   * Connections without requests that are kept; zero is without limit.
   * @default - that of keepalive
   * @deprecated write `keepalive.maxIdleConns`
   */
  readonly maxIdleConns?: number;
  /**
   * The same for each host; zero leaves it at `maxIdleConns`.
   * @default - that of keepalive
   * @deprecated write `keepalive.maxIdleConnsPerHost`
   */
  readonly maxIdleConnsPerHost?: number;
  /**
   * Whether connections are ended after a request.
   * @default - as keepalive says
   * @deprecated write `keepalive.enabled`
   */
  readonly disableKeepAlives?: boolean;
  /**
   * What is made of cookies, such as those by which load balancers know who was sent where.
   * @default - they are forgotten
   */
  readonly cookies?: HttpCookiesConfig;
  /**
   * Bytes that are read at once; zero is a choice of the library. It has no effect in otelgw.
   * @default 0
   */
  readonly readBufferSize?: number;
  /**
   * Bytes that are written at once. It has no effect in otelgw.
   * @default 524288
   */
  readonly writeBufferSize?: number;
  /**
   * Time without data after which HTTP/2 asks for a sign of life; zero is never.
   * @default Duration.millis(0)
   */
  readonly http2ReadIdleTimeout?: Duration;
  /**
   * Time that HTTP/2 waits for it before the connection is cut; zero is 15 seconds.
   * @default Duration.millis(0)
   */
  readonly http2PingTimeout?: Duration;
  /**
   * Whether HTTP/2 is offered over TLS; the server chooses.
   * @default true
   */
  readonly forceAttemptHttp2?: boolean;
}

/** The fields of an HTTP client. */
export const httpClientFields = {
  compression: choice([
    'gzip', 'zstd', 'zlib', 'deflate', 'snappy', 'x-snappy-framed', 'lz4', 'none', '',
  ], 'gzip'),
  compressionParams: section<CompressionParamsConfig>()({
    level: count({ fallback: 0, min: Number.MIN_SAFE_INTEGER }),
  }),
  headers: headers(),
  tls: tlsClient,
  timeout: duration('30s'),
  auth: authenticator(),
  proxyUrl: text({ fallback: '' }),
  maxConnsPerHost: count({ fallback: 0 }),
  keepalive: section<HttpClientKeepaliveConfig>()({
    enabled: flag({ fallback: true }),
    idleConnTimeout: duration('90s'),
    maxIdleConns: count({ fallback: 100 }),
    maxIdleConnsPerHost: count({ fallback: 0 }),
  }),
  idleConnTimeout: deprecated(optional(duration()), 'keepalive.idle_conn_timeout'),
  maxIdleConns: deprecated(optional(count()), 'keepalive.max_idle_conns'),
  maxIdleConnsPerHost: deprecated(optional(count()), 'keepalive.max_idle_conns_per_host'),
  disableKeepAlives: deprecated(optional(flag()), 'keepalive.enabled'),
  cookies: givenSection<HttpCookiesConfig>()('off', { enabled: flag({ fallback: true }) }),
  readBufferSize: withoutEffect(count({ fallback: 0 }), READS_AT_ONCE),
  writeBufferSize: withoutEffect(count({ fallback: 524_288 }), WRITES_AT_ONCE),
  http2ReadIdleTimeout: duration('0s'),
  http2PingTimeout: duration('0s'),
  forceAttemptHttp2: flag({ fallback: true }),
};

/** Keys of an HTTP client that upstream has besides. */
export const HTTP_CLIENT_UPSTREAM_ONLY = ['middlewares'];

/** Keys of an HTTP client of upstream, for contracts of clients that only upstream has. */
export const HTTP_CLIENT_KEYS = [
  'proxyUrl', 'readBufferSize', 'writeBufferSize', 'maxConnsPerHost', 'http2ReadIdleTimeout',
  'http2PingTimeout', 'forceAttemptHttp2', 'keepalive', 'cookies', 'maxIdleConns',
  'maxIdleConnsPerHost', 'idleConnTimeout', 'disableKeepAlives',
].map(snakeCase).concat(HTTP_CLIENT_UPSTREAM_ONLY);

/** What an HTTP client knows of its requests. */
export type HttpClientSettings = SettingsOf<typeof httpClientFields>;

/** The levels that an algorithm has, where it has not all of them. */
const LEVELS: Readonly<Record<string, readonly [least: number, greatest: number]>> = {
  'gzip': [-2, 9],
  'zlib': [-2, 9],
  'deflate': [-2, 9],
  'snappy': [0, 0],
  'x-snappy-framed': [0, 0],
  'lz4': [0, 0],
};

/** Rules between the keys of an HTTP client. */
export function httpClientFits(
  settings: HttpClientSettings, report: Report, isGiven: (key: string) => boolean,
): void {
  const { proxyUrl } = settings;
  if (proxyUrl !== '' && !(/^https?:\/\/[^/]/i.test(proxyUrl) && URL.canParse(proxyUrl))) {
    // It may hold a password, so it is not shown.
    report(['proxy_url'], 'must be a URL such as http://host:3128');
  }
  levelFits(settings, report);
  if (!isGiven('keepalive')) return;
  // Like upstream: what says nothing may stand there twice.
  for (const key of FLAT_KEYS.filter((name) => Boolean(settings[name]))) {
    report([snakeCase(key)], 'must be absent beside keepalive: write it there');
  }
}

/** The level is one of the algorithm's, as upstream checks it. */
function levelFits(
  { compression, compressionParams: { level } }: HttpClientSettings, report: Report,
): void {
  const [least, greatest] = LEVELS[compression] ?? [level, level];
  if (level >= least && level <= greatest) return;
  const rule = least === greatest ? `${least}` : `from ${least} to ${greatest}`;
  report(['compression_params', 'level'], `must be ${rule} for ${compression}, got ${level}`);
}

const FLAT_KEYS = [
  'idleConnTimeout', 'maxIdleConns', 'maxIdleConnsPerHost', 'disableKeepAlives',
] as const;

/** Deprecated keys say the same as those of keepalive. */
export function settledClientKeepalive<Settings extends HttpClientSettings>(
  settings: Settings,
): Settings {
  const { keepalive } = settings;
  return {
    ...settings,
    keepalive: {
      enabled: keepalive.enabled && settings.disableKeepAlives !== true,
      idleConnTimeout: settings.idleConnTimeout ?? keepalive.idleConnTimeout,
      maxIdleConns: settings.maxIdleConns ?? keepalive.maxIdleConns,
      maxIdleConnsPerHost: settings.maxIdleConnsPerHost ?? keepalive.maxIdleConnsPerHost,
    },
  };
}
