/**
 * How a gRPC client reaches its server.
 */
import { choice, flag, headers, text } from '../fields';
import { hostPortFault } from '../host-port';
import type { Report, SettingsOf } from '../section';
import { authenticator, type AuthenticatorConfig } from './authenticator';
import { tlsClient, type TlsClientConfig } from './tls';

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
    tls: tlsClient,
    auth: authenticator(),
  };
}

/** Keys of a gRPC client that upstream has besides. */
export const GRPC_CLIENT_UPSTREAM_ONLY = [
  'authority', 'user_agent', 'keepalive', 'read_buffer_size', 'write_buffer_size',
  'middlewares',
];

/** What a gRPC client knows of its server. */
export type GrpcClientSettings = SettingsOf<ReturnType<typeof grpcClientFields>>;

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/** Resolvers of gRPC, which have addresses of their own. */
const RESOLVERS = ['dns', 'passthrough', 'unix', 'unix-abstract', 'vsock', 'xds'];

/** The endpoint names a server, as upstream checks it. */
export function endpointIsServer({ endpoint }: GrpcClientSettings, report: Report): void {
  const fault = endpointFault(endpoint);
  if (fault !== undefined) report(['endpoint'], `${fault}, got ${JSON.stringify(endpoint)}`);
}

function endpointFault(endpoint: string): string | undefined {
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
