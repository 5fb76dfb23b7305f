/**
 * Which signal may be routed by what, and what then is hashed, as releases of upstream do it.
 *
 * Generations of keys: 1 up to v0.151 (attributes of spans as bare texts, logs always by the bytes
 * of the trace id), 2 up to v0.153 (attributes of spans as `name=value|`), 3 since (logs by their
 * routing key). Keys of metrics are the same in all of them.
 */
import { BARE, NAMED } from './keys/attribute-names';
import { LogAttributesKey, PointAttributesKey } from './keys/by-attributes';
import { ResourceKey, ServiceKey } from './keys/by-resource';
import { LogTraceIdKey } from './keys/log-trace-id';
import { MetricNameKey, StreamKey } from './keys/metric-keys';
import { SpanAttributesKey } from './keys/span-attributes';
import { ROUTING_KEYS, type LoadBalancingSettings } from '../../config';
import type { Key } from '../../otlp/key-splitter';
import type { Signal } from '../../pipeline/payload';

/** What decides about the backend. */
export type RoutingKeySettings = Pick<LoadBalancingSettings, 'routingKey' | 'routingAttributes'>
  & { readonly compatibility: Pick<LoadBalancingSettings['compatibility'], 'keys'> };

type KeyName = Exclude<LoadBalancingSettings['routingKey'], ''>;

const KEYS: Readonly<Record<Signal, readonly KeyName[]>> = ROUTING_KEYS;

/** The first generation in which attributes of spans have their names. */
const NAMED_SINCE = 2;
/** The first generation in which logs obey their routing key. */
const LOGS_OBEY_SINCE = 3;

/** Whose key it is, and where records go that have none. */
export interface RoutingKeyOptions {
  /** The exporter's name in the configuration. */
  readonly id: string;
  /** A number in [0, 1) per call; `Math.random` when none is given. */
  readonly random?: () => number;
}

/**
 * What `signal` is routed by; undefined for spans by trace id, which are split without a key.
 *
 * @throws Error when the routing key does not route this signal.
 */
export function routingKeyOf(
  signal: Signal, settings: RoutingKeySettings, { id, random = Math.random }: RoutingKeyOptions,
): Key | undefined {
  const { compatibility: { keys }, routingAttributes } = settings;
  const name = keyNameOf(signal, settings, id);
  if (signal === 'traces') {
    if (name === 'traceID') return undefined;
    const names = name === 'service' ? ['service.name'] : routingAttributes;
    return new SpanAttributesKey(names, keys >= NAMED_SINCE ? NAMED : BARE);
  }
  if (signal === 'logs' && keys < LOGS_OBEY_SINCE) return new LogTraceIdKey('bytes', random);
  switch (name) {
    case 'traceID': return new LogTraceIdKey('hex', random);
    case 'service': return new ServiceKey(signal === 'metrics');
    case 'resource': return new ResourceKey();
    case 'metric': return new MetricNameKey();
    case 'streamID': return new StreamKey();
    case 'attributes': return signal === 'logs'
      ? new LogAttributesKey(routingAttributes)
      : new PointAttributesKey(routingAttributes);
  }
}

/** Whether logs go by trace id although they are told otherwise. */
export function overridesKeyOfLogs({ compatibility, routingKey }: RoutingKeySettings): boolean {
  return compatibility.keys < LOGS_OBEY_SINCE && !['', 'traceID'].includes(routingKey);
}

/**
 * The same text for all who route `signals` alike; '' for trace ids of spans and what is usual for
 * other signals.
 */
export function wayOfRouting(
  { compatibility: { keys }, routingAttributes, routingKey }: RoutingKeySettings,
  signals: readonly Signal[],
): string {
  if (!['', 'traceID'].includes(routingKey)) {
    return [routingKey, ...routingAttributes, keys].join(' ');
  }
  // Trace ids of spans were hashed alike in all generations, those of logs were not.
  if (!signals.includes('logs')) return '';
  return keys < LOGS_OBEY_SINCE ? 'logs by bytes of the trace id' : routingKey;
}

function keyNameOf(signal: Signal, { routingKey }: RoutingKeySettings, id: string): KeyName {
  const [fallback] = KEYS[signal];
  const name = routingKey === '' ? fallback : routingKey;
  if (!KEYS[signal].includes(name)) {
    throw new Error(`exporters.${id}.routing_key: must be one of ${KEYS[signal].join(', ')} in a `
      + `pipeline of ${signal}, got ${name}`);
  }
  return name;
}
