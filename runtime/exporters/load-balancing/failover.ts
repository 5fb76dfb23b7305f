/**
 * Lets new identifiers pass by backends that fail.
 *
 * ```
 *   identifier ──► sent of late? ──yes──► the same backend: unless it fails and cannot have it
 *                       │no
 *                       └──► the next point of a healthy backend on the ring
 * ```
 *
 * Whoever sees the same backends fail chooses the same others. While all fail, none counts as
 * failing: there is nowhere else to go.
 */
import { BackendHealth, type FailoverSettings } from './backend-health';
import { isDiverted, NOWHERE, ownerIn, RecentOwners } from './recent-owners';
import type { Clock } from '../../clock';
import type { KeyRoute } from '../../otlp/key-splitter';
import type { Route } from '../../otlp/trace-splitter';
import { crcOfTraceId, type HashRing, ownersWithout } from '../../routing/hash-ring';
import type { Logger } from '../../telemetry/logger';
import type { Counter, Instrument, Metrics } from '../../telemetry/metrics';
import { crc32 } from '../../wire/crc32';

/** Health of each backend. */
export const BACKEND_HEALTHY: Instrument = {
  name: 'otelgw_loadbalancer_backend_healthy',
  description: 'Whether new routing identifiers go to the backend: 1 or 0.',
  unit: '1',
};

/** Identifiers that went elsewhere. */
export const DIVERTED_IDS: Instrument = {
  name: 'otelgw_loadbalancer_diverted_ids',
  description: 'Number of routing identifiers that passed by an unhealthy backend.',
  unit: '{identifiers}',
};

/** What a failover is made with. */
export interface FailoverOptions {
  /** When a backend is unhealthy, and for how long identifiers stay. */
  readonly settings: FailoverSettings;
  /** The exporter's name in the configuration. */
  readonly id: string;
  /** The time. */
  readonly clock: Clock;
  /** Where it logs. */
  readonly log: Logger;
  /** Where it counts. */
  readonly metrics: Metrics;
}

/** The backends of a ring, by index; undefined where none could be made. */
type Backends = readonly ({ readonly health?: BackendHealth } | undefined)[];

const NONE = -1;

/** Chooses the backend of every identifier. */
export class Failover {
  /** Told the endpoint of a backend after its health has changed. */
  public changed: (endpoint: string) => void = () => undefined;
  /** Where spans of a trace go. */
  public readonly route: Route = (bytes, idAt) =>
    this.ownerOf(crcOfTraceId(bytes, idAt), true);
  /**
   * Where other identifiers go. Those of services never end: they are remembered for as long after
   * they were first met, not last, so that they find back.
   */
  public readonly routeKeys: KeyRoute = (identifier, length) =>
    this.ownerOf(crc32(identifier, 0, length), false);
  private readonly recent?: RecentOwners;
  private readonly divertedIds: Counter;
  private endpoints: readonly string[] = [];
  private backends: Backends = [];
  private owners: Uint16Array = new Uint16Array(0);
  /** The same without those that are passed by. */
  private healthyOwners: Uint16Array = this.owners;
  /** By index of the ring: 1 for those that are passed by. */
  private isPassedBy = new Uint8Array(0);
  private lastCrc = NONE;
  private lastOwner = 0;
  private diverted = 0;

  public constructor(private readonly options: FailoverOptions) {
    const { id, metrics, settings: { stickiness } } = options;
    if (stickiness > 0) this.recent = new RecentOwners(stickiness);
    this.divertedIds = metrics.counter(DIVERTED_IDS, { exporter: id });
  }

  /** The health of a new backend, which `probe` asks for a sign of life. */
  public watch(endpoint: string, probe: () => Promise<void>): BackendHealth {
    const { clock, settings } = this.options;
    this.tell(endpoint, true);
    return new BackendHealth({
      settings, clock, probe, changed: (health) => this.healthChanged(endpoint, health),
    });
  }

  /** Takes the series of a backend away. */
  public forget(endpoint: string): void {
    const { id, metrics } = this.options;
    metrics.remove(BACKEND_HEALTHY, { exporter: id, endpoint });
  }

  /** The ring and the backends are these from now on. */
  public use(ring: HashRing, backends: Backends): void {
    if (ring.endpoints !== this.endpoints) {
      const newIndex = new Map(ring.endpoints.map((endpoint, index) => [endpoint, index]));
      this.recent?.rename(this.endpoints.map((endpoint) => newIndex.get(endpoint)));
      this.endpoints = ring.endpoints;
    }
    this.backends = backends;
    this.owners = ring.owners;
    const unhealthy = backends.map((backend) => backend?.health?.isHealthy !== true);
    const isAnyPassedBy = unhealthy.includes(true) && unhealthy.includes(false);
    this.isPassedBy = Uint8Array.from(unhealthy, (is) => Number(isAnyPassedBy && is));
    this.healthyOwners = isAnyPassedBy ? ownersWithout(ring, this.isPassedBy) : this.owners;
    this.lastCrc = NONE;
  }

  /** Some requests are about to be split. */
  public begin(): void {
    this.lastCrc = NONE;
    this.recent?.look(this.options.clock.monotonic());
  }

  /** They have been. */
  public end(): void {
    if (this.diverted === 0) return;
    this.divertedIds.add(this.diverted);
    this.diverted = 0;
  }

  private ownerOf(crc: number, keeps: boolean): number {
    // Spans of a trace often stand together.
    if (crc !== this.lastCrc) {
      this.lastOwner = this.find(crc, keeps);
      this.lastCrc = crc;
    }
    return this.lastOwner;
  }

  private find(crc: number, keeps: boolean): number {
    const { owners, isPassedBy, recent } = this;
    const position = crc % owners.length;
    const home = owners[position];
    if (recent !== undefined) {
      const found = recent.find(crc, keeps);
      if (found !== NOWHERE) {
        const owner = ownerIn(found);
        // What the ring has moved without a failure moves with it, as everywhere else.
        const stays = owner < isPassedBy.length && (owner === home || isDiverted(found))
          && (isPassedBy[owner] === 0 || this.mayHold(owner, found, recent));
        if (stays) return owner;
      }
    }
    const target = this.healthyOwners[position];
    const isElsewhere = target !== home;
    if (isElsewhere) this.diverted += 1;
    recent?.set(crc, target, isElsewhere);
    return target;
  }

  /** Whether a backend that fails may have something of an identifier. */
  private mayHold(owner: number, found: number, recent: RecentOwners): boolean {
    const health = this.backends[owner]?.health;
    return health !== undefined && !health.isGivenUp
      && recent.wasSentBy(found, health.lastTakenAt);
  }

  private healthChanged(endpoint: string, health: BackendHealth): void {
    this.tell(endpoint, health.isHealthy);
    this.changed(endpoint);
    this.log(endpoint, health);
  }

  private tell(endpoint: string, isHealthy: boolean): void {
    const { id, metrics } = this.options;
    metrics.gauge(BACKEND_HEALTHY, { exporter: id, endpoint }).set(Number(isHealthy));
  }

  private log(endpoint: string, health: BackendHealth): void {
    const { log, settings } = this.options;
    const fields = { endpoint, passed_by: sum(this.isPassedBy), backends: this.backends.length };
    if (health.isHealthy) {
      log.info('a backend is healthy again, new traces go to it', fields);
    } else if (!health.isGivenUp || settings.stickiness === 0) {
      log.warn('a backend is unhealthy, new traces pass it by', {
        ...fields, error: health.failure,
      });
    } else {
      log.warn('a backend is still unhealthy, all traces pass it by', fields);
    }
  }
}

function sum(flags: Uint8Array): number {
  return flags.reduce((total, flag) => total + flag, 0);
}
