/**
 * How a gRPC client reaches its server.
 */
import type { Duration } from 'cdk8s';
import { choice, count, duration, flag, headers, text, withoutEffect } from '../fields';
import { hostPortFault } from '../host-port';
import { givenSection, type Report, type SettingsOf } from '../section';
import { authenticator, type AuthenticatorConfig } from './authenticator';
import { READS_AT_ONCE, WRITES_AT_ONCE } from './buffers';
import { tlsClient, type TlsClientConfig } from './tls';

/** How a gRPC client finds out that its server has vanished. */
export interface GrpcClientKeepaliveConfig {
  /**
   * Time after which the server is asked for a sign of life, at least 10 seconds; zero is never.
   * @default Duration.millis(0)
   */
  readonly time?: Duration;
  /**
   * Time that its answer may take before the connection is cut; zero is 20 seconds.
   * @default Duration.millis(0)
   */
  readonly timeout?: Duration;
  /**
   * Whether it is asked also while no request is under way.
   * @default false
   */
  readonly permitWithoutStream?: boolean;
}

/** How a gRPC client talks to its server, wherever that is. */
export interface GrpcClientConfig {
  /**
   * How requests are compressed: gzip, zstd, snappy or none.
   * @default "gzip"
   */
  readonly compression?: string;
  /**
   * Headers that every request carries.
   * @default {}
   */
  readonly headers?: Record<string, string>;
  /**
   * How requests are spread over the server's addresses: round_robin or pick_first.
   * @default "round_robin"
   */
  readonly balancerName?: string;
  /**
   * Whether a request waits for a connection rather than failing at once.
   * @default false
   */
  readonly waitForReady?: boolean;
  /**
   * Name of the server that requests carry, where it is not the endpoint's; TLS asks for it, too.
   * @default ""
   */
  readonly authority?: string;
  /**
   * What the client calls itself; its name and version when empty.
   * @default ""
   */
  readonly userAgent?: string;
  /**
   * How the client finds out that the server has vanished.
   * @default - only when a request was not answered in time
   */
  readonly keepalive?: GrpcClientKeepaliveConfig;
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
   * TLS of the connection.
   * @default - TLS with the authorities of the system
   */
  readonly tls?: TlsClientConfig;
  /**
   * Extension that adds credentials to every request.
   * @default - none
   */
  readonly auth?: AuthenticatorConfig;
}

/** The fields of a gRPC client; `endpoint` is where it connects unless told otherwise. */
export function grpcClientFields(endpoint?: string) {
  return {
    endpoint: text({ fallback: endpoint }),
    compression: choice(['gzip', 'zstd', 'snappy', 'none', ''], 'gzip'),
    headers: headers(),
    balancerName: choice(['round_robin', 'pick_first', ''], 'round_robin'),
    waitForReady: flag({ fallback: false }),
    authority: text({ fallback: '' }),
    userAgent: text({ fallback: '' }),
    keepalive: givenSection<GrpcClientKeepaliveConfig>()('off', {
      time: duration('0s'),
      timeout: duration('0s'),
      permitWithoutStream: flag({ fallback: false }),
    }),
    readBufferSize: withoutEffect(count({ fallback: 0 }), READS_AT_ONCE),
    writeBufferSize: withoutEffect(count({ fallback: 524_288 }), WRITES_AT_ONCE),
    tls: tlsClient,
    auth: authenticator(),
  };
}

/** Keys of a gRPC client that upstream has besides. */
export const GRPC_CLIENT_UPSTREAM_ONLY = ['middlewares'];

/** What a gRPC client knows of its server. */
export type GrpcClientSettings = SettingsOf<ReturnType<typeof grpcClientFields>>;

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/** Resolvers of gRPC, which have addresses of their own. */
const RESOLVERS = ['dns', 'passthrough', 'unix', 'unix-abstract', 'vsock', 'xds'];

/** The endpoint names a server, as upstream checks it. */
export function endpointIsServer(
  { authority, endpoint, tls }: GrpcClientSettings, report: Report,
): void {
  const { serverNameOverride } = tls;
  if (authority !== '' && serverNameOverride !== '' && authority !== serverNameOverride) {
    report(['authority'], `must be tls.server_name_override (${serverNameOverride}) where both are`
      + ` given, got ${authority}`);
  }
  const fault = endpointFault(endpoint);
  if (fault !== undefined) report(['endpoint'], `${fault}, got ${JSON.stringify(endpoint)}`);
}

/** Why `endpoint` names no server; nothing when it does. */
export function endpointFault(endpoint: string): string | undefined {
  if (endpoint.startsWith('unix://')) {
    return endpoint === 'unix://' ? 'must name a socket after unix://' : undefined;
  }
  const address = endpoint.replace(/^https?:\/\//i, '');
  if (address === '') return 'must name a server as host:port';
  const scheme = SCHEME.exec(address)?.[0].slice(0, -3).toLowerCase();
  if (scheme === undefined) return hostPortFault(address);
  return RESOLVERS.includes(scheme) ? undefined
    : 'must be host:port, or begin with http://, https:// or dns:///';
}
