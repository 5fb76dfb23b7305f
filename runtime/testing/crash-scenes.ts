/** What is killed in a crash run: how a collector is configured, and what stands around it. */
import { execFile } from 'node:child_process';
import { createServer as createHttpServer } from 'node:http';
import * as http2 from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { parseAllDocuments } from 'yaml';

/** Decides on a request that reached the backend with this number: whether it is answered OK. */
export type Take = (body: Buffer, backend: number) => boolean;

/** Where one life of a collector takes place. */
export interface CrashSite {
  /** The port of its receiver. */
  readonly receiver: number;
  /** The port of its health check. */
  readonly health: number;
  /** The folder of its queue. */
  readonly directory: string;
  /** Chance. */
  random(): number;
}

/** One way to be killed. */
export interface CrashScene {
  /** Starts the backends. */
  open(take: Take): Promise<void>;
  /** Configurations of one life, to be merged. */
  configs(site: CrashSite): readonly string[];
  /** Name of the trace that the span with this number is of; absent where any will do. */
  traceOf?(span: number): string;
  /** Whether all spans of a trace must arrive, as usual; otherwise all or none. */
  isKept?(trace: string): boolean;
  /** Attributes of the spans of a trace. */
  attributesOf?(trace: string): Readonly<Record<string, string>>;
  /** Longest life, in milliseconds, where the usual one shows too little. */
  readonly longestMs?: number;
  /** Sends to a collector whose receiver listens on `port`. */
  client(port: number): CrashClient;
  /** Ends the backends. */
  close(): void;
}

/** What sends to a collector until that is gone. */
export interface CrashClient {
  /** Sends one request; whether it was answered OK. */
  send(body: Buffer): Promise<boolean>;
  /** Ends it. */
  close(): void;
}

/** Names of scenes. */
export type SceneName = 'http' | 'grpc' | 'load-balancing' | 'constructs' | 'tail-sampling';

const PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
/** How exporters try again. */
export const RETRY = 'retry_on_failure: { enabled: true, initial_interval: 20ms,'
  + ' max_interval: 100ms, max_elapsed_time: 0s }';

/** Backends of which each is a server of node:http2 or node:http. */
export abstract class BackendScene implements CrashScene {
  protected readonly ports: number[] = [];
  private readonly servers: Server[] = [];
  private readonly sessions = new Set<http2.ServerHttp2Session>();

  protected constructor(private readonly count: number, private readonly isGrpc: boolean) {}

  public async open(take: Take): Promise<void> {
    for (let at = 0; at < this.count; at++) {
      const server = this.isGrpc ? this.grpcServer(take, at) : httpServer(take, at);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      this.servers.push(server);
      this.ports.push((server.address() as AddressInfo).port);
    }
  }

  public abstract configs(site: CrashSite): readonly string[];

  public client(port: number): CrashClient {
    return this.isGrpc ? grpcClient(port) : httpClient(port);
  }

  public close(): void {
    for (const session of this.sessions) session.close();
    for (const server of this.servers) {
      server.close();
      if ('closeAllConnections' in server) (server.closeAllConnections as () => void)();
    }
  }

  private grpcServer(take: Take, at: number): Server {
    const server = http2.createServer();
    server.on('session', (session) => {
      this.sessions.add(session);
      session.on('error', () => undefined).on('close', () => this.sessions.delete(session));
    });
    server.on('stream', (stream) => {
      const chunks: Buffer[] = [];
      stream.on('error', () => undefined);
      stream.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
        const message = messageIn(Buffer.concat(chunks));
        const isOk = message !== undefined && take(message, at);
        if (stream.destroyed) return;
        stream.respond(
          { ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': isOk ? '0' : '14' }));
        // OK is OK only with a message.
        stream.end(isOk ? Buffer.alloc(5) : undefined);
      });
    });
    return server;
  }
}

/** The message of a gRPC request; undefined when its sender was killed before all was sent. */
function messageIn(frame: Buffer): Buffer | undefined {
  if (frame.length < 5 || frame.length < 5 + frame.readUInt32BE(1)) return undefined;
  return frame[0] === 1 ? gunzipSync(frame.subarray(5)) : frame.subarray(5);
}

function httpServer(take: Take, at: number): Server {
  return createHttpServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      response.writeHead(take(Buffer.concat(chunks), at) ? 200 : 503).end();
    });
  });
}

function httpClient(port: number): CrashClient {
  return {
    send: (body) => fetch(`http://127.0.0.1:${port}/v1/traces`, {
      method: 'POST', headers: { 'content-type': 'application/x-protobuf' }, body,
    }).then(async (response) => {
      await response.arrayBuffer();
      return response.status === 200;
    }).catch(() => false),
    close: () => undefined,
  };
}

function grpcClient(port: number): CrashClient {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  session.on('error', () => undefined);
  return {
    send: (body) => new Promise((resolve) => {
      if (session.closed || session.destroyed) {
        setTimeout(() => resolve(false), 10);
        return;
      }
      let status: unknown;
      const stream = session.request({
        ':method': 'POST', ':path': PATH, 'content-type': 'application/grpc', 'te': 'trailers',
      });
      const read = (headers: http2.IncomingHttpHeaders): void => {
        status = headers['grpc-status'] ?? status;
      };
      stream.on('response', read).on('trailers', read).on('error', () => undefined);
      stream.on('close', () => resolve(status === '0')).resume();
      const frame = Buffer.alloc(5);
      frame.writeUInt32BE(body.length, 1);
      stream.end(Buffer.concat([frame, body]));
    }),
    close: () => session.close(),
  };
}

/** A configuration by hand, in which every life keeps requests in another way. */
class WrittenByHand extends BackendScene {
  public constructor(private readonly way: 'http' | 'grpc' | 'load-balancing') {
    super(way === 'load-balancing' ? 3 : 1, way !== 'http');
  }

  public configs({ receiver, health, directory, random }: CrashSite): readonly string[] {
    const batch = random() < 0.5 ? '' : 'batch: { flush_timeout: 20ms, max_size: 9000 },';
    const queue = `sending_queue: { enabled: true, ${batch} storage: file_storage, sizer: bytes,`
      + ` queue_size: 400000000 }, ${RETRY}`;
    const protocol = this.way === 'http' ? 'http' : 'grpc';
    return [`
receivers:
  otlp: { protocols: { ${protocol}: { endpoint: "127.0.0.1:${receiver}" } } }
exporters:
  ${this.exporter(queue)}
extensions:
  health_check: { endpoint: "127.0.0.1:${health}" }
  file_storage:
    directory: ${directory}
    fsync: ${random() < 0.3}
    compaction: { on_start: ${random() < 0.3}, directory: ${directory} }
service:
  extensions: [health_check, file_storage]
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [otlp], exporters: [${this.exporterName}] }
`];
  }

  private get exporterName(): string {
    return { 'http': 'otlp_http', 'grpc': 'otlp_grpc', 'load-balancing': 'load_balancing' }[
      this.way];
  }

  private exporter(queue: string): string {
    const hosts = this.ports.map((port) => `127.0.0.1:${port}`);
    const plain = 'compression: none, tls: { insecure: true }';
    if (this.way === 'load-balancing') {
      return `load_balancing: { protocol: { otlp: { ${plain} } },`
        + ` resolver: { static: { hostnames: ${JSON.stringify(hosts)} } }, ${queue} }`;
    }
    const endpoint = this.way === 'http' ? `http://${hosts[0]}` : hosts[0];
    return `${this.exporterName}: { endpoint: "${endpoint}", ${plain}, ${queue} }`;
  }
}

/** What the constructs write for a gateway with a queue on a volume, with addresses of here. */
class WrittenByConstructs extends BackendScene {
  private config = '';

  public constructor() {
    super(1, true);
  }

  public async open(take: Take): Promise<void> {
    await super.open(take);
    const program = join(
      __dirname, '..', '..', 'test', 'fixtures', 'gateway-on-volume.ts');
    const { stdout } = await promisify(execFile)(
      process.execPath, ['--import', 'tsx', program], { timeout: 60_000 });
    const [config] = parseAllDocuments(stdout).flatMap((document) => {
      const { data } = document.toJS() as { readonly data?: Record<string, string> };
      return data?.['collector.yaml'] ?? [];
    });
    this.config = config;
  }

  public configs({ receiver, health, directory }: CrashSite): readonly string[] {
    return [this.config, `
receivers:
  otlp: { protocols: { grpc: { endpoint: "127.0.0.1:${receiver}" },
    http: { endpoint: "127.0.0.1:0" } } }
exporters:
  otlp_grpc/store: { endpoint: "127.0.0.1:${this.ports[0]}", ${RETRY} }
extensions:
  health_check: { endpoint: "127.0.0.1:${health}" }
  file_storage/queue: { directory: ${directory}, compaction: { directory: ${directory} } }
service:
  telemetry: { metrics: { level: none, readers: [] } }
`];
  }
}

/** What the scenes of this file are. */
export function sceneOf(name: Exclude<SceneName, 'tail-sampling'>): CrashScene {
  return name === 'constructs' ? new WrittenByConstructs() : new WrittenByHand(name);
}
