/**
 * The contract of the OTLP exporter over gRPC.
 */
import type { Duration } from 'cdk8s';
import { component } from '../contract';
import { duration } from '../fields';
import type { SettingsOf } from '../section';
import {
  endpointIsServer, GRPC_CLIENT_UPSTREAM_ONLY, grpcClientFields, type GrpcClientConfig,
} from '../sections/grpc-client';
import { retry, type RetryConfig } from '../sections/retry';
import { sendingQueue, type SendingQueueConfig } from '../sections/sending-queue';

/** How OTLP is sent over gRPC, wherever it goes. */
export interface OtlpGrpcDeliveryConfig extends GrpcClientConfig {
  /**
   * Time that one try may take; zero is without limit.
   * @default Duration.seconds(5)
   */
  readonly timeout?: Duration;
  /**
   * Where requests wait.
   * @default - on, with its defaults
   */
  readonly sendingQueue?: SendingQueueConfig;
  /**
   * When a failed request is tried again.
   * @default - on, with its defaults
   */
  readonly retryOnFailure?: RetryConfig;
}

/** Sends telemetry as OTLP over gRPC. */
export interface OtlpGrpcExporterConfig extends OtlpGrpcDeliveryConfig {
  /**
   * The server: `host:port`, or with a scheme `http://`, `https://`, `dns:///` or `unix://`.
   */
  readonly endpoint: string;
}

/** The fields of the exporter; `endpoint` is where it connects unless told otherwise. */
export function otlpGrpcFields(endpoint?: string) {
  return {
    ...grpcClientFields(endpoint),
    timeout: duration('5s'),
    sendingQueue: sendingQueue('on'),
    retryOnFailure: retry,
  };
}

/** What the OTLP exporter over gRPC works with. */
export type OtlpGrpcSettings = SettingsOf<ReturnType<typeof otlpGrpcFields>>;

/** The contract of the OTLP exporter over gRPC. */
export const otlpGrpcExporter = component<OtlpGrpcExporterConfig>()(
  'exporters', 'otlp_grpc', otlpGrpcFields(), {
    aliases: ['otlp'],
    authenticators: [{ at: ['auth', 'authenticator'], as: 'client' }],
    check: endpointIsServer,
    upstreamOnly: GRPC_CLIENT_UPSTREAM_ONLY,
  });
