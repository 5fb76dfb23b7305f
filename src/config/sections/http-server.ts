/**
 * Where and how an HTTP server listens.
 */
import type { Duration } from 'cdk8s';
import {
  count, deprecated, duration, flag, headers, list, optional, text, type Setting,
} from '../fields';
import {
  givenSection, section, snakeCase, type Report, type SettingsOf,
} from '../section';
import { requestAuthenticator, type RequestAuthenticatorConfig } from './authenticator';
import { endpointFitsTransport, listenerFields, type DialerConfig } from './listener';
import { tlsServer, type TlsServerConfig } from './tls';

/** Which pages of browsers may send requests, and what they get to see. */
export interface CorsConfig {
  /**
   * Origins of those pages, such as `https://*.example.com`; one `*` stands for any characters, and
   * `*` alone for every origin. None turns this off.
   * @default []
   */
  readonly allowedOrigins?: string[];
  /**
   * Headers that requests may have; `*` is every header. None is `accept`, `content-type` and
   * `x-requested-with`.
   * @default []
   */
  readonly allowedHeaders?: string[];
  /**
   * Headers of answers that pages get to see.
   * @default []
   */
  readonly exposedHeaders?: string[];
  /**
   * Seconds for which browsers may keep what they were told; zero leaves it to them, and less than
   * zero is never.
   * @default 0
   */
  readonly maxAge?: number;
}

/** How connections of an HTTP server are kept. */
export interface HttpServerKeepaliveConfig {
  /**
   * Whether connections are kept after a request.
   * @default true
   */
  readonly enabled?: boolean;
  /**
   * Time after which a connection without requests is ended; zero is `readTimeout`, and never where
   * that is zero, too.
   * @default Duration.minutes(1)
   */
  readonly idleTimeout?: Duration;
}

/** Where and how an HTTP server listens. */
export interface HttpServerConfig {
  /**
   * Address to listen on, as `host:port`, or the path of a socket when the transport is unix.
   * @default "localhost:4318"
   */
  readonly endpoint?: string;
  /**
   * What it listens on: tcp, tcp4, tcp6 or unix.
   * @default "tcp"
   */
  readonly transport?: string;
  /**
   * How it would dial. It has no effect: servers dial nobody.
   * @default - nothing
   */
  readonly dialer?: DialerConfig;
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
  readonly auth?: RequestAuthenticatorConfig;
  /**
   * Which pages of browsers may send requests.
   * @default - none of other origins
   */
  readonly cors?: CorsConfig;
  /**
   * Whether the headers of a request stay beside its telemetry, for those components that ask for
   * them.
   * @default false
   */
  readonly includeMetadata?: boolean;
  /**
   * Headers that every answer carries.
   * @default {}
   */
  readonly responseHeaders?: Record<string, string>;
  /**
   * Time in which a request must have arrived with its body; zero is without limit.
   * @default Duration.millis(0)
   */
  readonly readTimeout?: Duration;
  /**
   * Time in which the headers of a request must have arrived; zero is `readTimeout`.
   * @default Duration.millis(0)
   */
  readonly readHeaderTimeout?: Duration;
  /**
   * Time from the end of a request's headers to the end of its answer; zero is without limit.
   * @default Duration.millis(0)
   */
  readonly writeTimeout?: Duration;
  /**
   * How connections are kept.
   * @default - for a minute without requests
   */
  readonly keepalive?: HttpServerKeepaliveConfig;
  /**
   * Time after which a connection without requests is ended.
   * @default - that of keepalive
   * @deprecated write `keepalive.idleTimeout`
   */
  readonly idleTimeout?: Duration;
  /**
   * Whether connections are kept after a request.
   * @default - as keepalive says
   * @deprecated write `keepalive.enabled`
   */
  readonly keepAlivesEnabled?: boolean;
}

/** What a server knows of the pages that may use it. */
export type CorsSettings = NonNullable<Setting<typeof cors>>;

const cors = givenSection<CorsConfig>()('off', {
  allowedOrigins: list(text(), []),
  allowedHeaders: list(text(), []),
  exposedHeaders: list(text(), []),
  maxAge: count({ fallback: 0, min: Number.MIN_SAFE_INTEGER }),
});

const keepalive = section<HttpServerKeepaliveConfig>()({
  enabled: flag({ fallback: true }),
  idleTimeout: duration('1m'),
});

/** The fields of an HTTP server. */
export const httpServerFields = {
  ...listenerFields('localhost:4318'),
  maxRequestBodySize: count({ fallback: 0, min: Number.MIN_SAFE_INTEGER }),
  compressionAlgorithms: list(
    text(), ['', 'gzip', 'zstd', 'zlib', 'snappy', 'deflate', 'lz4', 'x-snappy-framed']),
  tls: tlsServer,
  auth: requestAuthenticator(),
  cors,
  includeMetadata: flag({ fallback: false }),
  responseHeaders: headers(),
  readTimeout: duration('0s'),
  readHeaderTimeout: duration('0s'),
  writeTimeout: duration('0s'),
  keepalive,
  idleTimeout: deprecated(optional(duration()), 'keepalive.idle_timeout'),
  keepAlivesEnabled: deprecated(optional(flag()), 'keepalive.enabled'),
};

/** Keys of an HTTP server that upstream has besides. */
export const HTTP_SERVER_UPSTREAM_ONLY = ['middlewares'];

/** All keys of an HTTP server of upstream, for contracts of servers that only upstream has. */
export const HTTP_SERVER_KEYS = [
  ...Object.keys(httpServerFields).map(snakeCase), ...HTTP_SERVER_UPSTREAM_ONLY,
];

/** What an HTTP server knows of itself. */
export type HttpServerSettings = SettingsOf<typeof httpServerFields>;

/** Rules between the keys of an HTTP server. */
export function httpServerFits(
  settings: HttpServerSettings, report: Report, isGiven: (key: string) => boolean,
): void {
  endpointFitsTransport(settings, report);
  if (!isGiven('keepalive')) return;
  if ((settings.idleTimeout ?? 0) !== 0) report(['idle_timeout'], TWICE);
  if (settings.keepAlivesEnabled === false) report(['keep_alives_enabled'], TWICE);
}

/** Deprecated keys say the same as those of keepalive. */
export function settledKeepalive<Settings extends HttpServerSettings>(
  settings: Settings,
): Settings {
  const { keepalive: { enabled, idleTimeout } } = settings;
  return {
    ...settings,
    keepalive: {
      enabled: enabled && settings.keepAlivesEnabled !== false,
      idleTimeout: settings.idleTimeout ?? idleTimeout,
    },
  };
}

const TWICE = 'must be absent beside keepalive: write it there';
