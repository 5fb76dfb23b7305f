/**
 * A disk that fails when it is told to, in the place of `node:fs/promises`. Everything else goes to
 * the real one:
 *
 *     jest.mock('node:fs/promises', () => jest.requireActual('…/failing-disk').failingDisk.fs)
 *
 * It knows as well what of all that was written a loss of power would leave: only what an fsync
 * that succeeded brought to disk. One that failed throws away what was to be written and says so
 * once, as Linux does; the next one succeeds without it. A name is there after a loss of power
 * when its folder was synced after it was made; one that was deleted is not there. So no fsync need
 * be a real one.
 */
import {
  existsSync, promises as real, readFileSync, rmSync, statSync, writeFileSync, type PathLike,
} from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Errors of a disk. */
export type DiskError = 'EIO' | 'ENOSPC' | 'EROFS' | 'EMFILE';

/** Operations on names, and on open files. */
const ON_NAMES = [
  'open', 'rename', 'unlink', 'readdir', 'readFile', 'mkdir', 'stat', 'access', 'link',
] as const;
const ON_FILES = [
  'read', 'write', 'writev', 'sync', 'datasync', 'truncate', 'stat', 'close',
] as const;

const QUIET_TURNS = 5;

/** Whether an operation fails: which one, on what file, and the how manieth it is. */
export type Failing = (
  operation: string, path: string, at: number,
) => DiskError | undefined;

type Call = (...given: never[]) => Promise<unknown>;

/** What a file would hold after a loss of power, and what is on its way there. */
class Durable {
  private underWay: ((image: Buffer) => Buffer)[] = [];

  public constructor(public image: Buffer) {}

  public change(change: (image: Buffer) => Buffer): void {
    this.underWay.push(change);
  }

  public synced(hasFailed: boolean): void {
    if (!hasFailed) for (const change of this.underWay) this.image = change(this.image);
    this.underWay = [];
  }
}

/** The disk of one test. */
export class FailingDisk {
  /** What stands in the place of `node:fs/promises`. */
  public readonly fs: typeof real;
  /** Operations so far, those that failed as well. */
  public readonly operations: string[] = [];
  /** Operations that failed. */
  public readonly failed: string[] = [];
  /** On what files. */
  public readonly failedPaths: string[] = [];
  private failing: Failing = () => undefined;
  private underWay = 0;
  private readonly files = new Map<string, Durable>();
  private readonly newNames = new Set<string>();
  private readonly lostNames = new Set<string>();

  public constructor() {
    const fs: Record<string, Call> = { ...real } as unknown as Record<string, Call>;
    for (const name of ON_NAMES) {
      const call = fs[name];
      fs[name] = async (...given: unknown[]) => {
        const path = String(given[0] as PathLike);
        this.check(name, path);
        if (name === 'open') this.known(path);
        const result = await this.busy(call(...given as never[]));
        if (name === 'rename') this.renamed(path, String(given[1]));
        if (name === 'unlink') this.files.delete(path);
        return name === 'open' ? this.opened(path, result as FileHandle) : result;
      };
    }
    this.fs = fs as unknown as typeof real;
  }

  /** Begins anew with a disk that fails when `failing` gives an error. */
  public begin(failing: Failing = () => undefined): void {
    this.operations.length = 0;
    this.failed.length = 0;
    this.failedPaths.length = 0;
    this.files.clear();
    this.newNames.clear();
    this.lostNames.clear();
    this.failing = failing;
  }

  /** From now on nothing fails, or what `failing` says. */
  public heal(failing: Failing = () => undefined): void {
    this.failing = failing;
  }

  /** Resolves when nobody has used it for some turns of the event loop. */
  public async quiet(): Promise<void> {
    for (let turns = 0; turns < QUIET_TURNS; turns++) {
      if (this.underWay > 0) turns = 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Makes of all files what a loss of power would leave. Nothing may use them any more. */
  public losePower(): void {
    for (const [path, { image }] of this.files) {
      if (this.newNames.has(path) || this.lostNames.has(path)) rmSync(path, { force: true });
      else writeFileSync(path, image);
    }
  }

  private async busy<T>(work: Promise<T>): Promise<T> {
    this.underWay += 1;
    try {
      return await work;
    } finally {
      this.underWay -= 1;
    }
  }

  private check(operation: string, path: string): void {
    const code = this.failing(operation, path, this.operations.length);
    this.operations.push(operation);
    if (code === undefined) return;
    this.failed.push(operation);
    this.failedPaths.push(path);
    throw Object.assign(new Error(`${code}: a disk that fails, ${operation} '${path}'`), { code });
  }

  /** Remembers what is opened; what was there before outlasts a loss of power. */
  private known(path: string): void {
    if (this.files.has(path) || (existsSync(path) && statSync(path).isDirectory())) return;
    if (!existsSync(path)) this.newNames.add(path);
    this.files.set(path, new Durable(existsSync(path) ? readFileSync(path) : Buffer.alloc(0)));
  }

  /** The open file, whose operations fail and are remembered. */
  private opened(path: string, handle: FileHandle): FileHandle {
    return new Proxy(handle, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        const call = (value as Call).bind(target);
        if (!ON_FILES.some((operation) => operation === name)) return call;
        return (...given: unknown[]) =>
          this.busy(this.onFile(String(name), path, call, given));
      },
    });
  }

  private async onFile(
    name: string, path: string, call: Call, given: readonly unknown[],
  ): Promise<unknown> {
    const file = this.files.get(path);
    try {
      this.check(name, path);
    } catch (error) {
      // A write that fails has written some, and a file that cannot be closed is closed.
      if (name === 'writev') await this.write(file, call, given, 2);
      if (name === 'close') await call();
      if (name.endsWith('sync')) this.synced(path, true);
      throw error;
    }
    if (name === 'writev') return this.write(file, call, given, 1);
    if (name === 'truncate') file?.change((image) => image.subarray(0, given[0] as number));
    if (name.endsWith('sync')) return this.synced(path, false);
    return call(...given as never[]);
  }

  /** Writes a part of what shall be written. */
  private write(
    file: Durable | undefined, call: Call, [parts, at]: readonly unknown[], part: number,
  ): Promise<unknown> {
    const bytes = Buffer.concat(parts as Uint8Array[]);
    const some = bytes.subarray(0, Math.floor(bytes.length / part));
    const position = at as number;
    file?.change((image) => {
      const changed = Buffer.alloc(Math.max(image.length, position + some.length));
      image.copy(changed);
      some.copy(changed, position);
      return changed;
    });
    return call([some] as never, position as never);
  }

  private synced(path: string, hasFailed: boolean): void {
    this.files.get(path)?.synced(hasFailed);
    for (const name of this.newNames) {
      if (dirname(name) !== path) continue;
      this.newNames.delete(name);
      if (hasFailed) this.lostNames.add(name);
    }
  }

  private renamed(from: string, to: string): void {
    const file = this.files.get(from);
    this.files.delete(from);
    this.newNames.delete(from);
    if (file !== undefined) this.files.set(to, file);
    this.newNames.add(to);
  }
}

/** The disk of the test file that replaces `node:fs/promises`. */
export const failingDisk = new FailingDisk();
