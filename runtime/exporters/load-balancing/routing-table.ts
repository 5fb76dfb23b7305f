/** Which backends there are and what belongs to which of them, at every moment. */
import { crc32 } from 'zlib';
import { Backend, BackendOptions, withPort } from './backend';
import { messageOf } from '../../errors';
import type { KeyRoute } from '../../otlp/key-splitter';
import type { Route } from '../../otlp/trace-splitter';
import type { Sender } from '../../pipeline/sender';
import {
  buildRing, GENERATION_3, HashRing, RingShape, routeBy, routeKeysBy,
} from '../../routing/hash-ring';
import type { Logger } from '../../telemetry/logger';
import type { Instrument } from '../../telemetry/metrics';

/** A moment of the table. It is replaced as a whole, never changed. */
export interface Routes {
  /** Who owns which identifier. */
  readonly ring: HashRing;
  /** The same, for the splitter by trace id. */
  readonly route: Route;
  /** The same, for splitters by other keys. */
  readonly routeKeys: KeyRoute;
  /** The backend of each of the ring's endpoints; undefined where none could be made. */
  readonly backends: readonly (Backend | undefined)[];
}

/** Makes the sender of one backend. */
export type MakeSender = (endpoint: string) => Sender;

/** What a routing table is made with. */
export interface RoutingTableOptions extends BackendOptions {
  /** The exporter's name in the configuration. */
  readonly id: string;
  /** Where it logs. */
  readonly log: Logger;
  /** Makes the sender of one backend. */
  readonly makeSender: MakeSender;
  /** How large the ring is; as that of generation 3 unless given. */
  readonly shape?: RingShape;
  /** What else decides which backend gets what; nothing when all go by trace id. */
  readonly keys?: string;
}

/** Equal on all processes that route alike. */
export const RING_FINGERPRINT: Instrument = {
  name: 'otelgw_ring_fingerprint',
  description: 'CRC-32 of the hash ring and its keys; processes that differ route differently.',
  unit: '',
};

/** Keeps backends and ring together, and changes both at once. */
export class RoutingTable {
  private routes: Routes;
  private readonly byEndpoint = new Map<string, Backend>();
  private readonly leaving = new Set<Backend>();
  private readonly waiting = new Set<() => void>();

  public constructor(private readonly options: RoutingTableOptions) {
    const { failover } = options;
    this.routes = this.routesOf(buildRing([]), []);
    if (failover !== undefined) failover.changed = (endpoint) => this.healthChanged(endpoint);
  }

  /** The table now. */
  public get current(): Routes {
    return this.routes;
  }

  /**
   * Replaces the backends and answers whether that changed anything. What is on its way to one that
   * leaves may end; what waits for it is routed anew.
   */
  public update(endpoints: readonly string[]): boolean {
    // Resolvers tell the same list again and again, and rings of hundreds are dear.
    if (isSame([...endpoints].sort(), this.routes.ring.endpoints)) return false;
    const { id, keys = '', metrics, shape = GENERATION_3 } = this.options;
    const ring = buildRing(endpoints, shape);
    const wanted = new Set(ring.endpoints.map(withPort));
    for (const endpoint of wanted) this.add(endpoint);
    const backends = ring.endpoints.map((endpoint) => this.byEndpoint.get(withPort(endpoint)));
    this.routes = this.routesOf(ring, backends);
    const routing = shape === GENERATION_3 ? keys : `${keys} ${JSON.stringify(shape)}`;
    metrics.gauge(RING_FINGERPRINT, { exporter: id })
      .set(crc32(ring.endpoints.join('\n'), crc32(routing)));
    for (const [endpoint, backend] of this.byEndpoint) {
      if (!wanted.has(endpoint)) this.remove(backend);
    }
    if (backends.length > 0) this.wake();
    return true;
  }

  /** Resolves when there is a backend, after `ms` milliseconds, or when the table is stopped. */
  public available(ms: number): Promise<void> {
    if (this.routes.backends.length > 0 || ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        this.waiting.delete(done);
        resolve();
      };
      const timer = this.options.clock.after(ms, done);
      this.waiting.add(done);
    });
  }

  /** Ends all backends: what is on its way fails. Nobody is routed anywhere from now on. */
  public async stop(): Promise<void> {
    const backends = [...this.byEndpoint.values(), ...this.leaving];
    this.byEndpoint.clear();
    this.routes = this.routesOf(buildRing([]), []);
    this.wake();
    await Promise.all(backends.map(async (backend) => {
      await backend.abort();
      backend.forget();
    }));
  }

  private routesOf(ring: HashRing, backends: Routes['backends']): Routes {
    const { failover } = this.options;
    if (failover === undefined) {
      return { ring, route: routeBy(ring), routeKeys: routeKeysBy(ring), backends };
    }
    failover.use(ring, backends);
    return { ring, route: failover.route, routeKeys: failover.routeKeys, backends };
  }

  /** What waits for a backend that is passed by is routed anew, as after a change of the ring. */
  private healthChanged(endpoint: string): void {
    const { ring, backends } = this.routes;
    this.routes = this.routesOf(ring, backends);
    const backend = this.byEndpoint.get(endpoint);
    if (backend?.health?.isHealthy === false) backend.throwBack();
  }

  private wake(): void {
    for (const done of [...this.waiting]) done();
  }

  private add(endpoint: string): void {
    if (this.byEndpoint.has(endpoint)) return;
    try {
      const backend = new Backend(endpoint, this.options.makeSender(endpoint), this.options);
      this.byEndpoint.set(endpoint, backend);
    } catch (error) {
      this.options.log.error('failed to create new exporter for endpoint', {
        endpoint, error: messageOf(error),
      });
    }
  }

  private remove(backend: Backend): void {
    this.byEndpoint.delete(backend.endpoint);
    this.leaving.add(backend);
    void backend.stop().then(() => {
      this.leaving.delete(backend);
      // It may have come back meanwhile, and then counts in the same series.
      if (!this.byEndpoint.has(backend.endpoint)) backend.forget();
    });
  }
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((one, index) => one === others[index]);
}
