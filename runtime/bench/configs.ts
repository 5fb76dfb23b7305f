/** Configurations of the rows; both collectors read the very same file. */
import type { Sampling } from './rows';
import type { Carriage, CertificateFiles } from './traffic';

/** What stands between receiver and exporter. */
export type Pipeline = 'plain' | 'routing' | 'tail';

/** What a configuration is made from. */
export interface ConfigParts {
  readonly pipeline: Pipeline;
  readonly carriage: Carriage;
  /** What a tail sampler is told. */
  readonly sampling?: Sampling;
  /** Where the collector takes requests. */
  readonly port: number;
  /** Where the backends are. */
  readonly sinks: readonly number[];
  readonly certificate: CertificateFiles;
}

const PROCESSORS: Readonly<Record<Pipeline, readonly string[]>> = {
  plain: ['memory_limiter', 'batch'],
  routing: ['memory_limiter'],
  tail: ['memory_limiter', 'tail_sampling'],
};

/** More than any row needs: nobody is to be measured refusing. */
const MEMORY_MIB = 16_000;

const string = (key: string, values: string): string =>
  `type: string_attribute, string_attribute: { key: ${key}, ${values} }`;
const numeric = (key: string, from: number, to: number): string =>
  `type: numeric_attribute, numeric_attribute: {
        key: ${key}, min_value: ${from}, max_value: ${to} }`;

/** They keep what the load says that they keep. */
const KEEPING = [
  'type: status_code, status_code: { status_codes: [ERROR] }',
  'type: latency, latency: { threshold_ms: 5000 }',
  'type: probabilistic, probabilistic: { sampling_percentage: 10 }',
];
/** They look at what many look at, and keep nothing that the others would not. */
const LOOKING = [
  string('service.name', 'values: [billing, ledger]'),
  string('http.route', 'values: ["^/admin/.*", "/internal/.*"], enabled_regex_matching: true'),
  string('user_agent.original', 'values: [".*[Bb]ot.*"], enabled_regex_matching: true'),
  string('db.system.name', 'values: [oracle, db2]'),
  string('k8s.namespace.name', 'values: [canary]'),
  numeric('http.response.status_code', 600, 699),
  numeric('db.response.returned_rows', 10_000, 1_000_000),
  'type: boolean_attribute, boolean_attribute: { key: app.debug, value: true }',
  'type: span_count, span_count: { min_spans: 100000 }',
  'type: trace_state, trace_state: { key: debug, values: ["1"] }',
  `type: and, and: { and_sub_policy: [
        { name: route, ${string('http.route', 'values: [/api/checkout]')} },
        { name: hour, type: latency, latency: { threshold_ms: 3600000 } } ] }`,
  `type: and, and: { and_sub_policy: [
        { name: query, ${string('db.namespace', 'values: [shop]')} },
        { name: error, type: status_code, status_code: { status_codes: [ERROR] } } ] }`,
];

/** Spans of the shortest traces. */
const FEWEST_SPANS = 8;

function tailSampling({ policies, rate, waitSeconds }: Sampling): string {
  // Twice what waits for its decision at a time: room for a backlog.
  const traces = Math.ceil(2 * rate * waitSeconds / FEWEST_SPANS);
  const all = [...KEEPING, ...LOOKING].slice(0, policies);
  return `
    decision_wait: ${waitSeconds}s
    num_traces: ${traces}
    policies:
${all.map((policy, at) => `      - { name: policy-${at}, ${policy} }`).join('\n')}`;
}

function settingsOf(processor: string, sampling: Sampling | undefined): string {
  if (processor === 'memory_limiter') return `{ check_interval: 1s, limit_mib: ${MEMORY_MIB} }`;
  return sampling !== undefined && processor === 'tail_sampling' ? tailSampling(sampling) : '{}';
}

function receiver({ carriage, certificate, port }: ConfigParts): string {
  const tls = carriage.tls
    ? `, tls: { cert_file: ${certificate.cert}, key_file: ${certificate.key} }` : '';
  // A request of 8,192 spans is larger than what gRPC takes without being told.
  const most = carriage.protocol === 'grpc'
    ? ', max_recv_msg_size_mib: 64' : ', max_request_body_size: 67108864';
  return `{ endpoint: "127.0.0.1:${port}"${most}${tls} }`;
}

function exporter(parts: ConfigParts): string {
  const { carriage, certificate, pipeline, sinks } = parts;
  const compression = carriage.gzip ? 'gzip' : 'none';
  const tls = carriage.tls
    ? `{ ca_file: ${certificate.ca} }` : '{ insecure: true }';
  const client = `compression: ${compression}, tls: ${tls}`;
  if (pipeline === 'routing') {
    const hosts = sinks.map((port) => `"127.0.0.1:${port}"`).join(', ');
    return `load_balancing:
    protocol: { otlp: { ${client} } }
    resolver: { static: { hostnames: [${hosts}] } }`;
  }
  if (carriage.protocol === 'grpc') {
    return `otlp_grpc: { endpoint: "127.0.0.1:${sinks[0]}", ${client} }`;
  }
  const scheme = carriage.tls ? 'https' : 'http';
  return `otlp_http: { endpoint: "${scheme}://127.0.0.1:${sinks[0]}", ${client} }`;
}

/** The configuration as YAML. */
export function configOf(parts: ConfigParts): string {
  const out = exporter(parts);
  const used = PROCESSORS[parts.pipeline];
  return `
receivers:
  otlp: { protocols: { ${parts.carriage.protocol}: ${receiver(parts)} } }
processors:
${used.map((name) => `  ${name}: ${settingsOf(name, parts.sampling)}`).join('\n')}
exporters:
  ${out}
service:
  telemetry: { metrics: { level: none }, logs: { level: fatal } }
  pipelines:
    traces:
      receivers: [otlp]
      processors: [${used.join(', ')}]
      exporters: [${out.slice(0, out.indexOf(':'))}]
`;
}
