/**
 * Asks AWS Cloud Map for the backends, again and again.
 *
 * An answer is believed at once, as Cloud Map is asked itself and no cache; but for one without any
 * backend, which counts as failed: then as after every failure the list stays as it is.
 */
import { isIPv4 } from 'net';
import { BackendList, BackendsListener, Resolver, ResolverContext } from './resolver';
import type { Timer } from '../../clock';
import { messageOf } from '../../errors';

/** Which instances are asked for. */
export interface CloudMapQuery {
  /** The namespace's HTTP name. */
  readonly namespace: string;
  /** The service's name. */
  readonly serviceName: string;
  /** Which instances count by their health; '' leaves it to Cloud Map. */
  readonly healthStatus: '' | 'HEALTHY' | 'UNHEALTHY' | 'ALL' | 'HEALTHY_OR_ELSE_ALL';
  /** Account that owns the namespace; '' is one's own. */
  readonly ownerAccount: string;
}

/** How a cloud map resolver asks. Times are in milliseconds. */
export interface CloudMapSettings extends CloudMapQuery {
  /** Time between two lookups. */
  readonly interval: number;
  /** Longest time of one lookup. */
  readonly timeout: number;
  /** Port of every backend; 0 is that of each instance. */
  readonly port: number;
}

/** Attributes of an instance. */
export type InstanceAttributes = Readonly<Record<string, string | undefined>>;

/** Asks Cloud Map. */
export interface CloudMapClient {
  /** Attributes of each instance that `query` finds. */
  discover(query: CloudMapQuery, signal: AbortSignal): Promise<readonly InstanceAttributes[]>;
  /** Closes connections. */
  close(): void;
}

const DEFAULT_INTERVAL_MS = 30_000;
const DEFAULT_TIMEOUT_MS = 5000;
const LONGEST_WAIT_FOR_FIRST_MS = 1000;

/** Finds backends in Cloud Map. */
export class CloudMapResolver implements Resolver {
  public readonly kind = 'aws';
  private readonly list: BackendList;
  private readonly interval: number;
  private readonly timeout: number;
  private client?: CloudMapClient;
  private abort = new AbortController();
  private next?: Timer;
  private failures = 0;
  private state: 'new' | 'started' | 'stopped' = 'new';

  public constructor(
    private readonly settings: CloudMapSettings,
    /** Called once, at the start: a configuration must be readable without credentials. */
    private readonly connect: () => CloudMapClient,
    private readonly context: ResolverContext,
  ) {
    this.list = new BackendList(this.kind, context.metrics);
    this.interval = settings.interval > 0 ? settings.interval : DEFAULT_INTERVAL_MS;
    this.timeout = settings.timeout > 0 ? settings.timeout : DEFAULT_TIMEOUT_MS;
  }

  public async start(listener: BackendsListener): Promise<void> {
    if (this.state !== 'new') return;
    this.state = 'started';
    const client = this.client = this.connect();
    this.list.tell(listener);
    await this.resolve(client);
  }

  public async stop(): Promise<void> {
    this.state = 'stopped';
    this.next?.cancel();
    this.abort.abort();
    this.client?.close();
    this.list.tell(() => undefined);
  }

  private async resolve(client: CloudMapClient): Promise<void> {
    try {
      const instances = await this.ask(client);
      if (this.state !== 'stopped') this.take(instances);
    } catch (error) {
      if (this.state !== 'stopped') this.fail(error);
    }
    if (this.state === 'stopped') return;
    const isEmpty = this.list.current.length === 0;
    const wait = isEmpty ? Math.min(this.interval, LONGEST_WAIT_FOR_FIRST_MS) : this.interval;
    this.next = this.context.clock.after(wait, () => { void this.resolve(client); });
  }

  private async ask(client: CloudMapClient): Promise<readonly InstanceAttributes[]> {
    this.abort = new AbortController();
    let timer: Timer | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = this.context.clock.after(this.timeout, () => {
        reject(new Error(`cloud map: must answer in ${this.timeout} ms, got nothing`));
        this.abort.abort();
      });
    });
    try {
      return await Promise.race([client.discover(this.settings, this.abort.signal), late]);
    } finally {
      timer?.cancel();
    }
  }

  private take(instances: readonly InstanceAttributes[]): void {
    const found = new Set(instances.flatMap((attributes) => this.endpointOf(attributes)));
    if (found.size === 0) {
      throw new Error('cloud map: must know an instance with address and port, got '
        + `${instances.length} instances without`);
    }
    this.list.resolved([...found]);
    this.failures = 0;
  }

  /** None for an instance that cannot be reached, such as an alias of a load balancer. */
  private endpointOf(attributes: InstanceAttributes): string[] {
    const address = attributes.AWS_INSTANCE_IPV4 ?? '';
    const port = this.settings.port > 0 ? String(this.settings.port)
      : attributes.AWS_INSTANCE_PORT ?? '';
    return isIPv4(address) && /^\d{1,5}$/.test(port) ? [`${address}:${port}`] : [];
  }

  private fail(error: unknown): void {
    this.list.failed();
    this.failures++;
    // A service that stays away is said once, not every time.
    const level = this.failures === 1 ? 'warn' : 'debug';
    this.context.log[level]('could not resolve the backends, the list stays as it is', {
      namespace: this.settings.namespace,
      service: this.settings.serviceName,
      backends: this.list.current.length,
      error: messageOf(error),
    });
  }
}
