/** Takes requests over HTTP and keeps them by the path that they came to. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request. */
export interface KeptRequest {
  /** Its body. */
  readonly body: Buffer;
  /** When it came: milliseconds since 1970. */
  readonly at: number;
}

/** A server that says that all is well. */
export class PathSink {
  /** Starts one on a port that is free. */
  public static async start(): Promise<PathSink> {
    const sink = new PathSink();
    // Who takes a connection that is about to be closed for an idle one loses what he sends.
    sink.server.keepAliveTimeout = 0;
    await new Promise<void>((resolve) => sink.server.listen(0, '127.0.0.1', resolve));
    return sink;
  }

  private readonly kept = new Map<string, KeptRequest[]>();
  private readonly server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      this.keep(request.url ?? '', Buffer.concat(chunks));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });

  /** Where it listens, without a path. */
  public get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** All requests to a path. */
  public at(path: string): readonly KeptRequest[] {
    return this.kept.get(path) ?? [];
  }

  /** Ends it. */
  public stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private keep(path: string, body: Buffer): void {
    const known = this.kept.get(path) ?? [];
    known.push({ body, at: Date.now() });
    this.kept.set(path, known);
  }
}
