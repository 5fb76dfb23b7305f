/** Plays a backend: takes OTLP over gRPC or HTTP, counts traces, and forgets the rest. */
import * as http from 'node:http';
import * as http2 from 'node:http2';
import * as https from 'node:https';
import type { Server, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { messageOf } from '../errors';
import { listenOn, portOnHost } from './address-plan';
import type { Certificate } from './certificate';
import type { SpanLedger } from './span-ledger';
import { serveCall } from '../net/grpc-call';
import { Code, OK } from '../net/status';
import type { OnMessage, Routes } from '../net/transport';

/** One port of a backend. */
export interface BackendPort {
  /** Port that the configuration names. */
  readonly port: number;
  /** What is spoken there. */
  readonly protocol: 'grpc' | 'http';
  /** Whether it is spoken over TLS. */
  readonly tls: boolean;
}

const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
const TRACE_SERVICE = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const OTHER_SERVICES = [
  '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
];

/** One port of a played backend. */
export class BackendServer {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  public constructor(
    private readonly port: BackendPort,
    private readonly ledger: SpanLedger,
    certificate: Certificate,
  ) {
    this.server = port.protocol === 'grpc'
      ? this.grpcServer(certificate) : this.httpServer(certificate);
    for (const event of ['connection', 'secureConnection']) {
      this.server.on(event, (socket: Socket) => {
        this.sockets.add(socket);
        socket.on('close', () => this.sockets.delete(socket));
        socket.on('error', () => undefined);
      });
    }
  }

  /** Listens on `address`. */
  public start(address: string): Promise<void> {
    return listenOn(this.server, address, portOnHost(this.port.port));
  }

  /** Ends it and every connection. */
  public stop(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      for (const socket of this.sockets) socket.destroy();
    });
  }

  private grpcServer(certificate: Certificate): Server {
    const server = this.port.tls
      ? http2.createSecureServer({ ...certificate }) : http2.createServer();
    server.on('session', (session: http2.ServerHttp2Session) => {
      const routes = this.routesFor(session.socket.remoteAddress ?? '');
      const door = { routes, maxBytes: MAX_MESSAGE_BYTES, refused: () => undefined };
      session.on('error', () => undefined);
      session.on('stream', (stream, headers) => {
        serveCall(stream, headers, door);
      });
    });
    return server;
  }

  private routesFor(sender: string): Routes {
    const count: OnMessage = (arena, offset, length, _encoding, respond) => {
      try {
        this.ledger.addMessage(arena.subarray(offset, offset + length), sender);
        respond(OK);
      } catch (thrown) {
        respond({ code: Code.invalidArgument, message: messageOf(thrown) });
      }
    };
    const ignore: OnMessage = (_arena, _offset, _length, _encoding, respond) => respond(OK);
    return new Map([
      [TRACE_SERVICE, count],
      ...OTHER_SERVICES.map((path) => [path, ignore] as const),
    ]);
  }

  private httpServer(certificate: Certificate): Server {
    const take: http.RequestListener = (request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const code = this.takeBody(request, Buffer.concat(parts));
        response.writeHead(code, { 'content-type': request.headers['content-type'] ?? '' });
        response.end(request.headers['content-type']?.includes('json') === true ? '{}' : '');
      });
      request.on('error', () => undefined);
    };
    return this.port.tls ? https.createServer(certificate, take) : http.createServer(take);
  }

  private takeBody(request: http.IncomingMessage, body: Buffer): number {
    // Backends put their API under paths of their own; what traces are sent to ends the same.
    if (request.url?.endsWith('/traces') !== true) return 200;
    const sender = request.socket.remoteAddress ?? '';
    try {
      const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
      if (request.headers['content-type']?.includes('json') === true) {
        this.addJson(JSON.parse(plain.toString()) as JsonRequest, sender);
      } else {
        this.ledger.addMessage(plain, sender);
      }
      return 200;
    } catch {
      return 400;
    }
  }

  private addJson(request: JsonRequest, sender: string): void {
    for (const { scopeSpans = [] } of request.resourceSpans ?? []) {
      for (const span of scopeSpans.flatMap(({ spans = [] }) => spans)) {
        this.ledger.add(span.traceId.toLowerCase(), span.spanId.toLowerCase(), sender);
      }
    }
  }
}

interface JsonRequest {
  readonly resourceSpans?: readonly {
    readonly scopeSpans?: readonly {
      readonly spans?: readonly { readonly traceId: string; readonly spanId: string }[];
    }[];
  }[];
}
