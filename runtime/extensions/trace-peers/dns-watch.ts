/**
 * Follows the pods that a name resolves to, and all pods by a second name.
 *
 * Answers of name servers flap: a pod is missed only when no answer has held it for a while.
 */
import type { PeersWatch, ViewListener } from './peers-watch';
import type { Clock, Timer } from '../../clock';
import type { TracePeersSettings } from '../../config';
import { DnsResolver } from '../../routing/dns-resolver';
import type { ResolverContext } from '../../routing/resolver';

type DnsSettings = NonNullable<TracePeersSettings['resolver']['dns']>;

/** What finds the addresses of one name. */
export interface NameWatch {
  /** Looks for the first time, and goes on. */
  start(listener: (addresses: readonly string[]) => void): Promise<void>;
  /** Ends. */
  stop(): Promise<void>;
}

/** How all pods are found. */
export interface DnsWatchOptions {
  /** Name of all pods; '' when there is none. */
  readonly allPodsHostname: string;
  /** Time after which a pod is missed that no answer holds, in milliseconds. */
  readonly lastsMs: number;
}

/** Asks DNS who is in the pool. */
export class DnsWatch implements PeersWatch {
  public readonly seesLeaving = true;
  private readonly ready: NameWatch;
  private readonly all?: NameWatch;
  private readyNow: readonly string[] = [];
  private readonly lasting: Lasting;
  private listener: ViewListener = () => undefined;
  private hasStarted = false;
  /** Whether it was said who is ready, be it nobody; a name server that is away says nothing. */
  private isAnswered = false;
  private waiting?: Timer;
  private isStopped = false;

  public constructor(
    settings: DnsSettings,
    private readonly options: DnsWatchOptions,
    private readonly context: ResolverContext,
    watch: (hostname: string, foundNone: () => void) => NameWatch = (hostname, foundNone) =>
      new DnsResolver({ ...settings, hostname }, context, undefined, foundNone),
  ) {
    this.ready = watch(settings.hostname, () => this.answered());
    const { allPodsHostname } = options;
    if (allPodsHostname !== '') this.all = watch(allPodsHostname, () => undefined);
    this.lasting = new Lasting(context.clock, options.lastsMs, () => this.tell());
  }

  public async start(listener: ViewListener): Promise<void> {
    this.listener = listener;
    await Promise.all([
      this.ready.start((addresses) => {
        this.readyNow = addresses;
        this.isAnswered = true;
        this.tell();
      }),
      this.all?.start((addresses) => this.lasting.take(addresses)),
    ]);
    this.hasStarted = true;
    this.tell();
    if (this.isAnswered || this.isStopped) return;
    // A search domain that never answers must not keep a pool from its first pod for ever.
    this.waiting = this.context.clock.after(this.options.lastsMs, () => this.answered());
  }

  public async stop(): Promise<void> {
    this.isStopped = true;
    this.listener = () => undefined;
    this.waiting?.cancel();
    this.lasting.stop();
    await Promise.all([this.ready.stop(), this.all?.stop()]);
  }

  /** A name that nothing is found for yet is that of a pool without pods. */
  private answered(): void {
    if (this.isAnswered) return;
    this.isAnswered = true;
    this.tell();
  }

  private tell(): void {
    if (!this.hasStarted) return;
    const ready = this.readyNow;
    if (this.all === undefined) {
      if (this.isAnswered) this.listener({ ready });
    } else if (this.lasting.addresses.length > 0) {
      // This pod at least is there, so that an empty answer is none.
      this.listener({ ready, all: [...this.lasting.addresses, ...ready] });
    }
  }
}

/** Addresses that were there, or were a moment ago. */
class Lasting {
  private now: readonly string[] = [];
  private readonly leaving = new Map<string, Timer>();

  public constructor(
    private readonly clock: Clock,
    private readonly lastsMs: number,
    private readonly changed: () => void,
  ) {}

  public get addresses(): readonly string[] {
    return [...this.now, ...this.leaving.keys()];
  }

  public take(addresses: readonly string[]): void {
    const present = new Set(addresses);
    for (const address of this.now) {
      if (present.has(address) || this.leaving.has(address)) continue;
      this.leaving.set(address, this.clock.after(this.lastsMs, () => {
        this.leaving.delete(address);
        this.changed();
      }));
    }
    for (const address of present) {
      this.leaving.get(address)?.cancel();
      this.leaving.delete(address);
    }
    this.now = addresses;
    this.changed();
  }

  public stop(): void {
    for (const timer of this.leaving.values()) timer.cancel();
    this.leaving.clear();
  }
}
