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
import { NameServers, type NameClient, type NamedAddresses } from './name-servers';
import { BackendList, BackendsListener, Resolver, ResolverContext } from './resolver';
import type { Timer } from '../../clock';
import { messageOf } from '../../errors';

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
}

const DEFAULT_INTERVAL_MS = 5000;
const DEFAULT_TIMEOUT_MS = 1000;
const LONGEST_WAIT_FOR_FIRST_MS = 1000;
/** However short an answer holds. */
const SHORTEST_WAIT_MS = 1000;
/** Caches count in whole seconds: two answers that end within one are one. */
const TTL_STEP_MS = 1000;

/** Finds backends by name. */
export class DnsResolver implements Resolver {
  public readonly kind = 'dns';
  private readonly list: BackendList;
  private readonly interval: number;
  private readonly timeout: number;
  private readonly client: NameClient;
  /** What the last answer had that was not the one before it out of a cache, and its end. */
  private lastAnswer = { found: new Set<string>(), endsAt: -Infinity };
  private next?: Timer;
  private failures = 0;
  private state: 'new' | 'started' | 'stopped' = 'new';

  public constructor(
    private readonly settings: DnsResolverSettings,
    private readonly context: ResolverContext,
    client?: NameClient,
  ) {
    this.list = new BackendList(this.kind, context.metrics);
    this.interval = settings.interval > 0 ? settings.interval : DEFAULT_INTERVAL_MS;
    this.timeout = settings.timeout > 0 ? settings.timeout : DEFAULT_TIMEOUT_MS;
    this.client = client ?? new NameServers({ timeoutMs: this.timeout });
  }

  public async start(listener: BackendsListener): Promise<void> {
    if (this.state !== 'new') return;
    this.state = 'started';
    this.list.tell(listener);
    await this.resolve();
  }

  public async stop(): Promise<void> {
    this.state = 'stopped';
    this.next?.cancel();
    this.client.cancel();
    this.list.tell(() => undefined);
  }

  private async resolve(): Promise<void> {
    let wait = this.interval;
    try {
      const answer = await this.ask();
      if (this.state === 'stopped') return;
      this.take(answer);
      this.failures = 0;
      const holdsMs = Math.max(SHORTEST_WAIT_MS, answer.ttlMs ?? Infinity);
      wait = Math.min(wait, holdsMs);
    } catch (error) {
      if (this.state !== 'stopped') this.fail(error);
    }
    if (this.state === 'stopped') return;
    if (this.list.current.length === 0) wait = Math.min(wait, LONGEST_WAIT_FOR_FIRST_MS);
    this.next = this.context.clock.after(wait, () => { void this.resolve(); });
  }

  private take({ addresses, ttlMs, unanswered }: NamedAddresses): void {
    const { current } = this.list;
    const found = new Set(addresses.map((address) => this.endpointOf(address)));
    for (const known of current) if (unanswered.includes(familyOf(known))) found.add(known);
    if (found.size === 0) {
      throw new Error(`${this.settings.hostname}: must have an address, got an empty answer`);
    }
    const last = this.lastAnswer;
    const endsAt = ttlMs === undefined ? Infinity : this.context.clock.monotonic() + ttlMs;
    const isSame = Math.abs(endsAt - last.endsAt) <= TTL_STEP_MS;
    const kept = current.filter((known) => isSame || last.found.has(known));
    this.lastAnswer = isSame
      ? { found: new Set([...last.found, ...found]), endsAt: last.endsAt } : { found, endsAt };
    this.list.resolved([...new Set([...found, ...kept])]);
  }

  private fail(error: unknown): void {
    this.list.failed();
    this.failures++;
    // A name that stays away is said once, not every few seconds.
    const level = this.failures === 1 ? 'warn' : 'debug';
    this.context.log[level]('could not resolve the backends, the list stays as it is', {
      hostname: this.settings.hostname,
      backends: this.list.current.length,
      error: messageOf(error),
    });
  }

  /** The answer, or an error after the time-out, which ends the question. */
  private async ask(): Promise<NamedAddresses> {
    const { hostname } = this.settings;
    let timer: Timer | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = this.context.clock.after(this.timeout, () => {
        reject(new Error(
          `lookup of ${hostname}: must answer in ${this.timeout} ms, got nothing`));
        this.client.cancel();
      });
    });
    try {
      return await Promise.race([this.client.ask(hostname), late]);
    } finally {
      timer?.cancel();
    }
  }

  private endpointOf({ address, family }: LookupAddress): string {
    const host = family === 6 ? `[${address}]` : address;
    return this.settings.port === '' ? host : `${host}:${this.settings.port}`;
  }
}

function familyOf(endpoint: string): 4 | 6 {
  return endpoint.startsWith('[') ? 6 : 4;
}
