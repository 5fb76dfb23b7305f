/** A request that came over the HTTP/1.1 of Node.js. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'http';
import type { TLSSocket } from 'tls';
import type { Clock } from '../clock';
import { Tally, type HttpExchange, type NoBody, type TakeBody } from './http-exchange';
import type { Promises } from './incoming-block';
import { IncomingBody } from './incoming-body';
import type { RawHeaders } from './request-metadata';
import type { HttpCall } from '../telemetry/calls';

/** How long the rest of a refused body is discarded, so that its sender reads the answer. */
const LINGER_MS = 500;
const NO_CONTENT = 204;

/** One of them. */
export class Http1Exchange implements HttpExchange {
  public readonly tally = new Tally();

  public constructor(
    private readonly request: IncomingMessage, private readonly response: ServerResponse,
    private readonly maxBytes: number, private readonly promises: Promises,
    private readonly clock: Clock,
  ) {
    response.on('error', () => undefined);
  }

  public get method(): string {
    return this.request.method ?? '';
  }

  public get target(): string {
    return this.request.url ?? '';
  }

  public get headers(): IncomingHttpHeaders {
    return this.request.headers;
  }

  public get rawHeaders(): RawHeaders {
    return this.request.rawHeaders;
  }

  public get peer(): string {
    return this.request.socket.remoteAddress ?? '';
  }

  public get peerPort(): number {
    return this.request.socket.remotePort ?? 0;
  }

  public get facts(): HttpCall {
    const { socket } = this.request;
    return {
      method: this.method,
      scheme: (socket as Partial<TLSSocket>).encrypted === true ? 'https' : 'http',
      address: socket.localAddress ?? '',
      port: socket.localPort ?? 0,
    };
  }

  public collect(done: TakeBody): void {
    const { maxBytes, promises, request } = this;
    const length = Number(request.headers['content-length'] ?? -1);
    if (length > maxBytes) {
      request.resume();
      done('too large');
      return;
    }
    const body = new IncomingBody(maxBytes, promises);
    body.expect(length);
    let isDone = false;
    const fail = (why: NoBody): void => {
      if (isDone) return;
      isDone = true;
      body.drop();
      done(why);
    };
    const aborted = (): void => fail('aborted');
    request.on('data', (chunk: Buffer) => {
      if (!isDone && !body.push(chunk, 0, chunk.length)) fail('too large');
    });
    request.on('end', () => {
      if (isDone) return;
      isDone = true;
      done(body.end());
    });
    request.on('close', aborted);
    request.on('error', aborted);
  }

  public setHeader(name: string, value: string): void {
    this.response.setHeader(name, value);
  }

  public appendHeader(name: string, value: string): void {
    this.response.appendHeader(name, value);
  }

  public answer(
    status: number, headers: Readonly<Record<string, string>>, body: string | Uint8Array,
  ): void {
    const { response, tally } = this;
    if (response.destroyed || response.headersSent) return;
    const length = Buffer.byteLength(body);
    tally.status = status;
    tally.responseBytes = length;
    response.writeHead(
      status, status === NO_CONTENT ? headers : { ...headers, 'content-length': length });
    response.end(body);
  }

  public discard(): void {
    const { request } = this;
    request.resume();
    if (request.complete) return;
    const timer = this.clock.after(LINGER_MS, () => request.socket.destroy());
    request.once('close', () => timer.cancel());
  }
}
