/**
 * A program and what V8 once compiled of it, kept in a file beside it: to compile two megabytes is
 * a third of what it takes to start (docs/decisions/0011).
 */
import { readFileSync, renameSync, writeFileSync } from 'fs';
import { createRequire } from 'module';
import { basename, dirname } from 'path';
import { Script } from 'vm';
import { crc32 } from 'zlib';

const CHECKSUM_BYTES = 4;
const PARAMETERS = 'exports, require, module, __filename, __dirname';

/** One bundle of CommonJS. */
export class CompiledProgram {
  private readonly cacheFile: string;
  private readonly checksum: number;
  private readonly script: Script;

  /**
   * Reads the bundle, which holds nothing but ASCII. What lies beside it as `.cache` is used if it
   * was compiled from these bytes by this version of V8; if not, or without it, V8 compiles anew.
   */
  public constructor(private readonly file: string) {
    this.cacheFile = `${file}.cache`;
    const bytes = readFileSync(file);
    this.checksum = crc32(bytes);
    this.script = new Script(`(function (${PARAMETERS}) {${bytes.toString('latin1')}\n})`, {
      // Without its folder: V8 would show the one in which it compiled.
      filename: basename(file), cachedData: this.storedCode(),
    });
  }

  /** Whether V8 took what was compiled before. */
  public get isFromCache(): boolean {
    return this.script.cachedDataRejected === false;
  }

  /** Runs it as Node.js runs a file, and returns what it exports. */
  public run(): unknown {
    const module = { exports: {} };
    this.script.runInThisContext()(
      module.exports, createRequire(this.file), module, this.file, dirname(this.file));
    return module.exports;
  }

  /** Writes what has been compiled so far: all functions that have been called. */
  public writeCache(): void {
    const head = Buffer.alloc(CHECKSUM_BYTES);
    head.writeUInt32LE(this.checksum);
    // Written aside, so that nobody reads half of it.
    const aside = `${this.cacheFile}.${process.pid}`;
    writeFileSync(aside, Buffer.concat([head, this.script.createCachedData()]));
    renameSync(aside, this.cacheFile);
  }

  private storedCode(): Buffer | undefined {
    try {
      const stored = readFileSync(this.cacheFile);
      return stored.readUInt32LE() === this.checksum
        ? stored.subarray(CHECKSUM_BYTES) : undefined;
    } catch {
      return undefined;
    }
  }
}
