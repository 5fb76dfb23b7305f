/** How telemetry is spread by a key over several receivers of it. */
import { Duration } from 'cdk8s';
import type { LoadBalancingExporterConfig, OtlpGrpcDeliveryConfig } from './config';
import type { Resolver } from './graph/resolver';
import { BY_TRACE, type Routing } from './graph/routing';
import type { Signal } from './graph/signal';
import type { ITelemetryTarget, TelemetryRoute } from './graph/telemetry-target';
import { Retry } from './retry';
import type { SendingQueue } from './sending-queue';

/** How what could not be delivered is treated. */
export interface RoutedDelivery {
  /** What becomes of requests that were not taken. */
  readonly retry?: Retry;
  /** Where requests wait. */
  readonly queue?: SendingQueue;
}

/** Over what, and by what, telemetry is spread. */
export interface Spread {
  /** Finds those who take it. */
  readonly resolver: Resolver;
  /** Decides which of them takes it. */
  readonly routing: Routing;
}

/**
 * What the load-balancing exporter is told. Requests wait and are tried again before they are
 * routed: what waited for one backend would be lost with it.
 */
export function routed(
  otlp: OtlpGrpcDeliveryConfig, { resolver, routing }: Spread, { retry, queue }: RoutedDelivery,
): LoadBalancingExporterConfig {
  const { _word: routingKey, _attributes: routingAttributes } = routing._key;
  return {
    routingKey,
    routingAttributes,
    protocol: {
      otlp: { ...otlp, sendingQueue: { enabled: false }, retryOnFailure: { enabled: false } },
    },
    resolver: resolver._toConfig(),
    retryOnFailure: (retry ?? Retry.upTo(Duration.minutes(5)))._toRoutedConfig(),
    sendingQueue: queue?._toConfig() ?? { enabled: true },
  };
}

/** How a signal is spread that takes `route`; nothing when it goes by connection. */
export function spreadOf(
  { resolver, routing: wanted = BY_TRACE, pods }: TelemetryRoute, signal: Signal,
  routing?: Routing,
): Spread | undefined {
  if (resolver !== undefined) return { resolver, routing: wanted };
  if (routing?._spreads(signal) !== true || pods === undefined) return undefined;
  return { resolver: pods, routing };
}

/** What is wrong with a routing that a tier was given for what it sends to `target`. */
export function routingProblems(
  routing: Routing | undefined, target: ITelemetryTarget | undefined, signals: readonly Signal[],
): string[] {
  if (routing === undefined) return [];
  const { _word: word, signals: spread } = routing._key;
  if (target === undefined) {
    return [`routing: spreads what goes to \`forwardTo\`, which is not there, by ${word}.`
      + '\n→ give `forwardTo`, or remove `routing`.'];
  }
  const sent = signals.filter((signal) => target.signals.includes(signal));
  const wanted = sent.filter((signal) => spread.includes(signal))
    .map((signal) => target.routeFor(signal))
    .filter(({ resolver }) => resolver !== undefined)
    .map(({ routing: by = BY_TRACE }) => by._key)
    .find((key) => key._word !== word);
  if (wanted !== undefined) {
    return [`routing: ${target.targetName} must be sent to by ${wanted._word}, got ${word}.`
      + '\n→ remove `routing`: what is sent there is then spread as it must be.'];
  }
  const keyed = sent.filter((signal) => spread.includes(signal));
  if (keyed.length === 0) {
    return [`routing: ${word} spreads ${spread.join(' and ')}, but ${sent.join(' and ')} is what`
      + ` goes to ${target.targetName}.\n→ choose another key, or remove \`routing\`.`];
  }
  const isFound = keyed.some((signal) => spreadOf(target.routeFor(signal), signal, routing));
  return isFound ? [] : [
    `routing: ${target.targetName} has one address, over which nothing can be spread by ${word}.`
    + '\n→ give its TelemetryTarget.external(…) a `resolver` and this `routing`.',
  ];
}
