/**
 * Asks DNS for the backends, again and again.
 *
 * A name server that answers short for once (a truncated answer, a cache that is being filled) must
 * not move traces from one backend to another and back. So an address that an answer adds is used
 * at once, and one that is missing leaves when the next answer does not have it either. An answer
 * without any address counts as a failed lookup.
 */
import dns from 'dns';
import type { LookupAddress } from 'dns';
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

/** Finds all addresses of a name. */
export type Lookup = (hostname: string) => Promise<readonly LookupAddress[]>;

const DEFAULT_INTERVAL_MS = 5000;
const DEFAULT_TIMEOUT_MS = 1000;
const LONGEST_WAIT_FOR_FIRST_MS = 1000;

/** Finds backends by name. */
export class DnsResolver implements Resolver {
  public readonly kind = 'dns';
  private readonly list: BackendList;
  private readonly interval: number;
  private readonly timeout: number;
  private lastAnswer: ReadonlySet<string> = new Set();
  private running?: Promise<readonly LookupAddress[]>;
  private next?: Timer;
  private failures = 0;
  private state: 'new' | 'started' | 'stopped' = 'new';

  public constructor(
    private readonly settings: DnsResolverSettings,
    private readonly context: ResolverContext,
    private readonly lookup: Lookup = lookupAll,
  ) {
    this.list = new BackendList(this.kind, context.metrics);
    this.interval = settings.interval > 0 ? settings.interval : DEFAULT_INTERVAL_MS;
    this.timeout = settings.timeout > 0 ? settings.timeout : DEFAULT_TIMEOUT_MS;
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
    this.list.tell(() => undefined);
  }

  private async resolve(): Promise<void> {
    try {
      this.take(await this.ask());
      this.failures = 0;
    } catch (error) {
      this.fail(error);
    }
    if (this.state === 'stopped') return;
    const isEmpty = this.list.current.length === 0;
    const wait = isEmpty ? Math.min(this.interval, LONGEST_WAIT_FOR_FIRST_MS) : this.interval;
    this.next = this.context.clock.after(wait, () => { void this.resolve(); });
  }

  private take(answer: readonly LookupAddress[]): void {
    if (answer.length === 0) {
      throw new Error(`${this.settings.hostname}: must have an address, got an empty answer`);
    }
    const found = new Set(answer.map((address) => this.endpointOf(address)));
    const kept = this.list.current.filter((known) => this.lastAnswer.has(known));
    this.lastAnswer = found;
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

  /** The answer, or an error after the time-out. A lookup that still runs is waited for again. */
  private async ask(): Promise<readonly LookupAddress[]> {
    const { hostname } = this.settings;
    // A lookup cannot be called off and keeps one of few threads busy: never start a second one.
    const running = this.running ?? this.lookup(hostname).finally(() => {
      this.running = undefined;
    });
    this.running = running;
    let timer: Timer | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = this.context.clock.after(this.timeout, () => reject(new Error(
        `lookup of ${hostname}: must answer in ${this.timeout} ms, got nothing`)));
    });
    try {
      return await Promise.race([running, late]);
    } finally {
      timer?.cancel();
    }
  }

  private endpointOf({ address, family }: LookupAddress): string {
    const host = family === 6 ? `[${address}]` : address;
    return this.settings.port === '' ? host : `${host}:${this.settings.port}`;
  }
}

/** All A and AAAA addresses, as the machine resolves them. */
function lookupAll(hostname: string): Promise<readonly LookupAddress[]> {
  return new Promise((resolve, reject) => {
    // Through the module object, so that whoever plays a cluster on one machine can stand in.
    dns.lookup(hostname, { all: true }, (error, addresses) => {
      if (error === null || error === undefined) resolve(addresses);
      else reject(error);
    });
  });
}
