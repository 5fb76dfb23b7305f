import { isInCluster } from './cluster-name';
import type { Resolver } from './resolver';
import { Signal } from './signal';

/** How one signal is sent to a target. Exactly one of `resolver` and `endpoint` is there. */
export interface TelemetryRoute {
  /**
   * Spread by trace: each trace goes to one of the addresses that this finds.
   * @default - not spread by trace
   */
  readonly resolver?: Resolver;
  /**
   * Spread by connection, or not at all: the gRPC address to send to, such as `host:4317` or
   * `dns:///host:4317`.
   * @default - spread by trace
   */
  readonly endpoint?: string;
  /**
   * Whether the connection is plain text.
   * @default false
   */
  readonly insecure?: boolean;
}

/**
 * Something that telemetry can be sent to. Whoever sends asks it for everything: no address, port
 * or permission is typed twice.
 */
export interface ITelemetryTarget {
  /** Name of the exporters that send there. */
  readonly targetName: string;
  /** Signals that it takes. */
  readonly signals: Signal[];
  /** How `signal` is sent there. */
  routeFor(signal: Signal): TelemetryRoute;
}

/** A collector that somebody else runs. One of `endpoint` and `resolver` is needed. */
export interface ExternalTargetOptions {
  /**
   * Its gRPC address, `host:port`.
   * @default - found by the resolver
   */
  readonly endpoint?: string;
  /**
   * Finds several of them; each trace is sent to one. Only traces can be sent this way.
   * @default - there is one address
   */
  readonly resolver?: Resolver;
  /**
   * Signals that it takes.
   * @default - all; with a resolver, traces
   */
  readonly signals?: Signal[];
  /**
   * Whether connections are plain text.
   * @default - TLS, but for names inside the cluster and `http://`
   */
  readonly insecure?: boolean;
}

const NOWHERE = 'localhost:4317';

/** Targets that are not constructs of this app. */
export class TelemetryTarget implements ITelemetryTarget {
  /** Collectors that somebody else runs, in this cluster or elsewhere. */
  public static external(name: string, options: ExternalTargetOptions): TelemetryTarget {
    return new TelemetryTarget(name, options);
  }

  public readonly signals: Signal[];

  private constructor(
    public readonly targetName: string, private readonly options: ExternalTargetOptions,
  ) {
    this.signals = options.signals
      ?? (options.resolver === undefined ? Object.values(Signal) : [Signal.TRACES]);
  }

  /**
   * What is wrong with its options.
   * @internal
   */
  public get _problems(): string[] {
    const { endpoint, resolver } = this.options;
    return (endpoint === undefined) !== (resolver === undefined) ? [] : [
      `forwardTo (${this.targetName}): must have an endpoint or a resolver, got`
      + ` ${endpoint === undefined ? 'neither' : 'both'}.`
      + '\n→ write TelemetryTarget.external(name, { endpoint: \'host:4317\' }), for example.',
    ];
  }

  public routeFor(_signal: Signal): TelemetryRoute {
    const { resolver, insecure } = this.options;
    // With neither of them synthesis fails; everything else is told along with it.
    const endpoint = this.options.endpoint ?? (resolver === undefined ? NOWHERE : undefined);
    return { endpoint, resolver, insecure: insecure ?? isInCluster(endpoint ?? '') };
  }
}
