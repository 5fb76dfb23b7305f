/**
 * The contract of the load-balancing exporter.
 */
import type { Duration } from 'cdk8s';
import { component } from '../contract';
import { choice, duration, flag, list, ratio, text, upstreamOnly } from '../fields';
import { section, type Report, type SettingsOf } from '../section';
import { otlpGrpcFields, type OtlpGrpcDeliveryConfig } from './otlp-grpc';
import { endpointIsServer, GRPC_CLIENT_UPSTREAM_ONLY } from '../sections/grpc-client';
import { resolver, type ResolverConfig } from '../sections/resolver';
import { retriesFit } from '../sections/retry';
import { sendingQueue, type SendingQueueConfig } from '../sections/sending-queue';

/** How each backend is reached. */
export interface LoadBalancingOtlpConfig extends OtlpGrpcDeliveryConfig {
  /**
   * Not used: each backend has its own address.
   * @default "placeholder:4317"
   */
  readonly endpoint?: string;
}

/** The protocol that backends are spoken to with. */
export interface LoadBalancingProtocolConfig {
  /**
   * OTLP over gRPC.
   * @default - as the exporter otlp_grpc sends
   */
  readonly otlp?: LoadBalancingOtlpConfig;
}

/** Tries again, with another backend where the ring has changed, what a backend failed to take. */
export interface LoadBalancingRetryConfig {
  /**
   * Whether what failed is routed and tried again.
   * @default false
   */
  readonly enabled?: boolean;
  /**
   * Pause before the first retry.
   * @default Duration.millis(0)
   */
  readonly initialInterval?: Duration;
  /**
   * Longest pause, before it is scattered.
   * @default Duration.millis(0)
   */
  readonly maxInterval?: Duration;
  /**
   * Time after which a request is given up; zero is never.
   * @default Duration.millis(0)
   */
  readonly maxElapsedTime?: Duration;
  /**
   * What each pause is multiplied with to get the next one.
   * @default 0
   */
  readonly multiplier?: number;
  /**
   * Share of the pause by which it is scattered at random, from 0 to 1.
   * @default 0
   */
  readonly randomizationFactor?: number;
}

/** Sends each trace to the one backend that a hash ring gives it. */
export interface LoadBalancingExporterConfig {
  /**
   * What decides about the backend: traceID, or empty for the same. Upstream has service,
   * attributes, resource, metric and streamID besides.
   * @default ""
   */
  readonly routingKey?: string;
  /**
   * Attributes that decide about the backend where the routing key is attributes. This runtime
   * has no such key.
   * @default []
   */
  readonly routingAttributes?: string[];
  /**
   * How backends are spoken to.
   * @default - OTLP over gRPC, as the exporter otlp_grpc sends
   */
  readonly protocol?: LoadBalancingProtocolConfig;
  /**
   * How backends are found.
   */
  readonly resolver: ResolverConfig;
  /**
   * Time that routing and handing over may take; zero is 5 seconds.
   * @default Duration.millis(0)
   */
  readonly timeout?: Duration;
  /**
   * When what failed is routed and tried again.
   * @default - off
   */
  readonly retryOnFailure?: LoadBalancingRetryConfig;
  /**
   * Where requests wait before they are routed.
   * @default - off
   */
  readonly sendingQueue?: SendingQueueConfig;
}

const fields = {
  routingKey: choice(
    ['traceID', ''], '', ['service', 'attributes', 'resource', 'metric', 'streamID']),
  routingAttributes: upstreamOnly(list(text(), [])),
  protocol: section<LoadBalancingProtocolConfig>()({
    otlp: section<LoadBalancingOtlpConfig>()(otlpGrpcFields('placeholder:4317'), {
      check: endpointIsServer,
      upstreamOnly: GRPC_CLIENT_UPSTREAM_ONLY,
    }),
  }),
  resolver,
  timeout: duration('0s'),
  retryOnFailure: section<LoadBalancingRetryConfig>()({
    enabled: flag({ fallback: false }),
    initialInterval: duration('0s'),
    maxInterval: duration('0s'),
    maxElapsedTime: duration('0s'),
    multiplier: ratio({ fallback: 0 }),
    randomizationFactor: ratio({ fallback: 0, max: 1 }),
  }, { check: retriesFit }),
  sendingQueue: sendingQueue('off'),
};

/** What the load-balancing exporter works with. */
export type LoadBalancingSettings = SettingsOf<typeof fields>;

function attributesDecide(
  { routingKey, routingAttributes = [] }: LoadBalancingSettings, report: Report,
): void {
  const isByAttributes = (routingKey as string) === 'attributes';
  if (isByAttributes === (routingAttributes.length > 0)) return;
  report(['routing_attributes'], isByAttributes
    ? 'must name at least one attribute beside routing_key attributes'
    : `needs routing_key attributes, got ${JSON.stringify(routingKey)}`);
}

/** The contract of the load-balancing exporter. */
export const loadBalancingExporter = component<LoadBalancingExporterConfig>()(
  'exporters', 'load_balancing', fields, {
    aliases: ['loadbalancing'],
    signals: ['traces'],
    authenticators: [{ at: ['protocol', 'otlp', 'auth', 'authenticator'], as: 'client' }],
    check: attributesDecide,
  });
