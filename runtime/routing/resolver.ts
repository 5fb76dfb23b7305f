/** How the load-balancing exporter learns its backends. */
import type { Clock } from '../clock';
import type { Logger } from '../telemetry/logger';
import type { Instrument, Metrics } from '../telemetry/metrics';

/** Told the backends, in the order of their bytes, whenever the list has changed. */
export type BackendsListener = (endpoints: readonly string[]) => void;

/** Finds the backends. A resolver that fails keeps the list that it had. */
export interface Resolver {
  /** What metrics call it. */
  readonly kind: ResolverKind;
  /**
   * Looks for the first time and goes on until `stop`. Failing to find anything is no error: the
   * list is empty then, and it keeps looking.
   *
   * @throws Error when it can never work, for example outside a cluster.
   */
  start(listener: BackendsListener): Promise<void>;
  /** Ends it. The list stays as it is. Twice is harmless. */
  stop(): Promise<void>;
}

/** What a resolver is given besides its settings. */
export interface ResolverContext {
  /** The time. */
  readonly clock: Clock;
  /** Where it logs. */
  readonly log: Logger;
  /** Where it counts. */
  readonly metrics: Metrics;
}

/** The resolvers that exist. */
export type ResolverKind = 'static' | 'dns' | 'k8s' | 'aws';

/** Lookups of backends, by outcome. */
export const NUM_RESOLUTIONS: Instrument = {
  name: 'otelcol_loadbalancer_num_resolutions',
  description: 'Number of times the resolver has triggered new resolutions.',
  unit: '{resolutions}',
};

/** Size of the list. */
export const NUM_BACKENDS: Instrument = {
  name: 'otelcol_loadbalancer_num_backends',
  description: 'Current number of backends in use.',
  unit: '{backends}',
};

/** Changes of the list. */
export const NUM_BACKEND_UPDATES: Instrument = {
  name: 'otelcol_loadbalancer_num_backend_updates',
  description: 'Number of times the list of backends was updated.',
  unit: '{updates}',
};

/** More than any ring is made for: beyond 655, points of a ring begin to find no place. */
const MOST_BACKENDS = 10_000;

/** The list of backends as a resolver knows it. Counts lookups and tells of changes. */
export class BackendList {
  private endpoints: readonly string[] = [];
  private listener: BackendsListener = () => undefined;

  public constructor(private readonly kind: ResolverKind, private readonly metrics: Metrics) {
    this.resolutions(true);
    this.resolutions(false);
    // Who never hears of a backend is to be told from who is not asked.
    this.size().set(0);
  }

  /** The last list. */
  public get current(): readonly string[] {
    return this.endpoints;
  }

  /** Tells `listener` of changes from now on. */
  public tell(listener: BackendsListener): void {
    this.listener = listener;
  }

  /**
   * Takes the outcome of a lookup; the listener is told when it differs from the last one.
   *
   * @throws Error when there are too many.
   */
  public resolved(found: readonly string[]): void {
    if (found.length > MOST_BACKENDS) {
      throw new Error(`backends: must be at most ${MOST_BACKENDS}, got ${found.length}`);
    }
    this.resolutions(true).add(1);
    const endpoints = [...found].sort();
    const isSame = endpoints.length === this.endpoints.length
      && endpoints.every((endpoint, index) => endpoint === this.endpoints[index]);
    if (isSame) return;
    this.endpoints = endpoints;
    this.metrics.counter(NUM_BACKEND_UPDATES, { resolver: this.kind }).add(1);
    this.size().set(endpoints.length);
    this.listener(endpoints);
  }

  /** Counts a lookup that failed. The list stays. */
  public failed(): void {
    this.resolutions(false).add(1);
  }

  private size(): { set(value: number): void } {
    return this.metrics.gauge(NUM_BACKENDS, { resolver: this.kind });
  }

  private resolutions(success: boolean): { add(amount: number): void } {
    return this.metrics.counter(NUM_RESOLUTIONS, {
      resolver: this.kind, success: String(success),
    });
  }
}
