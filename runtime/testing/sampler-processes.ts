/** Processes that are one tail sampler, each on a loopback address of its own. */
import { CollectorProcess, get, until } from './collector-process';
import { numberedSpan, spans } from './span-builder';

/** Where they are. */
export const POOL_HOSTS = ['127.0.0.2', '127.0.0.3', '127.0.0.4'];

/** Where one of them listens and sends to. */
export interface SamplerPlace {
  /** Its address. */
  readonly host: string;
  /** Port for spans over HTTP; all have the same. */
  readonly otlp: number;
  /** Port for each other; all have the same. */
  readonly peers: number;
  /** Port of `health_check`. */
  readonly health: number;
  /** Port of its backend. */
  readonly backend: number;
}

/** What one is told besides, key by key. */
export interface MoreSettings {
  /** Of `tail_sampling`. */
  readonly tailSampling?: object;
  /** Of `otlp_http`. */
  readonly otlpHttp?: object;
  /** Extensions by their names. */
  readonly extensions?: Readonly<Record<string, object>>;
}

/** Its configuration: it keeps traces that have so many spans, 5 seconds after the first. */
export function samplerConfig(
  { host, otlp, peers, health, backend }: SamplerPlace, minSpans: number, more: MoreSettings = {},
): string {
  return JSON.stringify({
    receivers: { otlp: { protocols: { http: { endpoint: `${host}:${otlp}` } } } },
    processors: {
      tail_sampling: {
        peers: 'trace_peers',
        decision_wait: '5s',
        policies: [{ name: 'whole', type: 'span_count', span_count: { min_spans: minSpans } }],
        ...more.tailSampling,
      },
    },
    exporters: { otlp_http: { endpoint: `http://127.0.0.1:${backend}`, ...more.otlpHttp } },
    extensions: {
      health_check: { endpoint: `127.0.0.1:${health}` },
      trace_peers: {
        address: host,
        endpoint: `${host}:${peers}`,
        resolver: { k8s: { service: 'sampler', ports: [otlp] } },
        resolver_delay: '500ms',
      },
      ...more.extensions,
    },
    service: {
      extensions: ['health_check', ...Object.keys(more.extensions ?? {}), 'trace_peers'],
      telemetry: { logs: { encoding: 'json' }, metrics: { level: 'none' } },
      pipelines: {
        traces: { receivers: ['otlp'], processors: ['tail_sampling'], exporters: ['otlp_http'] },
      },
    },
  });
}

/** Waits until the process with this port of `health_check` is ready. */
export async function untilReady(health: number): Promise<void> {
  await until('readiness', async () => (await get(health)).status === 200);
}

/** Waits until all of them route by a ring of all. */
export async function untilOneRing(samplers: readonly CollectorProcess[]): Promise<void> {
  await until('a ring of all', () => samplers.every(({ stderr }) =>
    stderr.split('\n').some((line) => line.includes('A ring is in use.')
      && line.includes(`"pods":${samplers.length}`))));
}

/** Sends as an SDK does behind a Service: who refuses or is gone is left for the next one. */
async function sendToSome(body: Buffer, first: number, port: number): Promise<void> {
  for (let at = first; at < first + 100; at += 1) {
    const url = `http://${POOL_HOSTS[at % POOL_HOSTS.length]}:${port}/v1/traces`;
    const headers = { 'content-type': 'application/x-protobuf' };
    const answer = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body) })
      .then(({ status }) => status, () => 0);
    if (answer === 200) return;
    if (answer !== 0 && answer !== 503) throw new Error(`must be taken, got ${answer}`);
  }
  throw new Error('must be taken by some pod, got none');
}

/**
 * Sends of each of so many traces the spans from one number to another, so many traces a request,
 * each to the next of the pods.
 */
export async function sendTraces(
  { traces, batch, port }: { traces: number; batch: number; port: number },
  from: number, to: number,
): Promise<void> {
  for (let span = from; span < to; span += 1) {
    for (let trace = 0; trace < traces; trace += batch) {
      const body = spans(Array.from({ length: batch }, (_, i) => numberedSpan(trace + i, span)));
      await sendToSome(body, span + trace / batch, port);
    }
  }
}
