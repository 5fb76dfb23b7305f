/** Configurations of the rows; both collectors read the very same file. */
import type { Carriage, CertificateFiles } from './traffic';

/** What stands between receiver and exporter. */
export type Pipeline = 'plain' | 'routing' | 'tail';

/** What a configuration is made from. */
export interface ConfigParts {
  readonly pipeline: Pipeline;
  readonly carriage: Carriage;
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

const SETTINGS: Readonly<Record<string, string>> = {
  memory_limiter: '{ check_interval: 1s, limit_mib: 4000 }',
  batch: '{}',
  tail_sampling: `
    decision_wait: 2s
    num_traces: 5000000
    policies:
      - { name: errors, type: status_code, status_code: { status_codes: [ERROR] } }
      - { name: slow, type: latency, latency: { threshold_ms: 5000 } }
      - { name: rest, type: probabilistic, probabilistic: { sampling_percentage: 10 } }`,
};

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
${used.map((name) => `  ${name}: ${SETTINGS[name]}`).join('\n')}
exporters:
  ${out}
service:
  telemetry: { metrics: { level: none }, logs: { level: error } }
  pipelines:
    traces:
      receivers: [otlp]
      processors: [${used.join(', ')}]
      exporters: [${out.slice(0, out.indexOf(':'))}]
`;
}
