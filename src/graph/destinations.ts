/** Where a configuration sends telemetry. */
import { endpointParts } from './cluster-name';
import { Signal } from './signal';
import { valueAt, type CollectorData } from './tier-facts';

/** One address of one exporter. */
export interface Destination {
  /** The exporter's id. */
  readonly exporter: string;
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
    const all = kind === 'routed' ? routedAddresses(config) : plainAddresses(config, kind);
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

type Address = Omit<Destination, 'exporter' | 'signals'>;

function plainAddresses(config: unknown, protocol: 'grpc' | 'http'): Address[] {
  const endpoint = valueAt(config, 'endpoint');
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
  const given = valueAt(config, 'routing_key');
  // Without a key traces are routed by trace id, and everything else by service.
  const key = typeof given !== 'string' || given === '' ? 'traceID' : given;
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
  const hostname = valueAt(dns, 'hostname');
  return [
    ...(Array.isArray(hostnames) ? hostnames : []).map((text: unknown) => {
      const { host, port } = endpointParts(String(text));
      return routed('static', host, port, String(text));
    }),
    ...typeof hostname === 'string' ? [routed('dns', hostname, valueAt(dns, 'port'))] : [],
    ...typeof service === 'string' ? [routed('k8s', service, valueAt(k8s, 'ports', 0))] : [],
  ];
}
