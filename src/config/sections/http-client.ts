/**
 * How an HTTP client sends its requests.
 */
import type { Duration } from 'cdk8s';
import { choice, duration, headers } from '../fields';
import type { SettingsOf } from '../section';
import { authenticator, type AuthenticatorConfig } from './authenticator';
import { tlsClient, type TlsClientConfig } from './tls';

/** How an HTTP client sends its requests. */
export interface HttpClientConfig {
  /**
   * How requests are compressed: gzip or none.
   * @default "gzip"
   */
  readonly compression?: string;
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
  compression: choice(['gzip', 'none', ''], 'gzip', ['snappy', 'zstd', 'zlib', 'deflate', 'lz4']),
  headers: headers(),
  tls: tlsClient,
  timeout: duration('30s'),
  auth: authenticator(),
};

/** Keys of an HTTP client that upstream has besides. */
export const HTTP_CLIENT_UPSTREAM_ONLY = [
  'proxy_url', 'middlewares', 'compression_params', 'read_buffer_size',
  'write_buffer_size', 'max_conns_per_host', 'http2_read_idle_timeout', 'http2_ping_timeout',
  'force_attempt_http2', 'cookies', 'keepalive', 'max_idle_conns', 'max_idle_conns_per_host',
  'idle_conn_timeout', 'disable_keep_alives',
];

/** What an HTTP client knows of its requests. */
export type HttpClientSettings = SettingsOf<typeof httpClientFields>;
