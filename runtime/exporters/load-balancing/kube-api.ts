/**
 * The two calls that routing needs from a Kubernetes API server: list and watch EndpointSlices.
 *
 * A client library would bring the whole API along; these are two GET requests.
 */
import { readFile } from 'fs/promises';
import type { IncomingMessage } from 'http';
import { request } from 'https';
import { join } from 'path';
import type { EndpointSlice } from './endpoint-slices';
import type { Clock } from '../../clock';

/** Slices of a Service at one moment. */
export interface SliceList {
  /** All of them. */
  readonly slices: readonly EndpointSlice[];
  /** The moment, as the API server counts; a watch goes on from here. */
  readonly version: string;
}

/** Something that happened to a slice. */
export interface SliceEvent {
  /** What happened. A bookmark only tells a newer version. */
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  /** The slice after it, or the last one known. */
  readonly slice: EndpointSlice;
}

/** Where slices come from. */
export interface SliceSource {
  /** The namespace that this process runs in. */
  ownNamespace(): Promise<string>;
  /** All slices of a Service. `fresh` asks for the newest state, not for one from a cache. */
  list(service: ServiceRef, fresh: boolean): Promise<SliceList>;
  /** Tells what happens from `version` on, and resolves when the server has ended the watch. */
  watch(
    service: ServiceRef, version: string, tell: (event: SliceEvent) => void,
  ): Promise<void>;
  /** Breaks off what is under way. */
  close(): void;
}

/** A Service. */
export interface ServiceRef {
  /** Its name. */
  readonly service: string;
  /** Its namespace. */
  readonly namespace: string;
}

/** An answer of the API server that says no. */
export class KubeApiError extends Error {
  public readonly name = 'KubeApiError';

  public constructor(
    /** HTTP status; 410 means that the version is too old to watch from. */
    public readonly status: number, what: string, reason: string,
  ) {
    super(`${what}: must be answered with 200, got ${status} ${reason}`);
  }
}

/** Where the API server is and what a pod shows it. */
export interface InClusterAddress {
  /** Host name or IP address. */
  readonly host: string;
  /** TCP port. */
  readonly port: number;
  /** Folder of the service account: `token`, `ca.crt`, `namespace`. */
  readonly accountDir: string;
}

const ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount';
const WATCH_GRACE_MS = 10_000;

/**
 * The address that Kubernetes gives every pod. `OTELGW_SERVICE_ACCOUNT_DIR` moves the folder.
 *
 * @throws Error outside a cluster.
 */
export function inClusterAddress(
  env: Readonly<Record<string, string | undefined>>,
): InClusterAddress {
  const host = env.KUBERNETES_SERVICE_HOST ?? '';
  const port = Number(env.KUBERNETES_SERVICE_PORT ?? '');
  if (host === '' || !(port > 0)) {
    throw new Error('resolver.k8s: must run in a cluster, where KUBERNETES_SERVICE_HOST and'
      + ` KUBERNETES_SERVICE_PORT are set, got "${host}" and`
      + ` "${env.KUBERNETES_SERVICE_PORT ?? ''}"`);
  }
  return { host, port, accountDir: env.OTELGW_SERVICE_ACCOUNT_DIR ?? ACCOUNT_DIR };
}

/** Speaks to the API server over HTTPS as the pod's service account. */
export class KubeApi implements SliceSource {
  private readonly abort = new AbortController();

  public constructor(
    private readonly address: InClusterAddress,
    private readonly timeoutMs: number,
    private readonly clock: Clock,
  ) {}

  public async ownNamespace(): Promise<string> {
    const namespace = (await this.read('namespace'))?.trim() ?? '';
    return namespace === '' ? 'default' : namespace;
  }

  public async list(service: ServiceRef, fresh: boolean): Promise<SliceList> {
    const path = slicesPath(service, fresh ? [] : [['resourceVersion', '0']]);
    let body = '';
    await this.get(path, this.timeoutMs, (text) => { body += text; });
    const list = JSON.parse(body) as {
      readonly items?: readonly EndpointSlice[] | null;
      readonly metadata?: { readonly resourceVersion?: string };
    };
    return { slices: list.items ?? [], version: list.metadata?.resourceVersion ?? '' };
  }

  public async watch(
    service: ServiceRef, version: string, tell: (event: SliceEvent) => void,
  ): Promise<void> {
    const path = slicesPath(service, [
      ['watch', 'true'],
      ['allowWatchBookmarks', 'true'],
      ['resourceVersion', version],
      ['timeoutSeconds', String(Math.max(1, Math.floor(this.timeoutMs / 1000)))],
    ]);
    let line = '';
    // A connection that died without a word is noticed by the server's time-out not coming.
    await this.get(path, this.timeoutMs + WATCH_GRACE_MS, (text) => {
      const lines = (line + text).split('\n');
      line = lines.pop() ?? '';
      for (const whole of lines) if (whole.trim() !== '') tell(readEvent(path, whole));
    });
  }

  public close(): void {
    this.abort.abort();
  }

  /** Gives the body of the answer to `take` as it arrives; resolves at its end. */
  private async get(
    path: string, timeoutMs: number, take: (text: string) => void,
  ): Promise<void> {
    const giveUp = new AbortController();
    const signal = AbortSignal.any([giveUp.signal, this.abort.signal]);
    const timer = this.clock.after(timeoutMs, () => giveUp.abort());
    try {
      const response = await this.open(path, signal);
      const isGood = response.statusCode === 200;
      let refusal = '';
      for await (const chunk of response.setEncoding('utf8')) {
        if (isGood) take(chunk as string);
        else refusal += chunk as string;
      }
      if (!isGood) throw new KubeApiError(response.statusCode ?? 0, path, reasonOf(refusal));
    } catch (error) {
      if (!giveUp.signal.aborted) throw error;
      throw new Error(`${path}: must be answered in ${timeoutMs} ms, got no end of it`);
    } finally {
      timer.cancel();
      giveUp.abort();
    }
  }

  private async open(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    // Both files are renewed while the pod runs.
    const [token, ca] = await Promise.all([this.read('token'), this.read('ca.crt')]);
    const { host, port } = this.address;
    const headers: Record<string, string> = { accept: 'application/json' };
    if (token !== undefined) headers.authorization = `Bearer ${token.trim()}`;
    return new Promise((resolve, reject) => {
      request({ host, port, path, ca, headers, signal, agent: false }, resolve)
        .on('error', reject)
        .end();
    });
  }

  private async read(name: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.address.accountDir, name), 'utf8');
    } catch {
      return undefined;
    }
  }
}

function slicesPath(
  { service, namespace }: ServiceRef, query: readonly [string, string][],
): string {
  const parameters = new URLSearchParams([
    ['labelSelector', `kubernetes.io/service-name=${service}`], ...query,
  ]);
  const folder = `/apis/discovery.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}`;
  return `${folder}/endpointslices?${parameters.toString()}`;
}

function readEvent(path: string, line: string): SliceEvent {
  const event = JSON.parse(line) as { readonly type: string; readonly object: unknown };
  if (event.type !== 'ERROR') return { type: event.type, slice: event.object } as SliceEvent;
  const status = event.object as { readonly code?: number; readonly message?: string };
  throw new KubeApiError(status.code ?? 0, path, status.message ?? 'without a reason');
}

/** The sentence in a Status object, or the beginning of whatever was answered. */
function reasonOf(body: string): string {
  try {
    return (JSON.parse(body) as { readonly message?: string }).message ?? body.slice(0, 200);
  } catch {
    return body.slice(0, 200);
  }
}
