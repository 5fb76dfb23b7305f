/**
 * Where and how a gRPC server listens.
 */
import type { Duration } from 'cdk8s';
import { count, duration } from '../fields';
import { listenAddress } from '../host-port';
import { section, type SettingsOf } from '../section';
import { authenticator, type AuthenticatorConfig } from './authenticator';
import { tlsServer, type TlsServerConfig } from './tls';

/** How long a connection to a gRPC server lives. */
export interface GrpcServerParametersConfig {
  /**
   * Age at which a client is asked to connect anew, so that load spreads over new pods; zero is
   * never.
   * @default Duration.millis(0)
   */
  readonly maxConnectionAge?: Duration;
  /**
   * Time that requests then still have; zero is without limit.
   * @default Duration.millis(0)
   */
  readonly maxConnectionAgeGrace?: Duration;
}

/** How connections to a gRPC server are kept. */
export interface GrpcServerKeepaliveConfig {
  /**
   * How long connections live.
   * @default - without limit
   */
  readonly serverParameters?: GrpcServerParametersConfig;
}

/** Where and how a gRPC server listens. */
export interface GrpcServerConfig {
  /**
   * Address to listen on, as `host:port`.
   * @default "localhost:4317"
   */
  readonly endpoint?: string;
  /**
   * Largest message that is taken, in MiB; zero is 4.
   * @default 0
   */
  readonly maxRecvMsgSizeMib?: number;
  /**
   * Requests that one connection may have open; zero is without limit.
   * @default 0
   */
  readonly maxConcurrentStreams?: number;
  /**
   * How connections are kept.
   * @default - for as long as the client wants
   */
  readonly keepalive?: GrpcServerKeepaliveConfig;
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

const serverParameters = section<GrpcServerParametersConfig>()({
  maxConnectionAge: duration('0s'),
  maxConnectionAgeGrace: duration('0s'),
}, { upstreamOnly: ['max_connection_idle', 'time', 'timeout'] });

/** The fields of a gRPC server. */
export const grpcServerFields = {
  endpoint: listenAddress('localhost:4317'),
  maxRecvMsgSizeMib: count({ fallback: 0, max: 8_796_093_022_207 }),
  maxConcurrentStreams: count({ fallback: 0, max: 4_294_967_295 }),
  keepalive: section<GrpcServerKeepaliveConfig>()(
    { serverParameters }, { upstreamOnly: ['enforcement_policy'] }),
  tls: tlsServer,
  auth: authenticator(),
};

/** Keys of a gRPC server that upstream has besides. */
export const GRPC_SERVER_UPSTREAM_ONLY = [
  'transport', 'dialer', 'read_buffer_size', 'write_buffer_size', 'include_metadata',
  'middlewares',
];

/** What a gRPC server knows of itself. */
export type GrpcServerSettings = SettingsOf<typeof grpcServerFields>;
