/** Connections over TLS of an HTTP client, through a proxy if need be. */
import type * as http from 'http';
import * as https from 'https';
import type { LookupFunction } from 'net';
import type { Duplex } from 'stream';
import { connect, type TLSSocket } from 'tls';
import type { Clock } from '../clock';
import { authorityOf } from './endpoint';
import { tunnelThrough } from './proxy';
import type { ClientTls } from './tls';

const ALPN = ['h2', 'http/1.1'];
const CONNECT_MS = 20_000;

type Connected = (error: Error | null, stream: Duplex) => void;

/** Node.js has it, and its types do not say so. */
interface Connecting {
  createConnection(options: object, connected?: Connected): Duplex | undefined;
}

/** Where connections go, and how. */
export interface SecureTarget {
  /** Name or address of the host. */
  readonly host: string;
  /** Its port. */
  readonly port: number;
  /** TLS of the next connection. */
  readonly tls: ClientTls;
  /** What stands before the host. */
  readonly proxy?: URL;
  /** Who looks names up. */
  readonly lookup: LookupFunction;
}

/**
 * An agent whose connections are made with the certificates of the moment; `spare` gives one that
 * is there already.
 */
export function secureAgent(
  options: https.AgentOptions, { proxy, tls }: SecureTarget,
  spare: () => TLSSocket | undefined,
): http.Agent {
  const agent = new https.Agent({ ...options, ...!tls.resumes && { maxCachedSessions: 0 } });
  const connecting = agent as unknown as Connecting;
  const create = connecting.createConnection.bind(agent);
  connecting.createConnection = (given: https.RequestOptions, connected = () => undefined) => {
    const ready = spare();
    if (ready !== undefined) return ready;
    const begin = (more: object): Duplex | undefined =>
      create({ ...given, ...tls.options, ...more }, connected);
    if (proxy === undefined) return begin({});
    const target = authorityOf({ host: given.host ?? '', port: Number(given.port) });
    tunnelThrough(proxy, target, (error, socket) => {
      // With an error, nobody looks at what stands beside it.
      if (error !== undefined) connected(error, undefined as never);
      else connected(null, begin({ socket }) as Duplex);
    });
    return undefined;
  };
  return agent;
}

/**
 * Connects, and lets the server choose between HTTP/2 and HTTP/1.1. `done` is told of a socket that
 * nothing was read of, or why there is none.
 *
 * @returns How to give it up, after which `done` is told nothing.
 */
export function connectToChoose(
  target: SecureTarget, clock: Clock,
  done: (error: Error | undefined, socket?: TLSSocket) => void,
): () => void {
  const { host, lookup, port, proxy, tls } = target;
  const name = authorityOf({ host, port });
  let socket: TLSSocket | undefined;
  let isOver = false;
  const giveUp = (): void => {
    isOver = true;
    timer.cancel();
    socket?.destroy();
  };
  const fail = (error: Error): void => {
    if (isOver) return;
    giveUp();
    done(error);
  };
  const timer = clock.after(CONNECT_MS, () => {
    fail(new Error(`connect ${name}: no answer in ${CONNECT_MS} ms`));
  });
  const begin = (more: object): void => {
    const made = connect({ host, port, lookup, ALPNProtocols: ALPN, ...tls.options, ...more });
    socket = made.setNoDelay(true);
    made.on('error', fail);
    made.once('close', () => fail(new Error(`connection to ${name}: closed by the peer`)));
    made.once('secureConnect', () => {
      if (isOver) return;
      isOver = true;
      timer.cancel();
      done(undefined, made);
    });
  };
  if (proxy === undefined) {
    // The caller is told nothing before it has the means to give up.
    try { begin({}); } catch (error) { process.nextTick(fail, error as Error); }
    return giveUp;
  }
  tunnelThrough(proxy, name, (error, tunnel) => {
    if (error !== undefined) fail(error);
    else if (isOver) tunnel?.destroy();
    else begin({ socket: tunnel });
  });
  return giveUp;
}
