/**
 * Tiers of an example as processes of our collector, on addresses of this machine. Their
 * configurations and ports are those of the manifests; only where names lead is said here.
 */
import { stringify } from 'yaml';
import { createPayload } from '../../runtime/pipeline/payload';
import { CollectorProcess, until } from '../../runtime/testing/collector-process';
import { loopbackExporter, loopbackReceiver } from '../../runtime/testing/otlp-loopback';
import { findSpans, spans, type TestSpan } from '../../runtime/testing/span-builder';

let turn = 0;

/** Addresses on which no other test listens. */
export function addresses(count: number): string[] {
  const net = `127.${200 + process.pid % 50}.${240 + turn++}`;
  return Array.from({ length: count }, (_, index) => `${net}.${index + 2}`);
}

/** Runs a tier until the test ends. */
export async function runTier(config: object, address: string): Promise<CollectorProcess> {
  const words = ['run', '--config', `yaml:${stringify(config)}`];
  const collector = new CollectorProcess(words, { POD_IP: address, NODE_NAME: 'node' });
  await until(`a collector on ${address}`, async () =>
    (await fetch(`http://${address}:13133`).catch(() => undefined))?.status === 200);
  return collector;
}

/** The configuration with one exporter in place of all that our collector does not have. */
export function sendingTo(config: any, endpoint: string): object {
  const { service: { pipelines, ...service }, ...sections } = config;
  const store = 'otlp_grpc/store';
  return {
    ...sections,
    exporters: { [store]: { endpoint, tls: { insecure: true } } },
    extensions: { health_check: config.extensions.health_check },
    service: {
      ...service,
      extensions: ['health_check'],
      pipelines: Object.fromEntries(Object.entries<object>(pipelines).map(([id, pipeline]) =>
        [id, { ...pipeline, exporters: [store] }])),
    },
  };
}

/** Something that takes OTLP over gRPC and remembers the spans. */
export class Taker {
  private readonly loopback;

  public constructor(address: string, port = 4317) {
    this.loopback = loopbackReceiver(
      { endpoint: `${address}:${port}` }, { endpoint: `${address}:0` });
  }

  /** Begins to listen. */
  public async start(): Promise<void> {
    await this.loopback.receiver.start();
  }

  /** Listens no more. */
  public async stop(): Promise<void> {
    await this.loopback.receiver.stop();
  }

  /** Spans that it has taken. */
  public get spans(): readonly { traceId: string; spanId: string }[] {
    return findSpans(this.loopback.consumers.traces.bytes);
  }

  /** Ids of their traces, each once. */
  public get traces(): Set<string> {
    return new Set(this.spans.map(({ traceId }) => traceId));
  }
}

/** Gives spans to a tier, as an application does. */
export async function send(address: string, list: readonly TestSpan[]): Promise<void> {
  const { exporter } = loopbackExporter('otlp_grpc', { endpoint: `${address}:4317` }, ['traces']);
  await exporter.start();
  await exporter.consume(createPayload('traces', [spans(list)], list.length));
  await exporter.stop();
}
