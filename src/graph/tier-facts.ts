/** What one tier tells the others at synthesis: enough to see whether all of them fit together. */
import type { IConstruct } from 'constructs';
import type { Signal } from './signal';

/** A tier as the others see it. */
export interface TierFacts {
  /** Its path in the tree of constructs. */
  readonly path: string;
  /** Path of the chart that it is part of: what is applied together. */
  readonly chart: string;
  /** Name of its Service. */
  readonly name: string;
  /** Name of the Service with one address per pod, when there is one. */
  readonly headlessName?: string;
  /** Its namespace. */
  readonly namespace?: string;
  /** Ports of its Services: OTLP over gRPC and HTTP. */
  readonly ports: { readonly grpc: number; readonly http: number };
  /** Signals that it takes. */
  readonly signals: readonly Signal[];
  /** Whether a pod decides about whole traces and there is more than one pod. */
  readonly needsWholeTraces: boolean;
  /** Its configuration as data, after overrides. */
  readonly data: CollectorData;
}

/** A collector's configuration as plain data, as far as it is looked at here. */
export interface CollectorData {
  /** Any section. */
  readonly [section: string]: unknown;
  /** Processors by id. */
  readonly processors?: Readonly<Record<string, unknown>>;
  /** Exporters by id. */
  readonly exporters?: Readonly<Record<string, unknown>>;
}

const FACTS = Symbol.for('cdk8s-otel-gateway.tier-facts');

/** Remembers what `construct` is. */
export function registerTier(construct: IConstruct, facts: TierFacts): void {
  Object.defineProperty(construct, FACTS, { value: facts });
}

/** All tiers of the app that `construct` belongs to. */
export function allTiers(construct: IConstruct): TierFacts[] {
  return construct.node.root.node.findAll()
    .flatMap((each) => (each as { [FACTS]?: TierFacts })[FACTS] ?? []);
}

/** The value under `path`; undefined when there is none. */
export function valueAt(data: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((value, key) =>
    typeof value === 'object' && value !== null
      ? (value as Record<string | number, unknown>)[key] : undefined, data);
}
