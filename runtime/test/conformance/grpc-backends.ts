/**
 * Backends that take OTLP over gRPC and note who sent each item to which of them.
 *
 * Items are known by their time: every span, record and data point of a test has another one. Who
 * sent them stands in the header `x-route`, where a sender was told to say so.
 */
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { Signal } from '../../pipeline/payload';
import { protoType } from '../../testing/otlp-proto';
import { requestName } from '../../testing/routing-oracle';

const PREFIX_BYTES = 5;
const SIGNAL_OF_PATH = /\.(trace|logs|metrics)\.v1\./;
const SIGNALS: Readonly<Record<string, Signal>> = {
  trace: 'traces', logs: 'logs', metrics: 'metrics',
};

/** The port that backends without one are reached at. */
export const USUAL_PORT = 4317;

/** A message of protobufjs. */
type Message = Readonly<Record<string, unknown>>;

const INSIDE = [
  'resourceSpans', 'resourceLogs', 'resourceMetrics', 'scopeSpans', 'scopeLogs', 'scopeMetrics',
  'spans', 'logRecords', 'metrics', 'gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary',
  'dataPoints',
];

/** Times of all items in a message. */
function timesIn(message: Message, isSpan: boolean): string[] {
  const inner = INSIDE.flatMap((name) => {
    const held = message[name];
    if (Array.isArray(held)) return held as Message[];
    // A data point may have a sum that is a number.
    return typeof held === 'object' && held !== null ? [held as Message] : [];
  });
  if (inner.length > 0) return inner.flatMap((one) => timesIn(one, isSpan));
  const time = message[isSpan ? 'startTimeUnixNano' : 'timeUnixNano'];
  return time === undefined || String(time) === '0' ? [] : [String(time)];
}

/** Some backends. */
export class GrpcBackends {
  /** The number of items that came. */
  public items = 0;
  private readonly seen = new Map<string, Map<string, string[]>>();
  private readonly servers: Http2Server[] = [];

  /**
   * A backend at `host`, and at `port` or one that is free; gives the port. It is told apart from
   * all others by both.
   */
  public async open(host: string, port = 0): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    this.servers.push(server);
    const { port: opened } = server.address() as AddressInfo;
    server.on('stream', (stream, headers) => {
      const route = String(headers['x-route'] ?? '');
      this.take(stream, String(headers[':path']), route, `${host} ${opened}`);
    });
    return opened;
  }

  /** The backends that each item of a signal came to from `route`, by its time. */
  public arrivals(route: string, signal: Signal): ReadonlyMap<string, readonly string[]> {
    return this.seen.get(`${route} ${signal}`) ?? new Map<string, string[]>();
  }

  /** Ends them all. */
  public stop(): void {
    for (const server of this.servers) server.close();
  }

  private take(stream: ServerHttp2Stream, path: string, route: string, backend: string): void {
    const chunks: Buffer[] = [];
    stream.on('error', () => undefined);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      const signal = SIGNALS[SIGNAL_OF_PATH.exec(path)![1]];
      this.note(`${route} ${signal}`, signal, Buffer.concat(chunks), backend);
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.alloc(PREFIX_BYTES));
    });
  }

  private note(from: string, signal: Signal, bytes: Buffer, backend: string): void {
    const body = bytes.subarray(PREFIX_BYTES);
    const message = protoType(requestName(signal)).decode(bytes[0] === 1 ? gunzipSync(body) : body);
    const known = this.seen.get(from) ?? new Map<string, string[]>();
    this.seen.set(from, known);
    for (const time of timesIn(message as unknown as Message, signal === 'traces')) {
      known.set(time, [...known.get(time) ?? [], backend]);
      this.items += 1;
    }
  }
}
