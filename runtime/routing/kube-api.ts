/**
 * The two calls that routing needs from a Kubernetes API server: list and watch EndpointSlices.
 *
 * A client library would bring the whole API along; these are two GET requests. How much an answer
 * may hold is limited, and what is beyond that fails like any other answer that cannot be read.
 */
import { readFile } from 'fs/promises';
import type { IncomingMessage } from 'http';
import { request } from 'https';
import { join } from 'path';
import type { EndpointSlice } from './endpoint-slices';
import { readReason, readSliceEvent, readSlicePage, type SliceEvent } from './slice-codec';
import type { Clock } from '../clock';
import { MalformedError } from '../errors';

/** Slices of a Service at one moment. */
export interface SliceList {
  /** All of them. */
  readonly slices: readonly EndpointSlice[];
  /** The moment, as the API server counts; a watch goes on from here. */
  readonly version: string;
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
const GONE = 410;
/** A slice holds at most a thousand endpoints, mostly a hundred, of some hundred bytes each. */
const SLICES_PER_PAGE = 100;
const MOST_PAGES = 100;
const MOST_LIST_CHARACTERS = 64 * 1024 * 1024;
const MOST_EVENT_CHARACTERS = 4 * 1024 * 1024;
const MOST_REFUSAL_CHARACTERS = 16 * 1024;

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
    private readonly slicesPerPage = SLICES_PER_PAGE,
  ) {}

  public async ownNamespace(): Promise<string> {
    const namespace = (await this.read('namespace'))?.trim() ?? '';
    return namespace === '' ? 'default' : namespace;
  }

  public async list(service: ServiceRef, fresh: boolean): Promise<SliceList> {
    const since: Query = fresh ? [] : [['resourceVersion', '0']];
    try {
      return await this.listPages(service, since, this.slicesPerPage);
    } catch (error) {
      const isTooOld = error instanceof ContinueError;
      if (!isTooOld) throw error;
      // The server has forgotten the moment that the pages are of: all at once, then.
      return this.listPages(service, [], 0);
    }
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
      mustNotExceed('event', line, MOST_EVENT_CHARACTERS);
      for (const whole of lines) if (whole.trim() !== '') tell(eventOf(path, whole));
    });
  }

  public close(): void {
    this.abort.abort();
  }

  /** All pages of a list; with 0 slices to a page there is one. */
  private async listPages(
    service: ServiceRef, since: Query, slicesPerPage: number,
  ): Promise<SliceList> {
    const slices: EndpointSlice[] = [];
    const limit: Query = slicesPerPage > 0 ? [['limit', String(slicesPerPage)]] : [];
    let next = '';
    for (let page = 1; page <= MOST_PAGES; page++) {
      // The pages after the first are of its moment, which their mark holds.
      const from: Query = next === '' ? since : [['continue', next]];
      const answer = readSlicePage(await this.read200(slicesPath(service, [...limit, ...from]))
        .catch((error: unknown) => { throw next === '' ? error : onContinue(error); }));
      slices.push(...answer.slices);
      if (answer.next === '') return { slices, version: answer.version };
      next = answer.next;
    }
    throw new MalformedError('list', `must end within ${MOST_PAGES} pages`, 'more');
  }

  private async read200(path: string): Promise<string> {
    let body = '';
    await this.get(path, this.timeoutMs, (text) => {
      body += text;
      mustNotExceed('list', body, MOST_LIST_CHARACTERS);
    });
    return body;
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
        else if (refusal.length < MOST_REFUSAL_CHARACTERS) refusal += chunk as string;
      }
      if (!isGood) throw new KubeApiError(response.statusCode ?? 0, path, readReason(refusal));
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

type Query = readonly [string, string][];

/** The mark of the next page is too old. */
class ContinueError extends Error {}

function onContinue(error: unknown): unknown {
  const isTooOld = error instanceof KubeApiError && error.status === GONE;
  return isTooOld ? new ContinueError(error.message) : error;
}

function mustNotExceed(what: string, text: string, most: number): void {
  if (text.length > most) {
    throw new MalformedError(what, `must have at most ${most} characters`, text.length);
  }
}

function slicesPath({ service, namespace }: ServiceRef, query: Query): string {
  const parameters = new URLSearchParams([
    ['labelSelector', `kubernetes.io/service-name=${service}`], ...query,
  ]);
  const folder = `/apis/discovery.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}`;
  return `${folder}/endpointslices?${parameters.toString()}`;
}

function eventOf(path: string, line: string): SliceEvent {
  const event = readSliceEvent(line);
  if (event.type === 'ERROR') throw new KubeApiError(event.code, path, event.message);
  return event;
}
