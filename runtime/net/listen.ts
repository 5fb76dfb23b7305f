/** Listens where settings say: on an address of this machine, or on a file. */
import { lstatSync, unlinkSync } from 'fs';
import { connect, type AddressInfo, type ListenOptions, type Server, type Socket } from 'net';
import { messageOf } from '../errors';
import { addressesOf, listenOptions, parseHostPort } from './endpoint';
import type { SocketEnd } from '../telemetry/calls';

/** Where a server listens. */
export interface ListenAddress {
  /** `host:port`, or the path of a socket. */
  readonly endpoint: string;
  /** What it listens on. */
  readonly transport: 'tcp' | 'tcp4' | 'tcp6' | 'unix';
}

/**
 * Listens, and resolves to the port; 0 for a socket that is a file.
 *
 * @throws Error when the address cannot be had.
 */
export async function listenOn(server: Server, address: ListenAddress): Promise<number> {
  const { endpoint, transport } = address;
  const options = transport === 'unix'
    ? await socketOptions(endpoint) : await portOptions(endpoint, transport);
  await new Promise<void>((resolve, reject) => {
    const failed = (error: Error): void => reject(cannotListen(endpoint, messageOf(error)));
    server.once('error', failed);
    server.listen(options, () => {
      server.removeListener('error', failed);
      resolve();
    });
  });
  const listening = server.address() as AddressInfo | string;
  return typeof listening === 'string' ? 0 : listening.port;
}

/** Our end of a connection. */
export function localEnd(socket: Socket | undefined): SocketEnd {
  return { address: socket?.localAddress ?? '', port: socket?.localPort ?? 0 };
}

function cannotListen(endpoint: string, reason: string): Error {
  const rule = 'must be an address of this machine that is free';
  return new Error(`endpoint ${endpoint}: ${rule}, got ${reason}`);
}

/** A name stands for its first address of the family; no name for all addresses of it. */
async function portOptions(
  endpoint: string, transport: 'tcp' | 'tcp4' | 'tcp6',
): Promise<ListenOptions> {
  const { host, port } = parseHostPort(endpoint, 'endpoint');
  if (transport === 'tcp') return listenOptions({ host, port });
  const isWanted = (address: string): boolean => address.includes(':') === (transport === 'tcp6');
  const everywhere = transport === 'tcp6' ? '::' : '0.0.0.0';
  const found = host === '' ? everywhere : (await addressesOf(host)).find(isWanted);
  if (found === undefined) {
    throw cannotListen(endpoint, `no ${transport === 'tcp6' ? 'IPv6' : 'IPv4'} address`);
  }
  return { port, host: found, ipv6Only: transport === 'tcp6' };
}

/**
 * A socket on which nobody listens is what a process left that was killed: it goes away, so that
 * the next one can start. Whatever else has the name stays.
 */
async function socketOptions(path: string): Promise<ListenOptions> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return { path };
  if (!found.isSocket()) throw cannotListen(path, 'a file that is no socket');
  if (await isAnswered(path)) throw cannotListen(path, 'a socket that another process listens on');
  unlinkSync(path);
  return { path };
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // Only who refuses is nobody: who may not connect does not know.
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED'));
  });
}
