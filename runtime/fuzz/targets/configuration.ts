/** YAML: a configuration is read, or every mistake in it is told with its place. */
import { readCollectorConfig } from '../../config';
import { Htpasswd } from '../../extensions/basic-auth/htpasswd';
import { delayOfRetryAfter } from '../../net/status';
import type { FuzzTarget } from '../campaign';
import { mustHold } from './requests';

const FULL = `
receivers:
  otlp:
    protocols:
      grpc: {endpoint: "0.0.0.0:4317", max_recv_msg_size_mib: 8}
      http:
extensions:
  bearertokenauth: {token: "\${env:TOKEN}"}
  health_check:
processors:
  memory_limiter: {check_interval: 1s, limit_percentage: 80}
  batch: &batch
    timeout: 1h30m
    send_batch_size: 0x10
  batch/two:
    <<: *batch
  tail_sampling:
    decision_wait: 5s
    policies:
      - {name: errors, type: status_code, status_code: {status_codes: [ERROR]}}
      - name: both
        type: and
        and:
          and_sub_policy:
            - {name: slow, type: latency, latency: {threshold_ms: 5000}}
exporters:
  otlp_grpc:
    endpoint: "tempo:4317"
    tls: {insecure: true}
    sending_queue: {queue_size: 10_000}
  load_balancing:
    protocol: {otlp: {}}
    resolver: {dns: {hostname: pods}}
service:
  extensions: [health_check]
  telemetry: {logs: {level: info}, resource: {k: "v"}}
  pipelines:
    traces: {receivers: [otlp], processors: [memory_limiter, batch], exporters: [otlp_grpc]}
`;
const SMALL = `receivers: {otlp: {protocols: {grpc: }}}
exporters: {debug: {verbosity: "detailed"}}
service: {pipelines: {logs: {receivers: [otlp], exporters: [debug]}}}
`;

function reads(input: Uint8Array): boolean {
  const text = Buffer.from(input).toString();
  const { problems, settings } = readCollectorConfig([{ name: 'a.yaml', text }], { TOKEN: 't' });
  mustHold((settings === undefined) === (problems.length > 0),
    'must give settings or problems', problems.length);
  for (const { message } of problems) mustHold(message !== '', 'must say what is wrong', message);
  return settings !== undefined;
}

function credentials(input: Uint8Array): boolean {
  const text = Buffer.from(input).toString();
  delayOfRetryAfter(text.slice(0, 100), 1_700_000_000_000);
  return new Htpasswd().replace(text) === 0;
}

/** Targets over what operators write. */
export const configurationTargets: readonly FuzzTarget[] = [
  {
    name: 'configuration',
    seeds: [FULL, SMALL].map((text) => Buffer.from(text)),
    weight: 0.5,
    decode: reads,
  },
  {
    name: 'htpasswd and Retry-After',
    seeds: ['a:$2y$05$abcdefghijklmnopqrstuv:x\nb:{SHA}0DPiKuNIrrVmD8IUCuw1hQxNqZc=\n# c\n',
      'Wed, 21 Oct 2026 07:28:00 GMT', '120'].map((text) => Buffer.from(text)),
    weight: 2,
    decode: credentials,
  },
];
