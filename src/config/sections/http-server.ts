/**
 * Where and how an HTTP server listens.
 */
import { count, list, text } from '../fields';
import { listenAddress } from '../host-port';
import type { SettingsOf } from '../section';
import { authenticator, type AuthenticatorConfig } from './authenticator';
import { tlsServer, type TlsServerConfig } from './tls';

/** Where and how an HTTP server listens. */
export interface HttpServerConfig {
  /**
   * Address to listen on, as `host:port`.
   * @default "localhost:4318"
   */
  readonly endpoint?: string;
  /**
   * Largest body that is taken, in bytes, before and after decompression; zero is 20 MiB.
   * @default 0
   */
  readonly maxRequestBodySize?: number;
  /**
   * Compressions that bodies may have; "" stands for none. An empty list takes bodies as they are,
   * whatever they claim to be.
   * @default ["", "gzip", "zstd", "zlib", "snappy", "deflate", "lz4", "x-snappy-framed"]
   */
  readonly compressionAlgorithms?: string[];
  /**
   * TLS of the server.
   * @default - plain text
   */
  readonly tls?: TlsServerConfig;
  /**
   * Extension that lets requests in.
   * @default - none
   */
  readonly auth?: AuthenticatorConfig;
}

/** The fields of an HTTP server. */
export const httpServerFields = {
  endpoint: listenAddress('localhost:4318'),
  maxRequestBodySize: count({ fallback: 0, min: Number.MIN_SAFE_INTEGER }),
  compressionAlgorithms: list(
    text(), ['', 'gzip', 'zstd', 'zlib', 'snappy', 'deflate', 'lz4', 'x-snappy-framed']),
  tls: tlsServer,
  auth: authenticator(['request_params']),
};

/** Keys of an HTTP server that upstream has besides. */
export const HTTP_SERVER_UPSTREAM_ONLY = [
  'transport', 'dialer', 'include_metadata', 'middlewares', 'cors', 'response_headers',
  'read_timeout', 'read_header_timeout', 'write_timeout', 'keepalive',
  'idle_timeout', 'keep_alives_enabled',
];

/** What an HTTP server knows of itself. */
export type HttpServerSettings = SettingsOf<typeof httpServerFields>;
