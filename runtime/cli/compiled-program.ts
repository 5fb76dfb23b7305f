/**
 * A program and what V8 once compiled of it, kept in a file beside it: to compile two megabytes is
 * a third of what it takes to start (docs/decisions/0012).
 */
import { readFileSync, writeFileSync } from 'fs';
import { basename } from 'path';
import { Script } from 'vm';
import { crc32 } from 'zlib';

const CHECKSUM_BYTES = 4;
const PARAMETERS = 'exports, require, module, __filename, __dirname';

/** One bundle of CommonJS. */
export class CompiledProgram {
  private readonly script: Script;
  private readonly checksum: number;

  /**
   * Reads the bundle, which holds nothing but ASCII. What `cacheFile` holds is used if it was
   * compiled from these bytes by this version of V8; if not, or without it, V8 compiles anew.
   */
  public constructor(private readonly file: string, private readonly cacheFile: string) {
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

  /** Runs it as `module`, which lies in the same folder. */
  public run(module: NodeJS.Module, load: NodeJS.Require): void {
    this.script.runInThisContext()(module.exports, load, module, this.file, module.path);
  }

  /** Writes what has been compiled so far: all functions that have been called. */
  public writeCache(): void {
    const head = Buffer.alloc(CHECKSUM_BYTES);
    head.writeUInt32LE(this.checksum);
    writeFileSync(this.cacheFile, Buffer.concat([head, this.script.createCachedData()]));
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
