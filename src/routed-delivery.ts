import { Duration } from 'cdk8s';
import type { LoadBalancingExporterConfig, OtlpGrpcDeliveryConfig } from './config';
import type { Resolver } from './graph/resolver';
import { Retry } from './retry';
import type { SendingQueue } from './sending-queue';

/** How what could not be delivered is treated. */
export interface RoutedDelivery {
  /** What becomes of requests that were not taken. */
  readonly retry?: Retry;
  /** Where requests wait. */
  readonly queue?: SendingQueue;
}

/**
 * What the load-balancing exporter is told. Requests wait and are tried again before they are
 * routed: what waited for one backend would be lost with it.
 */
export function routed(
  otlp: OtlpGrpcDeliveryConfig, resolver: Resolver, { retry, queue }: RoutedDelivery,
): LoadBalancingExporterConfig {
  return {
    routingKey: 'traceID',
    protocol: {
      otlp: { ...otlp, sendingQueue: { enabled: false }, retryOnFailure: { enabled: false } },
    },
    resolver: resolver._toConfig(),
    retryOnFailure: (retry ?? Retry.upTo(Duration.minutes(5)))._toRoutedConfig(),
    sendingQueue: queue?._toConfig() ?? { enabled: true },
  };
}
