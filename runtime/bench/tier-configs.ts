import type { Ports } from './tiers';

const head = ({ otlp, health }: Ports): string => `
receivers:
  otlp: { protocols: { grpc: { endpoint: "127.0.0.1:${otlp}" } } }
extensions:
  health_check: { endpoint: "127.0.0.1:${health}" }
`;

const service = (processors: string, exporter: string): string => `
service:
  extensions: [health_check]
  telemetry: { metrics: { level: none }, logs: { level: warn } }
  pipelines:
    traces: { receivers: [otlp], processors: [${processors}], exporters: [${exporter}] }
`;

/** A tier that batches and passes on, as nearly every collector does. */
export function plainConfig(ports: Ports): string {
  return `${head(ports)}
processors:
  memory_limiter: { check_interval: 1s, limit_mib: 2000 }
  batch:
exporters:
  otlp_grpc: { endpoint: "127.0.0.1:${ports.sinks[0]}", compression: none, tls: { insecure: true } }
${service('memory_limiter, batch', 'otlp_grpc')}`;
}

/**
 * The plain tier, but batches are gathered behind the queue: what is answered is in the queue.
 * That is in memory, or on disk with fsync after every write or without.
 */
export function queueConfig(ports: Ports, disk?: { readonly fsync: boolean }): string {
  const [storage, extension, name] = disk === undefined ? ['', '', ''] : [
    'storage: file_storage, ',
    `  file_storage: { directory: ${ports.directory}, fsync: ${disk.fsync} }\n`,
    ', file_storage',
  ];
  return `${head(ports)}${extension}
processors:
  memory_limiter: { check_interval: 1s, limit_mib: 2000 }
exporters:
  otlp_grpc:
    endpoint: "127.0.0.1:${ports.sinks[0]}"
    compression: none
    tls: { insecure: true }
    sending_queue: { ${storage}batch: {} }
${service('memory_limiter', 'otlp_grpc').replace('[health_check]', `[health_check${name}]`)}`;
}

/** A tier that routes by trace id to all sinks and answers when they have. */
export function loadBalancingConfig(ports: Ports): string {
  return `${head(ports)}
exporters:
  load_balancing:
    protocol:
      otlp: { compression: none, tls: { insecure: true }, sending_queue: { enabled: false } }
    resolver:
      static: { hostnames: [${ports.sinks.map((port) => `"127.0.0.1:${port}"`).join(', ')}] }
${service('', 'load_balancing')}`;
}

/** A tier that holds every trace for two seconds and keeps about a tenth of them. */
export function tailSamplingConfig(ports: Ports): string {
  return `${head(ports)}
processors:
  tail_sampling:
    decision_wait: 2s
    num_traces: 5000000
    policies:
      - { name: errors, type: status_code, status_code: { status_codes: [ERROR] } }
      - { name: slow, type: latency, latency: { threshold_ms: 5000 } }
      - { name: rest, type: probabilistic, probabilistic: { sampling_percentage: 10 } }
exporters:
  otlp_grpc: { endpoint: "127.0.0.1:${ports.sinks[0]}", compression: none, tls: { insecure: true } }
${service('tail_sampling', 'otlp_grpc')}`;
}
