/**
 * How an HTTP client sends its requests.
 */
import type { Duration } from 'cdk8s';
import { choice, count, duration, headers } from '../fields';
import { section, type Report, type SettingsOf } from '../section';
import { authenticator, type AuthenticatorConfig } from './authenticator';
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
};

/** Keys of an HTTP client that upstream has besides. */
export const HTTP_CLIENT_UPSTREAM_ONLY = [
  'proxy_url', 'middlewares', 'read_buffer_size',
  'write_buffer_size', 'max_conns_per_host', 'http2_read_idle_timeout', 'http2_ping_timeout',
  'force_attempt_http2', 'cookies', 'keepalive', 'max_idle_conns', 'max_idle_conns_per_host',
  'idle_conn_timeout', 'disable_keep_alives',
];

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

/** The level is one of the algorithm's, as upstream checks it. */
export function levelIsKnown(
  { compression, compressionParams: { level } }: HttpClientSettings, report: Report,
): void {
  const [least, greatest] = LEVELS[compression] ?? [level, level];
  if (level >= least && level <= greatest) return;
  const rule = least === greatest ? `${least}` : `from ${least} to ${greatest}`;
  report(['compression_params', 'level'], `must be ${rule} for ${compression}, got ${level}`);
}
