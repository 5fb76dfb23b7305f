/**
 * Where and how a gRPC server listens.
 */
import type { Duration } from 'cdk8s';
import { count, duration, flag, withoutEffect } from '../fields';
import { section, type SettingsOf } from '../section';
import { authenticator, type AuthenticatorConfig } from './authenticator';
import { READS_AT_ONCE, WRITES_AT_ONCE } from './buffers';
import { listenerFields, type DialerConfig } from './listener';
import { tlsServer, type TlsServerConfig } from './tls';

/** How long a connection to a gRPC server lives. */
export interface GrpcServerParametersConfig {
  /**
   * Time after which a connection without requests is ended; zero is never.
   * @default Duration.millis(0)
   */
  readonly maxConnectionIdle?: Duration;
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
  /**
   * Time without a sign of life after which a client is asked for one, at least one second; zero is
   * two hours.
   * @default Duration.millis(0)
   */
  readonly time?: Duration;
  /**
   * Time that the client's answer may take before the connection is cut; zero is 20 seconds.
   * @default Duration.millis(0)
   */
  readonly timeout?: Duration;
}

/** How often clients may ask for a sign of life; who asks more often is disconnected. */
export interface GrpcServerEnforcementPolicyConfig {
  /**
   * Least time between two questions; zero is five minutes.
   * @default Duration.millis(0)
   */
  readonly minTime?: Duration;
  /**
   * Whether that holds for clients without requests, too, who else may ask every two hours.
   * @default false
   */
  readonly permitWithoutStream?: boolean;
}

/** How connections to a gRPC server are kept. */
export interface GrpcServerKeepaliveConfig {
  /**
   * How long connections live.
   * @default - without limit
   */
  readonly serverParameters?: GrpcServerParametersConfig;
  /**
   * How often clients may ask for a sign of life.
   * @default - every five minutes, while they have requests
   */
  readonly enforcementPolicy?: GrpcServerEnforcementPolicyConfig;
}

/** Where and how a gRPC server listens. */
export interface GrpcServerConfig {
  /**
   * Address to listen on, as `host:port`, or the path of a socket when the transport is unix.
   * @default "localhost:4317"
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
   * Bytes that are read at once. It has no effect in otelgw.
   * @default 524288
   */
  readonly readBufferSize?: number;
  /**
   * Bytes that are written at once; zero is a choice of the library. It has no effect in otelgw.
   * @default 0
   */
  readonly writeBufferSize?: number;
  /**
   * Whether the headers of a request stay beside its telemetry, for those components that ask for
   * them.
   * @default false
   */
  readonly includeMetadata?: boolean;
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
  maxConnectionIdle: duration('0s'),
  maxConnectionAge: duration('0s'),
  maxConnectionAgeGrace: duration('0s'),
  time: duration('0s'),
  timeout: duration('0s'),
});

const enforcementPolicy = section<GrpcServerEnforcementPolicyConfig>()({
  minTime: duration('0s'),
  permitWithoutStream: flag({ fallback: false }),
});

/** The fields of a gRPC server. */
export const grpcServerFields = {
  ...listenerFields('localhost:4317'),
  maxRecvMsgSizeMib: count({ fallback: 0, max: 8_796_093_022_207 }),
  maxConcurrentStreams: count({ fallback: 0, max: 4_294_967_295 }),
  readBufferSize: withoutEffect(count({ fallback: 524_288 }), READS_AT_ONCE),
  writeBufferSize: withoutEffect(count({ fallback: 0 }), WRITES_AT_ONCE),
  keepalive: section<GrpcServerKeepaliveConfig>()({ serverParameters, enforcementPolicy }),
  includeMetadata: flag({ fallback: false }),
  tls: tlsServer,
  auth: authenticator(),
};

/** Keys of a gRPC server that upstream has besides. */
export const GRPC_SERVER_UPSTREAM_ONLY = ['middlewares'];

/** What a gRPC server knows of itself. */
export type GrpcServerSettings = SettingsOf<typeof grpcServerFields>;
