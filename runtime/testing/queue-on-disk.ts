/** A collector with a queue on disk before a backend that is away until it is opened. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CollectorProcess, freePorts, get, until } from './collector-process';
import { findSpans, spans } from './span-builder';

/** A backend. */
export interface Peer {
  /** Its URL. */
  readonly endpoint: string;
  /** Ids of spans that it took. */
  readonly arrived: Set<string>;
  /** Whether it takes any. */
  isOpen: boolean;
  /** Ends it. */
  close(): void;
}

/** A backend that is away until it is opened. */
export async function peerThatIsAway(): Promise<Peer> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      if (peer.isOpen) {
        for (const { spanId } of findSpans(Buffer.concat(chunks))) peer.arrived.add(spanId);
      }
      response.writeHead(peer.isOpen ? 200 : 503).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const peer: Peer = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived: new Set(),
    isOpen: false,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return peer;
}

/** How a collector is started. */
export interface StartOptions {
  /** What starts it in the place of this process. */
  readonly launcher?: readonly string[];
  /** Its variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether what is answered is on disk. */
  readonly fsync?: boolean;
}

/** A collector that is ready, or has ended. */
export interface Running {
  /** Its process. */
  readonly collector: CollectorProcess;
  /** Sends one span and gives the status of the answer. */
  send(id: number, filler?: string): Promise<number>;
  /** Its metrics. */
  metrics(): Promise<string>;
}

/** Starts a collector whose queue is kept in `directory`. */
export async function startWithQueue(
  directory: string, peer: Peer, { env, fsync = false, launcher }: StartOptions = {},
): Promise<Running> {
  const [port, health, metrics] = await freePorts(3);
  const yaml = `
receivers:
  otlp: { protocols: { http: { endpoint: "127.0.0.1:${port}" } } }
exporters:
  otlp_http:
    endpoint: ${peer.endpoint}
    compression: none
    sending_queue: { storage: file_storage }
    retry_on_failure: { initial_interval: 20ms, max_interval: 100ms, max_elapsed_time: 0s }
extensions:
  health_check: { endpoint: "127.0.0.1:${health}" }
  file_storage: { directory: ${directory}, timeout: 100ms, fsync: ${fsync} }
service:
  extensions: [health_check, file_storage]
  telemetry:
    metrics:
      readers: [{ pull: { exporter: { prometheus: { host: 127.0.0.1, port: ${metrics} } } } }]
  pipelines:
    traces: { receivers: [otlp], exporters: [otlp_http] }
`;
  const collector = new CollectorProcess(['run', '--config', `yaml:${yaml}`], env, launcher);
  const ended = collector.ended.then(({ stderr }) => stderr);
  await until('readiness or the end', async () => (await get(health)).status === 200
    || Promise.race([ended, false]).then((text) => text !== false));
  return {
    collector,
    send: (id, filler = '') => fetch(`http://127.0.0.1:${port}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: spans([{ trace: 't', span: hex(id), attributes: { filler } }]),
    }).then(({ status }) => status),
    metrics: async () => (await get(metrics, '/metrics')).body,
  };
}

/** The id of the span with this number. */
export function hex(id: number): string {
  return id.toString(16).padStart(16, '0');
}
