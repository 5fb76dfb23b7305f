/** What keeps telemetry together that is spread over several collectors or stores. */
import { Signal } from './signal';
import { listOf, textOf, withMember, wrongValue } from '../config/prop-kinds';

const ATTRIBUTES = listOf(
  textOf(/./, '', ''), 'a list of names of attributes', 'RoutingKey.attributes([\'tenant\'])');
const KEY = withMember('_word', 'a RoutingKey', 'Routing.byKey(RoutingKey.SERVICE)');

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
    const problems = wrongValue('routing.attributes', attributes, ATTRIBUTES);
    const names = problems.length === 0 ? attributes : ['unknown'];
    return new RoutingKey('attributes', Object.values(Signal), names, problems);
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
    /**
     * What is wrong with it.
     * @internal
     */
    public readonly _problems: readonly string[] = [],
  ) {}
}

/** How telemetry is spread over several receivers of it. */
export class Routing {
  /**
   * What has the same key goes to the same place. Signals that the key does not spread go by
   * connection.
   */
  public static byKey(key: RoutingKey): Routing {
    const problems = wrongValue('routing.key', key, KEY);
    return problems.length === 0
      ? new Routing(key, key._problems) : new Routing(RoutingKey.TRACE_ID, problems);
  }

  private constructor(
    /**
     * The key.
     * @internal
     */
    public readonly _key: RoutingKey,
    /**
     * What is wrong with it.
     * @internal
     */
    public readonly _problems: readonly string[],
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
