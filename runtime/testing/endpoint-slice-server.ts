/**
 * An API server over HTTPS for tests that lists and watches the EndpointSlices of one Service as
 * Kubernetes does: pages, bookmarks, versions that are gone. What it holds, and how badly it
 * answers, a test says.
 */
import type { IncomingMessage, ServerResponse } from 'http';
import { createServer, Server } from 'https';
import type { AddressInfo } from 'net';

const SELECTOR = 'kubernetes.io/service-name=sampler';

/** A slice as Kubernetes writes it. */
export function endpointSlice(
  name: string, version: number, addresses: string[], ready = true,
): object {
  return {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: { name, namespace: 'tracing', resourceVersion: String(version) },
    addressType: 'IPv4',
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready } })),
    ports: [{ name: 'otlp-grpc', port: 4317 }],
  };
}

/** What is answered in place of the truth. */
export interface Refusal {
  /** HTTP status. */
  readonly code: number;
  /** The sentence of the Status object. */
  readonly message: string;
}

/** The API server. */
export class EndpointSliceServer {
  /** What was asked. */
  public readonly requests: URL[] = [];
  /** Headers of authorization, by request. */
  public readonly tokens: (string | undefined)[] = [];
  /** What there is. */
  public slices: object[] = [];
  /** The moment, as the server counts. */
  public version = 1;
  /** Answers everything. */
  public refuse?: Refusal;
  /** Answers whoever comes for a page after the first. */
  public refusePages?: Refusal;
  /** The body of every list, for as long as it is set. */
  public listBody?: string;
  /** Whether no list is answered. */
  public isSilent = false;
  private readonly watches = new Set<ServerResponse>();
  private readonly server: Server;

  public constructor(tls: { readonly cert: string; readonly key: string }) {
    this.server = createServer(tls, (request, response) => this.answer(request, response));
  }

  /** Listens; answers the port. */
  public async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return (this.server.address() as AddressInfo).port;
  }

  /** Ends it, with all that is open. */
  public async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Number of watches. */
  public get watching(): number {
    return this.watches.size;
  }

  /** Tells all watches, in two pieces that break a line and a character. */
  public async tell(type: string, object: object): Promise<void> {
    const line = Buffer.from(`${JSON.stringify({ type, object, note: 'žluť' })}\n`);
    for (const watch of this.watches) watch.write(line.subarray(0, line.length - 7));
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (const watch of this.watches) watch.write(line.subarray(line.length - 7));
  }

  /** Writes bytes to all watches. */
  public write(text: string): void {
    for (const watch of this.watches) watch.write(text);
  }

  /** Ends all watches in order. */
  public end(): void {
    for (const watch of this.watches) watch.end();
  }

  /** Cuts all watches off. */
  public drop(): void {
    for (const watch of this.watches) watch.destroy();
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'https://kubernetes');
    const { searchParams } = url;
    this.requests.push(url);
    this.tokens.push(request.headers.authorization);
    const namespaced = '/apis/discovery.k8s.io/v1/namespaces/tracing/endpointslices';
    const isKnown = url.pathname === namespaced && searchParams.get('labelSelector') === SELECTOR;
    const unknown = isKnown ? undefined : { code: 404, message: `${url} is not there` };
    const refusal = this.refuse ?? unknown
      ?? (searchParams.has('continue') ? this.refusePages : undefined);
    if (refusal !== undefined) {
      response.writeHead(refusal.code, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ kind: 'Status', ...refusal }));
    } else if (searchParams.get('watch') === 'true') {
      this.watches.add(response);
      response.on('close', () => this.watches.delete(response));
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    } else if (!this.isSilent) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(this.listBody ?? this.page(searchParams));
    }
  }

  /** Like the real one it minds `limit`, but for lists out of its cache (version 0). */
  private page(query: URLSearchParams): string {
    const from = Number(query.get('continue') ?? '0');
    const isCached = query.get('resourceVersion') === '0';
    const to = from + (isCached ? Infinity : Number(query.get('limit') ?? Infinity));
    return JSON.stringify({
      kind: 'EndpointSliceList',
      metadata: {
        resourceVersion: String(this.version),
        ...to < this.slices.length ? { continue: String(to) } : {},
      },
      items: this.slices.slice(from, to),
    });
  }
}
