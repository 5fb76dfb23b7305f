/**
 * Gives everything in the cluster a loopback address of its own.
 *
 * A cluster takes one /16 of 127.0.0.0/8, so that several can run side by side. Who holds the
 * lock address of a /16 owns it; the operating system releases it when the process ends.
 */
import { createServer, type Server } from 'node:net';
import { messageOf } from '../errors';

/** Ports below this one need privileges on most machines. */
const FIRST_FREE_PORT = 1024;
/** How much higher such ports stand in the local cluster. */
const PRIVILEGED_SHIFT = 20_000;
/** The port that is held as a lock; no component listens on it. */
const LOCK_PORT = 18_653;
const FIRST_BLOCK = 64;
const LAST_BLOCK = 254;

/** Where a cluster port is found on this machine: ports under 1024 stand 20000 higher. */
export function portOnHost(port: number): number {
  return port < FIRST_FREE_PORT && port > 0 ? port + PRIVILEGED_SHIFT : port;
}

/** What an address is for; each has its own range, so that addresses tell what they belong to. */
type Range = 'node' | 'service' | 'backend' | 'pod' | 'podLoopback';

const RANGES: Readonly<Record<Range, readonly [first: number, last: number]>> = {
  node: [1, 1],
  service: [4, 7],
  backend: [8, 9],
  pod: [16, 127],
  podLoopback: [128, 239],
};

/** Addresses of one cluster. */
export class AddressPlan {
  /** Takes the first /16 that nobody uses. */
  public static async claim(firstBlock = FIRST_BLOCK): Promise<AddressPlan> {
    for (let block = firstBlock; block <= LAST_BLOCK; block++) {
      const lock = await tryLock(`127.${block}.255.254`);
      if (lock !== undefined) return new AddressPlan(block, lock);
    }
    throw new AddressError(`127.${firstBlock}.0.0/16 to 127.${LAST_BLOCK}.0.0/16`, LOCK_PORT,
      'all are used by other local clusters');
  }

  /** Address of cluster DNS. */
  public readonly dns: string;
  /** Address of the API server. */
  public readonly apiServer: string;
  private readonly block: number;
  private readonly lock: Server;
  private readonly used = new Map<Range, number>();

  private constructor(block: number, lock: Server) {
    this.block = block;
    this.lock = lock;
    this.dns = `127.${block}.0.10`;
    this.apiServer = `127.${block}.0.1`;
  }

  /** A fresh address of a range; addresses are never given twice. */
  public next(range: Range): string {
    const [first, last] = RANGES[range];
    const index = this.used.get(range) ?? 0;
    const third = first + Math.floor(index / 250);
    if (third > last) {
      throw new AddressError(`127.${this.block}.${first}.0`, 0, `all ${range} addresses are given`);
    }
    this.used.set(range, index + 1);
    return `127.${this.block}.${third}.${index % 250 + 1}`;
  }

  /** Gives the /16 back. */
  public release(): Promise<void> {
    return new Promise((resolve) => {
      this.lock.close(() => resolve());
    });
  }
}

/** An address or port that this machine does not give. */
export class AddressError extends Error {
  public readonly name: string = 'AddressError';

  public constructor(address: string, port: number, why: string) {
    super(`${address}${port === 0 ? '' : `:${port}`} must be free to use, got: ${why}`);
  }
}

/** Why `error`, met when listening on `address:port`, happened, and what can be done about it. */
export function explainListenError(address: string, port: number, thrown: unknown): AddressError {
  const code = (thrown as NodeJS.ErrnoException).code;
  if (code === 'EADDRNOTAVAIL') {
    return new AddressError(address, port, 'this machine has no such loopback address'
      + ` (macOS: "sudo ifconfig lo0 alias ${address}" adds it; Linux has all of 127.0.0.0/8)`);
  }
  if (code === 'EADDRINUSE') {
    return new AddressError(address, port, 'another process listens there, or on all addresses'
      + ` ("ss -ltnp sport = :${port}" names it)`);
  }
  if (code === 'EACCES') {
    return new AddressError(address, port, 'this user may not listen on that port'
      + ' (Linux: sysctl net.ipv4.ip_unprivileged_port_start)');
  }
  return new AddressError(address, port, messageOf(thrown));
}

/** Listens on `address:port`, or says why that cannot be. */
export function listenOn(server: Server, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(explainListenError(address, port, error));
    server.once('error', failed);
    server.listen({ host: address, port, exclusive: true }, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

async function tryLock(address: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  try {
    await listenOn(server, address, LOCK_PORT);
    server.unref();
    return server;
  } catch (thrown) {
    if (messageOf(thrown).includes('another process')) return undefined;
    throw thrown;
  }
}
