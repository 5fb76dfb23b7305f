/** Tells the probes of Kubernetes whether data can flow. */
import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { healthAnswer, Readiness } from './health-answer';
import type { Timer } from '../../clock';
import type { ComponentContext, Extension } from '../../component';
import type { HealthCheckSettings, TlsServerSettings } from '../../config';
import { listenOn } from '../../net/listen';
import { ServerTls } from '../../net/tls';

/** The extension, and where it can be reached. */
export interface HealthCheckExtension extends Extension {
  /** The port that it listens on, 0 while it does not. */
  readonly port: number;
}

/** Answers 200 while the pipelines work, and 503 before and after. */
export function createHealthCheckExtension(
  settings: HealthCheckSettings, context: ComponentContext,
): HealthCheckExtension {
  return new HealthCheck(settings, context);
}

class HealthCheck implements HealthCheckExtension {
  private server?: Server | https.Server;
  private refreshing?: Timer;
  private begun?: { readonly since: number; readonly monotonic: number };

  public constructor(
    private readonly settings: HealthCheckSettings,
    private readonly context: ComponentContext,
  ) {}

  public async start(): Promise<void> {
    const { endpoint, tls } = this.settings;
    const server = tls === undefined ? createServer() : this.createSecure(tls);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.answer(request, response);
    });
    await listenOn(server, { endpoint, transport: 'tcp' });
    this.server = server;
    this.context.log.info('Health check listens.', { endpoint, port: this.port });
  }

  public async stop(): Promise<void> {
    this.notReady();
    const { server } = this;
    this.server = undefined;
    this.refreshing?.cancel();
    if (server === undefined) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      // A probe that keeps its connection must not keep the process.
      server.closeAllConnections();
    });
  }

  public ready(): void {
    const { clock, log } = this.context;
    this.begun = { since: clock.now(), monotonic: clock.monotonic() };
    log.info('Health Check state change', { status: 'ready' });
  }

  public notReady(): void {
    if (this.begun === undefined) return;
    this.begun = undefined;
    this.context.log.info('Health Check state change', { status: 'unavailable' });
  }

  public get port(): number {
    return (this.server?.address() as AddressInfo | null | undefined)?.port ?? 0;
  }

  private createSecure(settings: TlsServerSettings): https.Server {
    const tls = new ServerTls(settings, this.context);
    const server = https.createServer(tls.options);
    this.refreshing = tls.keepFresh(server);
    return server;
  }

  private readiness(): Readiness | undefined {
    if (this.begun === undefined) return undefined;
    const { since, monotonic } = this.begun;
    return { since, uptime: this.context.clock.monotonic() - monotonic };
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    const { status, headers, body } = healthAnswer(
      this.settings, request.url ?? '/', this.readiness());
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
  }
}
