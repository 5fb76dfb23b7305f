/**
 * A disk that fails under a whole process: calls to the kernel fail by a library that is loaded
 * before the C library (`runtime/test/fixtures/failing-disk.c`).
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from './file-storage';

const library = join(makeDirectory(), 'failing-disk.so');
const canCompile = spawnSync('cc', ['-shared', '-fPIC', '-o', library,
  join(__dirname, '..', 'test', 'fixtures', 'failing-disk.c'), '-ldl']).status === 0;

/** Defines a test where there is a C compiler, on Linux. */
export const onFailingDisk = canCompile && process.platform === 'linux' ? it : it.skip;

/** A folder on a disk that fails when it is told to. */
export class FailingFolder {
  /** The folder. */
  public readonly path = makeDirectory();
  /** What the process is started with. */
  public readonly env = { LD_PRELOAD: library, FAILING_DISK: this.path };

  public constructor() {
    mkdirSync(join(this.path, 'fails'));
  }

  /** From now on `call` fails there, with EIO or ENOSPC. */
  public fail(call: string, code = 'EIO'): void {
    writeFileSync(join(this.path, 'fails', call), code === 'EIO' ? '' : code);
  }

  /** It works again. */
  public heal(call: string): void {
    rmSync(join(this.path, 'fails', call));
  }
}
