/**
 * Keeps a second process out of a directory.
 *
 * The holder listens on a socket in the directory. The kernel closes it when the process ends,
 * however that happens, so a lock never outlives its holder, and a process number that is used
 * again, as number 1 is in every container, misleads nobody. It tells processes of one machine
 * apart; volumes that several machines may write to at the same time it does not protect.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { link, rename } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { unlinkIfThere } from './segment';
import { sleep, type Clock } from '../clock';
import { messageOf } from '../errors';
import type { Logger } from '../telemetry/logger';

const NAME = 'lock.sock';
/** Addresses of sockets are 108 bytes at most, the last of them zero. */
const LONGEST_ADDRESS = 100;
const PAUSE_MS = 50;
/** What a file system says that has no sockets. */
const WITHOUT_SOCKETS = new Set(['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EPERM', 'EINVAL', 'ENXIO']);
/** What the kernel says of a socket whose process is gone, or that is not there. */
const GONE = new Set(['ECONNREFUSED', 'ENOENT']);

/** A lock that is held, or was tried for in vain where there are no sockets. */
export class DirectoryLock {
  /**
   * Takes the lock of `directory`, for which it waits at most `timeoutMs`.
   *
   * @throws Error when another process holds it, or the disk fails.
   */
  public static async take(
    directory: string, timeoutMs: number, { clock, log }: { clock: Clock; log: Logger },
  ): Promise<DirectoryLock> {
    const lock = new DirectoryLock(directory);
    const end = clock.monotonic() + timeoutMs;
    for (;;) {
      try {
        if (await lock.tryOnce()) return lock;
      } catch (error) {
        if (!WITHOUT_SOCKETS.has((error as NodeJS.ErrnoException).code ?? '')) {
          throw new Error(`directory: must be one that can be locked, got ${directory}: ${
            messageOf(error)}`, { cause: error });
        }
        log.warn('The directory cannot be locked: see that one process only uses it.', {
          directory, error: messageOf(error),
        });
        return lock;
      }
      if (clock.monotonic() >= end) break;
      await sleep(clock, PAUSE_MS);
    }
    throw new Error(
      `directory: must be used by one process only, got ${directory}, which another one uses`);
  }

  private server?: Server;
  private readonly visitors = new Set<Socket>();
  private folder?: number;

  private constructor(private readonly directory: string) {}

  /** Gives it back. Twice is harmless. */
  public async release(): Promise<void> {
    const { server, folder } = this;
    if (server === undefined) return;
    this.server = undefined;
    // A socket that nobody listens on any more holds nobody up.
    await removeIfPossible(this.address(NAME));
    for (const visitor of this.visitors) visitor.destroy();
    await new Promise((resolve) => server.close(resolve));
    if (folder !== undefined) closeSync(folder);
    this.folder = undefined;
  }

  private async tryOnce(): Promise<boolean> {
    if (await isHeld(this.address(NAME))) return false;
    await this.clearAway();
    const own = `lock.${process.pid}.${randomBytes(4).toString('hex')}`;
    const server = await this.listen(this.address(own));
    try {
      // A link never replaces what somebody else put there in the meantime.
      await link(this.address(own), this.address(NAME));
    } catch (error) {
      await new Promise((resolve) => server.close(resolve));
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      await removeIfPossible(this.address(own));
    }
    this.server = server;
    return true;
  }

  /** Removes the socket of a holder that is gone, and only that. */
  private async clearAway(): Promise<void> {
    const aside = this.address(`lock.old.${randomBytes(4).toString('hex')}`);
    try {
      await rename(this.address(NAME), aside);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    // Between the question and the answer another process may have put its own there.
    if (await isHeld(aside)) await link(aside, this.address(NAME)).catch(() => undefined);
    await removeIfPossible(aside);
  }

  private listen(address: string): Promise<Server> {
    return new Promise((resolve, reject) => {
      const server = createServer((visitor) => {
        this.visitors.add(visitor);
        visitor.on('error', () => undefined).on('close', () => this.visitors.delete(visitor));
        visitor.end();
      });
      server.once('error', reject);
      server.listen(address, () => resolve(server.unref()));
    });
  }

  /** A short name for a file of the directory. */
  private address(name: string): string {
    const path = join(this.directory, name);
    if (Buffer.byteLength(path) <= LONGEST_ADDRESS - NAME.length * 2) return path;
    this.folder ??= openSync(this.directory, 'r');
    return `/proc/self/fd/${this.folder}/${name}`;
  }
}

/** Deletes a name that nobody looks for. */
async function removeIfPossible(address: string): Promise<void> {
  await unlinkIfThere(address).catch(() => undefined);
}

function isHeld(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once('connect', () => resolve(true));
    // Whoever is too busy to be reached is there as well.
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(!GONE.has(code ?? '')));
    socket.on('close', () => socket.destroy()).unref();
  });
}
