/** A read-only Kubernetes API over HTTPS: what a collector may get, list and watch in a cluster. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { systemClock } from '../clock';
import { listenOn } from './address-plan';
import {
  forbiddenMessage, isAllowed, type AccessRequest, type AccessRules, type Account,
} from './api-access';
import type { ApiStore, StoredObject, StoreEvent } from './api-store';
import type { Certificate } from './certificate';

/** What the server is made from. */
export interface ApiServerContext {
  /** What it shows. */
  readonly store: ApiStore;
  /** Who may see what. */
  readonly rules: AccessRules;
  /** The account behind a bearer token. */
  readonly accountOf: (token: string) => Account | undefined;
  /** What it shows to clients as its own. */
  readonly certificate: Certificate;
  /** Told when somebody was refused, with the sentence of the refusal. */
  readonly refused: (sentence: string) => void;
}

interface Kind {
  readonly group: string;
  readonly apiVersion: string;
  readonly kind: string;
}

const KINDS: Readonly<Record<string, Kind>> = {
  pods: { group: '', apiVersion: 'v1', kind: 'Pod' },
  services: { group: '', apiVersion: 'v1', kind: 'Service' },
  endpointslices: {
    group: 'discovery.k8s.io', apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice',
  },
};

const PATH = /^\/(?:api\/v1|apis\/([^/]+)\/v1)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?$/;
const DEFAULT_WATCH_SECONDS = 300;

/** A read-only Kubernetes API server. */
export class ApiServer {
  private readonly server: Server;

  public constructor(private readonly context: ApiServerContext) {
    this.server = createServer(context.certificate, (request, response) => {
      this.answer(request, response);
    });
  }

  /** Listens on `address:port`. */
  public start(address: string, port: number): Promise<void> {
    return listenOn(this.server, address, port);
  }

  /** Ends it and every watch. */
  public stop(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'https://kubernetes.default.svc');
    const account = this.authenticate(request);
    const match = PATH.exec(decodeURIComponent(url.pathname));
    const kind = match === null ? undefined : KINDS[match[3]];
    if (account === undefined) {
      sendStatus(response, 401, 'Unauthorized', 'Unauthorized');
    } else if (request.method !== 'GET') {
      sendStatus(response, 405, 'MethodNotAllowed', 'the local cluster is read-only');
    } else if (match === null || kind === undefined || kind.group !== (match[1] ?? '')) {
      sendStatus(response, 404, 'NotFound', 'the server could not find the requested resource');
    } else {
      this.show(response, url.searchParams, account, {
        verb: verbOf(url.searchParams, match[4]),
        group: kind.group,
        resource: match[3],
        namespace: match[2] ?? '',
        name: match[4] ?? '',
      });
    }
  }

  private authenticate(request: IncomingMessage): Account | undefined {
    const match = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '');
    return match === null ? undefined : this.context.accountOf(match[1]);
  }

  private show(
    response: ServerResponse, query: URLSearchParams, account: Account, wanted: AccessRequest,
  ): void {
    if (!isAllowed(this.context.rules, account, wanted)) {
      const sentence = forbiddenMessage(account, wanted);
      this.context.refused(sentence);
      sendStatus(response, 403, 'Forbidden', sentence);
      return;
    }
    const selects = selectorOf(query, wanted);
    const collection = wanted.resource;
    const objects = this.context.store.list(collection).filter(selects);
    if (wanted.verb === 'get') {
      const message = `${wanted.resource} "${wanted.name}" not found`;
      if (objects.length === 0) sendStatus(response, 404, 'NotFound', message);
      else sendJson(response, 200, objects[0]);
    } else if (wanted.verb === 'list') {
      const { apiVersion, kind } = KINDS[wanted.resource];
      const resourceVersion = String(this.context.store.currentVersion);
      sendJson(response, 200, {
        kind: `${kind}List`, apiVersion, metadata: { resourceVersion }, items: objects,
      });
    } else {
      this.watch(response, query, collection, selects);
    }
  }

  private watch(
    response: ServerResponse, query: URLSearchParams, collection: string, selects: Selects,
  ): void {
    const { store } = this.context;
    const from = query.get('resourceVersion') ?? '';
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const write = (type: string, object: unknown): void => {
      response.write(`${JSON.stringify({ type, object })}\n`);
    };
    const tell = (event: StoreEvent): void => {
      if (event.collection === collection && selects(event.object)) write(event.type, event.object);
    };
    // Without a version, or with 0, a watch begins with all that there is.
    if (from === '' || from === '0') {
      store.list(collection).filter(selects).forEach((object) => write('ADDED', object));
    } else {
      const missed = store.eventsAfter(Number(from));
      if (missed === undefined) {
        const message = `too old resource version: ${from} (${store.currentVersion})`;
        write('ERROR', statusObject(410, 'Expired', message));
        response.end();
        return;
      }
      missed.forEach(tell);
    }
    const unfollow = store.follow(tell);
    const seconds = Number(query.get('timeoutSeconds') ?? DEFAULT_WATCH_SECONDS);
    const timer = systemClock.after(seconds * 1000, () => {
      unfollow();
      response.end();
    });
    response.on('close', () => {
      unfollow();
      timer.cancel();
    });
  }
}

type Selects = (object: StoredObject) => boolean;

function verbOf(query: URLSearchParams, name: string | undefined): string {
  if (['true', '1'].includes(query.get('watch') ?? '')) return 'watch';
  return name === undefined ? 'list' : 'get';
}

function selectorOf(query: URLSearchParams, wanted: AccessRequest): Selects {
  const labels = (query.get('labelSelector') ?? '').split(',').filter((each) => each !== '')
    .map((each) => each.split(/==?/));
  const field = /^metadata\.name=(.+)$/.exec(query.get('fieldSelector') ?? '');
  const name = wanted.name === '' ? field?.[1] : wanted.name;
  return ({ metadata }) => (wanted.namespace === '' || metadata.namespace === wanted.namespace)
    && (name === undefined || metadata.name === name)
    && labels.every(([key, value]) => value === undefined
      ? key in (metadata.labels ?? {}) : metadata.labels?.[key] === value);
}

function statusObject(code: number, reason: string, message: string): object {
  return {
    kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code,
  };
}

function sendStatus(
  response: ServerResponse, code: number, reason: string, message: string,
): void {
  sendJson(response, code, statusObject(code, reason, message));
}

function sendJson(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
