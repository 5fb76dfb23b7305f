/** Stores that speak OTLP. */
import { exporterAt, type BackendKind } from './backend-kind';
import { connectionSecrets, deliveryOf, trustVolumes } from './connection';
import { CONNECTION_KINDS, HTTP_KINDS, LOAD_BALANCED_KINDS } from './kinds';
import type { LoadBalancedBackendOptions, OtlpBackendOptions } from './options';
import { loadBalancingExporter, otlpGrpcExporter, otlpHttpExporter } from '../config';
import { Resolver } from '../graph/resolver';
import { BY_TRACE } from '../graph/routing';
import { routed } from '../routed-delivery';

/** In place of a resolver without which synthesis fails anyway. */
const NOWHERE = Resolver.addresses(['localhost']);

/** A store that speaks gRPC. */
export function otlpGrpcStore(name: string): BackendKind<OtlpBackendOptions> {
  return {
    type: otlpGrpcExporter.type,
    kinds: CONNECTION_KINDS,
    secrets: connectionSecrets,
    part: (options) => ({ volumes: trustVolumes(name, options) }),
    write: (spelled, options) => {
      const { endpoint } = options;
      return {
        type: spelled(otlpGrpcExporter),
        config: otlpGrpcExporter.write(
          { endpoint, ...deliveryOf(name, endpoint, options) }, exporterAt('otlp_grpc', name)),
      };
    },
  };
}

/** A store that speaks HTTP; of `endpoint` nothing is told twice. */
export function otlpHttpStore(name: string, endpoint: string): BackendKind<OtlpBackendOptions> {
  return {
    ...otlpGrpcStore(name),
    type: otlpHttpExporter.type,
    kinds: HTTP_KINDS,
    write: (spelled, options) => ({
      type: spelled(otlpHttpExporter),
      config: otlpHttpExporter.write(
        { endpoint, ...deliveryOf(name, endpoint, options) }, exporterAt('otlp_http', name)),
    }),
  };
}

/** Several stores. */
export function loadBalancedStores(name: string): BackendKind<LoadBalancedBackendOptions> {
  return {
    type: loadBalancingExporter.type,
    kinds: LOAD_BALANCED_KINDS,
    signals: ({ routing = BY_TRACE }) => routing._key.signals,
    problems: ({ resolver, routing }) => [resolver, routing]
      .flatMap((part) => part?._problems ?? []).map((said) => `exportTo (${name}): ${said}`),
    secrets: connectionSecrets,
    part: (options) => ({ volumes: trustVolumes(name, options) }),
    write: (spelled, options) => {
      const { resolver = NOWHERE, routing = BY_TRACE } = options as Partial<typeof options>;
      const { static: listed, dns } = resolver._toConfig();
      const host = listed?.hostnames[0] ?? dns?.hostname ?? 'pod';
      const { retryOnFailure: _, sendingQueue: __, ...otlp } = deliveryOf(name, host, options);
      return {
        type: spelled(loadBalancingExporter),
        config: loadBalancingExporter.write(
          routed(otlp, { resolver, routing }, options), exporterAt('load_balancing', name)),
      };
    },
  };
}
