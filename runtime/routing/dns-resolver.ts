/**
 * Asks DNS for the backends, again and again.
 *
 * When: after `interval`, or sooner, when the answer does not hold that long. A cache in between
 * says how long it will go on giving the same answer, so that asking earlier is of no use and
 * waiting longer only delays: agents behind one cache learn of a change nearly together. An answer
 * that holds longer is no reason to wait, as a server that has no cache always says the longest.
 *
 * What: a name server that answers short for once (a cache that is being filled, a server that has
 * not yet heard of all pods) must not move traces from one backend to another and back. So an
 * address that an answer adds is used at once, and one that is missing leaves when another answer
 * does not have it either, which must not be the same one out of a cache. An answer without any
 * address counts as a failed lookup.
 */
import type { LookupAddress } from 'dns';
import { OWN_BACKENDS, type BackendsGeneration } from './endpoint-slices';
import {
  NameServers, saysAbsent, type Family, type NameClient, type NamedAddresses,
} from './name-servers';
import { PolledList, type ReadAnswer } from './polled-list';
import type { BackendsListener, Resolver, ResolverContext } from './resolver';

/** How a dns resolver asks. Times are in milliseconds. */
export interface DnsResolverSettings {
  /** The name to look up. */
  readonly hostname: string;
  /** Port of every backend; '' leaves it to the exporter. */
  readonly port: string;
  /** Time between two lookups. */
  readonly interval: number;
  /** Longest time of one lookup. */
  readonly timeout: number;
  /** Generation of the list; the newest unless given. */
  readonly generation?: BackendsGeneration;
}

const DEFAULT_INTERVAL_MS = 5000;
const DEFAULT_TIMEOUT_MS = 1000;
/** However short an answer holds. */
const SHORTEST_WAIT_MS = 1000;
/** Caches count in whole seconds: two answers that end within one are one. */
const TTL_STEP_MS = 1000;

const FAMILIES: readonly Family[] = [4, 6];

/** What was said of one family, and until when it holds. */
interface FamilyAnswer {
  readonly found: ReadonlySet<string>;
  readonly endsAt: number;
}

const NO_ANSWER: FamilyAnswer = { found: new Set(), endsAt: -Infinity };

/** Finds backends by name. */
export class DnsResolver implements Resolver {
  public readonly kind = 'dns';
  private readonly list: PolledList<NamedAddresses>;
  /** By family: what the last answer had that was not the one before out of a cache; its end. */
  private readonly lastAnswers: Record<Family, FamilyAnswer> = { 4: NO_ANSWER, 6: NO_ANSWER };

  public constructor(
    private readonly settings: DnsResolverSettings,
    private readonly context: ResolverContext,
    client?: NameClient,
    /** Told each time that the name is said to have no address. */
    private readonly foundNone: () => void = () => undefined,
  ) {
    const { hostname, interval, timeout } = settings;
    const timeoutMs = timeout > 0 ? timeout : DEFAULT_TIMEOUT_MS;
    const asked = client ?? new NameServers({ timeoutMs });
    this.list = new PolledList({
      kind: this.kind,
      intervalMs: interval > 0 ? interval : DEFAULT_INTERVAL_MS,
      timeoutMs,
      question: `lookup of ${hostname}`,
      fields: { hostname },
      ask: () => asked.ask(hostname).catch((error: unknown) => {
        if (saysAbsent(error)) this.foundNone();
        throw error;
      }),
      read: (answer) => this.read(answer),
      cancel: () => asked.cancel(),
    }, context);
  }

  public start(listener: BackendsListener): Promise<void> {
    return this.list.start(listener);
  }

  public async stop(): Promise<void> {
    this.list.stop();
  }

  private read(answer: NamedAddresses): ReadAnswer {
    const { addresses, ttlMs, unanswered } = answer;
    const { current } = this.list;
    const found = new Set(addresses.map((address) => this.endpointOf(address)));
    if ((this.settings.generation ?? OWN_BACKENDS) < OWN_BACKENDS) return this.believed(found);
    for (const known of current) if (unanswered.includes(familyOf(known))) found.add(known);
    this.refuseNone(found);
    const kept = FAMILIES.flatMap((family) =>
      this.keptOf(family, found, answer.ttlMsOf?.[family] ?? ttlMs));
    return {
      found: [...new Set([...found, ...kept])],
      waitMs: Math.max(SHORTEST_WAIT_MS, ttlMs ?? Infinity),
    };
  }

  /** Known backends of a family that an answer, which holds for `ttlMs`, need not have. */
  private keptOf(family: Family, all: ReadonlySet<string>, ttlMs?: number): string[] {
    const last = this.lastAnswers[family];
    const found = new Set([...all].filter((one) => familyOf(one) === family));
    const endsAt = ttlMs === undefined ? Infinity : this.context.clock.monotonic() + ttlMs;
    const isSame = Math.abs(endsAt - last.endsAt) <= TTL_STEP_MS;
    this.lastAnswers[family] = isSame
      ? { found: new Set([...last.found, ...found]), endsAt: last.endsAt } : { found, endsAt };
    return this.list.current.filter((known) =>
      familyOf(known) === family && (isSame || last.found.has(known)));
  }

  /** As upstream: what the last answer says is all that there is, until the interval is over. */
  private believed(found: ReadonlySet<string>): ReadAnswer {
    this.refuseNone(found);
    return { found: [...found], waitMs: Infinity };
  }

  private refuseNone({ size }: ReadonlySet<string>): void {
    if (size > 0) return;
    throw new Error(`${this.settings.hostname}: must have an address, got an empty answer`);
  }

  private endpointOf({ address, family }: LookupAddress): string {
    const host = family === 6 ? `[${address}]` : address;
    return this.settings.port === '' ? host : `${host}:${this.settings.port}`;
  }
}

function familyOf(endpoint: string): Family {
  return endpoint.startsWith('[') ? 6 : 4;
}
