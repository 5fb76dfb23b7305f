/** What keeps telemetry together that is spread over several collectors or stores. */
import { Signal } from './signal';

/** What telemetry has in common that goes to the same place. */
export class RoutingKey {
  /** Spans of a trace, as samplers need them. Spreads traces. */
  public static readonly TRACE_ID = new RoutingKey('traceID', [Signal.TRACES]);

  /** Everything of a service, as span metrics need it. Spreads all signals. */
  public static readonly SERVICE = new RoutingKey('service', Object.values(Signal));

  /** Everything of a resource, by all of its attributes. Spreads metrics and logs. */
  public static readonly RESOURCE = new RoutingKey('resource', [Signal.METRICS, Signal.LOGS]);

  /** Metrics of a name. Spreads metrics. */
  public static readonly METRIC = new RoutingKey('metric', [Signal.METRICS]);

  /** The points of a stream of metrics: each has a single writer then. Spreads metrics. */
  public static readonly STREAM_ID = new RoutingKey('streamID', [Signal.METRICS]);

  /**
   * Everything with the same values of `attributes`, one name at least. Spreads all signals.
   */
  public static attributes(attributes: string[]): RoutingKey {
    return new RoutingKey('attributes', Object.values(Signal), attributes);
  }

  private constructor(
    /**
     * Upstream's word for it.
     * @internal
     */
    public readonly _word: string,
    /** Signals that it spreads. */
    public readonly signals: Signal[],
    /**
     * Names of attributes, where those decide.
     * @internal
     */
    public readonly _attributes?: string[],
  ) {}
}

/**
 * How telemetry is spread over several receivers of it.
 *
 * The collector of this package spreads traces by trace id. For every other key one of upstream's
 * distributions is taken, where no image was named.
 */
export class Routing {
  /**
   * What has the same key goes to the same place. Signals that the key does not spread go by
   * connection.
   */
  public static byKey(key: RoutingKey): Routing {
    return new Routing(key);
  }

  private constructor(
    /**
     * The key.
     * @internal
     */
    public readonly _key: RoutingKey,
  ) {}

  /**
   * Whether it spreads `signal`.
   * @internal
   */
  public _spreads(signal: Signal): boolean {
    return this._key.signals.includes(signal);
  }
}

/** How traces are spread unless something else was said. */
export const BY_TRACE = Routing.byKey(RoutingKey.TRACE_ID);
