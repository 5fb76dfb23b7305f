/** Where a configuration sends telemetry. */
import { endpointParts } from './cluster-name';
import { Signal } from './signal';
import { valueAt, type CollectorData } from './tier-facts';

/** One address of one exporter. */
export interface Destination {
  /** The exporter's id. */
  readonly exporter: string;
  /** The setting that holds it, where it is not the usual one. */
  readonly setting?: string;
  /** How it is written, for messages. */
  readonly text: string;
  /** Name or address. */
  readonly host: string;
  /** Port. */
  readonly port: number;
  /** The protocol that is spoken. */
  readonly protocol: 'grpc' | 'http';
  /** How the exporter spreads what it sends. */
  readonly spread: 'connection' | 'trace' | 'key';
  /** The key, when it is another one than the trace id. */
  readonly key?: string;
  /** What finds the addresses, when the exporter spreads by trace. */
  readonly resolver?: 'static' | 'dns' | 'k8s';
  /** Signals that it sends. */
  readonly signals: readonly Signal[];
}

const TYPES: Readonly<Record<string, 'grpc' | 'http' | 'routed'>> = {
  otlp: 'grpc',
  otlp_grpc: 'grpc',
  otlphttp: 'http',
  otlp_http: 'http',
  loadbalancing: 'routed',
  load_balancing: 'routed',
};

/** All destinations of the OTLP exporters that pipelines use. */
export function destinations(data: CollectorData): Destination[] {
  return Object.entries(data.exporters ?? {}).flatMap(([exporter, config]) => {
    const signals = signalsOf(data, exporter);
    const kind = TYPES[exporter.split('/')[0]];
    if (signals.length === 0 || kind === undefined) return [];
    if (kind === 'http') return httpDestinations(config, exporter, signals);
    const all = kind === 'routed' ? routedAddresses(config)
      : plainAddresses(valueAt(config, 'endpoint'), kind);
    return all.map((address) => ({ ...address, exporter, signals }));
  });
}

function signalsOf(data: CollectorData, exporter: string): Signal[] {
  const pipelines = Object.entries((valueAt(data, 'service', 'pipelines') ?? {}) as object);
  return Object.values(Signal).filter((signal) => pipelines.some(([id, pipeline]) => {
    const used = valueAt(pipeline, 'exporters');
    return id.split('/')[0] === signal && Array.isArray(used) && used.includes(exporter);
  }));
}

/** Over HTTP a signal may have an address of its own, and then does not take the common one. */
function httpDestinations(
  config: unknown, exporter: string, signals: readonly Signal[],
): Destination[] {
  const settings = signals.map((signal) => ({ signal, setting: `${signal}_endpoint` }));
  const own = settings.filter(({ setting }) => isGiven(valueAt(config, setting)));
  const others = signals.filter((signal) => !own.some((each) => each.signal === signal));
  const common = others.length === 0 ? [] : plainAddresses(valueAt(config, 'endpoint'), 'http');
  return [
    ...common.map((address) => ({ ...address, exporter, signals: others })),
    ...own.flatMap(({ signal, setting }) => plainAddresses(valueAt(config, setting), 'http')
      .map((address) => ({ ...address, setting, exporter, signals: [signal] }))),
  ];
}

function isGiven(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

type Address = Omit<Destination, 'exporter' | 'signals'>;

function plainAddresses(endpoint: unknown, protocol: 'grpc' | 'http'): Address[] {
  if (typeof endpoint !== 'string') return [];
  const { scheme, host, port } = endpointParts(endpoint);
  return [{
    text: endpoint,
    host,
    port: port ?? (scheme === 'http' ? 80 : 443),
    protocol,
    spread: 'connection',
  }];
}

function routedAddresses(config: unknown): Address[] {
  const word = valueAt(config, 'routing_key');
  // Without a key traces are routed by trace id, and everything else by service.
  const key = isGiven(word) ? String(word) : 'traceID';
  const spread = key === 'traceID' ? { spread: 'trace' as const } : { spread: 'key' as const, key };
  const routed = (
    resolver: 'static' | 'dns' | 'k8s', host: string, port: unknown, text = host,
  ): Address => ({
    text, host, port: Number(port ?? 4317), protocol: 'grpc', ...spread, resolver,
  });
  const resolver = valueAt(config, 'resolver');
  const hostnames = valueAt(resolver, 'static', 'hostnames');
  const dns = valueAt(resolver, 'dns');
  const k8s = valueAt(resolver, 'k8s');
  const service = valueAt(k8s, 'service');
  const given = valueAt(k8s, 'ports');
  const ports: unknown[] = Array.isArray(given) && given.length > 0 ? given : [undefined];
  const hostname = valueAt(dns, 'hostname');
  return [
    ...(Array.isArray(hostnames) ? hostnames : []).map((text: unknown) => {
      const { host, port } = endpointParts(String(text));
      return routed('static', host, port, String(text));
    }),
    ...typeof hostname === 'string' ? [routed('dns', hostname, valueAt(dns, 'port'))] : [],
    ...typeof service === 'string' ? ports.map((port) => routed('k8s', service, port)) : [],
  ];
}
