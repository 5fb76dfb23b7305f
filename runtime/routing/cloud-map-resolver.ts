/**
 * Asks AWS Cloud Map for the backends, again and again.
 *
 * An answer is believed at once, as Cloud Map is asked itself and no cache; but for one without any
 * backend, which counts as failed: then as after every failure the list stays as it is.
 */
import { isIPv4 } from 'net';
import { PolledList, type ReadAnswer } from './polled-list';
import type { BackendsListener, Resolver, ResolverContext } from './resolver';

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

/** Finds backends in Cloud Map. */
export class CloudMapResolver implements Resolver {
  public readonly kind = 'aws';
  private readonly list: PolledList<readonly InstanceAttributes[]>;
  private client?: CloudMapClient;
  private abort = new AbortController();

  public constructor(
    private readonly settings: CloudMapSettings,
    /** Called once, at the start: a configuration must be readable without credentials. */
    private readonly connect: () => CloudMapClient,
    context: ResolverContext,
  ) {
    const { interval, namespace, serviceName: service, timeout } = settings;
    this.list = new PolledList({
      kind: this.kind,
      intervalMs: interval > 0 ? interval : DEFAULT_INTERVAL_MS,
      timeoutMs: timeout > 0 ? timeout : DEFAULT_TIMEOUT_MS,
      question: 'cloud map',
      fields: { namespace, service },
      ask: () => this.ask(),
      read: (instances) => this.read(instances),
      cancel: () => this.abort.abort(),
    }, context);
  }

  public async start(listener: BackendsListener): Promise<void> {
    this.client ??= this.connect();
    await this.list.start(listener);
  }

  public async stop(): Promise<void> {
    this.list.stop();
    this.client?.close();
  }

  private async ask(): Promise<readonly InstanceAttributes[]> {
    this.abort = new AbortController();
    return this.client?.discover(this.settings, this.abort.signal) ?? [];
  }

  private read(instances: readonly InstanceAttributes[]): ReadAnswer {
    const found = new Set(instances.flatMap((attributes) => this.endpointOf(attributes)));
    if (found.size === 0) {
      throw new Error('cloud map: must know an instance with address and port, got '
        + `${instances.length} instances without`);
    }
    return { found: [...found] };
  }

  /** None for an instance that cannot be reached, such as an alias of a load balancer. */
  private endpointOf(attributes: InstanceAttributes): string[] {
    const address = attributes.AWS_INSTANCE_IPV4 ?? '';
    const port = this.settings.port > 0 ? String(this.settings.port)
      : attributes.AWS_INSTANCE_PORT ?? '';
    return isIPv4(address) && /^\d{1,5}$/.test(port) ? [`${address}:${port}`] : [];
  }
}
