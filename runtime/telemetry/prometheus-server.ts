/** Serves the process's metrics where Prometheus looks for them. */
import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Component } from '../component';

/** Where metrics are served. */
export interface PrometheusServerSettings {
  /** Address or host name to listen on. */
  readonly host: string;
  /** Port to listen on; 0 is any free one. */
  readonly port: number;
}

/** Answers `GET /metrics`, and nothing else. */
export class PrometheusServer implements Component {
  private readonly server: Server;
  private opened = false;

  public constructor(
    private readonly settings: PrometheusServerSettings,
    /** The metrics in Prometheus' text format. */
    private readonly text: () => Promise<string>,
    private readonly contentType: string,
  ) {
    this.server = createServer((request, response) => { void this.answer(request, response); });
  }

  public async start(): Promise<void> {
    const { host, port } = this.settings;
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    this.opened = true;
  }

  public async stop(): Promise<void> {
    if (!this.opened) return;
    this.opened = false;
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      // Prometheus keeps its connection open between scrapes, and would keep us waiting.
      this.server.closeAllConnections();
    });
  }

  /** The port that it listens on. */
  public get port(): number {
    return (this.server.address() as AddressInfo | null)?.port ?? this.settings.port;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    if (request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('not found\n');
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    const text = await this.text();
    response.writeHead(200, { 'content-type': this.contentType }).end(text);
  }
}
