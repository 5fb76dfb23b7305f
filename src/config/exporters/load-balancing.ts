/**
 * The contract of the load-balancing exporter.
 */
import type { Duration } from 'cdk8s';
import { component } from '../contract';
import { choice, count, duration, flag, list, ratio, text } from '../fields';
import { formatGoDuration } from '../go-duration';
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

/**
 * Which release of upstream routes beside this process. All who route to the same backends must
 * agree, or what belongs together meets different ones.
 */
export interface LoadBalancingCompatibilityConfig {
  /**
   * Generation of the hash ring: 1 up to v0.130, 2 up to v0.156, 3 since.
   * @default 3
   */
  readonly ring?: number;
  /**
   * Generation of what is hashed: 1 up to v0.151, where attributes of spans, and the service with
   * them, are bare texts; 2 up to v0.153, where logs still go by trace id whatever the routing key
   * is; 3 since.
   * @default 3
   */
  readonly keys?: number;
  /**
   * Generation of the list of backends: 1 up to v0.160, where endpoints of Kubernetes are backends
   * whether or not they are ready; 2 since, where readiness decides; in both, what one answer of
   * DNS lacks leaves at once. 3 is this runtime's own: endpoints that end or do not serve are no
   * backends, and an address leaves when two answers of DNS lack it.
   * @default 3
   */
  readonly backends?: number;
}

/**
 * New routing identifiers, of traces most often, pass by a backend that fails. Every process judges
 * for itself, so that two of them may choose differently for a while: use it where a trace may
 * reach several backends, before samplers with trace_peers or backends that keep no state.
 */
export interface LoadBalancingFailoverConfig {
  /**
   * Whether backends that fail are passed by.
   * @default false
   */
  readonly enabled?: boolean;
  /**
   * Requests in a row that must fail before a backend is unhealthy, from 1 to 1000. Failures are
   * those of the connection, UNAVAILABLE and passed deadlines; every other answer ends the row.
   * @default 3
   */
  readonly failureThreshold?: number;
  /**
   * Time for which nothing but failures must have come besides, counted from when the first of the
   * failed requests was sent.
   * @default Duration.seconds(1)
   */
  readonly unhealthyAfter?: Duration;
  /**
   * Time for which an unhealthy backend must answer everything, one empty request a second among
   * it, before it is healthy. It doubles, up to 5 minutes, each time that the backend fails again
   * within 5 minutes.
   * @default Duration.seconds(5)
   */
  readonly healthyAfter?: Duration;
  /**
   * Time for which identifiers that an unhealthy backend may have taken still go to it, and those
   * that passed it by to where they went; from zero, which is not at all, to 10 minutes. It should
   * be no shorter than the decision_wait of the samplers, and shorter than what fails is retried.
   * @default Duration.seconds(30)
   */
  readonly stickiness?: Duration;
}

/** Sends everything with the same key to the one backend that a hash ring gives it. */
export interface LoadBalancingExporterConfig {
  /**
   * What decides about the backend. Traces: traceID, service or attributes. Logs: service,
   * traceID, resource or attributes. Metrics: service, resource, metric, streamID or attributes.
   * Empty is the first of these.
   * @default ""
   */
  readonly routingKey?: string;
  /**
   * Attributes that decide about the backend where the routing key is attributes. Besides those of
   * resources, scopes, spans, records and data points there are span.kind, span.name, log.severity
   * and log.body.
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
  /**
   * Which release of upstream routes beside this process. Only this runtime has the key.
   * @default - the newest
   */
  readonly compatibility?: LoadBalancingCompatibilityConfig;
  /**
   * When new identifiers pass by a backend that fails. Only this runtime has the key.
   * @default - never, as upstream
   */
  readonly failover?: LoadBalancingFailoverConfig;
}

const NEWEST = 3;
const LONGEST_STICKINESS_MS = 600_000;

/** What each signal may be routed by; the first is taken where nothing is said. */
export const ROUTING_KEYS = {
  traces: ['traceID', 'service', 'attributes'],
  logs: ['service', 'traceID', 'resource', 'attributes'],
  metrics: ['service', 'resource', 'metric', 'streamID', 'attributes'],
} as const;

const fields = {
  routingKey: choice(
    ['traceID', 'service', 'attributes', 'resource', 'metric', 'streamID', ''], ''),
  routingAttributes: list(text(), []),
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
  compatibility: section<LoadBalancingCompatibilityConfig>()({
    ring: count({ fallback: NEWEST, min: 1, max: NEWEST }),
    keys: count({ fallback: NEWEST, min: 1, max: NEWEST }),
    backends: count({ fallback: NEWEST, min: 1, max: NEWEST }),
  }),
  failover: section<LoadBalancingFailoverConfig>()({
    enabled: flag({ fallback: false }),
    failureThreshold: count({ fallback: 3, min: 1, max: 1000 }),
    unhealthyAfter: duration('1s'),
    healthyAfter: duration('5s'),
    stickiness: duration('30s'),
  }, { check: stickinessFits }),
};

/** What the load-balancing exporter works with. */
export type LoadBalancingSettings = SettingsOf<typeof fields>;

function stickinessFits({ stickiness }: { readonly stickiness: number }, report: Report): void {
  if (stickiness <= LONGEST_STICKINESS_MS) return;
  report(['stickiness'], `must be at most 10m, got ${formatGoDuration(stickiness)}`);
}

function attributesDecide(
  { routingKey, routingAttributes }: LoadBalancingSettings, report: Report,
): void {
  const isByAttributes = routingKey === 'attributes';
  if (isByAttributes === (routingAttributes.length > 0)) return;
  report(['routing_attributes'], isByAttributes
    ? 'must name at least one attribute beside routing_key attributes'
    : `needs routing_key attributes, got ${JSON.stringify(routingKey)}`);
}

/** The contract of the load-balancing exporter. */
export const loadBalancingExporter = component<LoadBalancingExporterConfig>()(
  'exporters', 'load_balancing', fields, {
    aliases: ['loadbalancing'],
    authenticators: [{ at: ['protocol', 'otlp', 'auth', 'authenticator'], as: 'client' }],
    check: attributesDecide,
  });
