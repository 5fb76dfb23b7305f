/** Keeps the requests of sending queues in files of a directory. */
import { access, constants, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ComponentContext } from '../../component';
import type { FileStorageSettings } from '../../config';
import { messageOf } from '../../errors';
import { TEMPORARY } from '../../storage/compaction';
import { DirectoryLock } from '../../storage/directory-lock';
import { logMetrics } from '../../storage/log-metrics';
import { logSettings } from '../../storage/log-settings';
import { syncFolder, unlinkIfThere } from '../../storage/segment';
import { SegmentLog } from '../../storage/segment-log';
import type { LogOwner, RequestLog, StorageExtension } from '../../storage/storage';

const OCTAL = 8;
const UNSAFE = /[^a-zA-Z0-9._-]/gu;

/** The file storage extension. */
export function createFileStorageExtension(
  settings: FileStorageSettings, context: ComponentContext,
): StorageExtension {
  return new FileStorage(settings, context);
}

class FileStorage implements StorageExtension {
  private lock?: DirectoryLock;
  private readonly logs = new Set<RequestLog>();
  private stopping?: Promise<void>;

  public constructor(
    private readonly settings: FileStorageSettings, private readonly context: ComponentContext,
  ) {}

  public async start(): Promise<void> {
    const { compaction, directory, timeout } = this.settings;
    await this.needDirectory(directory, 'directory');
    if (compaction.onStart || compaction.onRebound) {
      await this.needDirectory(compaction.directory, 'compaction.directory');
    }
    try {
      this.lock = await DirectoryLock.take(directory, timeout, this.context);
    } catch (error) {
      throw new Error(`extensions.${this.context.id}.${messageOf(error)}`);
    }
    if (compaction.cleanupOnStart) await this.cleanUp(compaction.directory);
  }

  public stop(): Promise<void> {
    this.stopping ??= this.release();
    return this.stopping;
  }

  public async openLog(owner: LogOwner): Promise<RequestLog> {
    const { directory, fsync } = this.settings;
    const name = folderName(owner);
    const folder = join(directory, `${name}.queue`);
    await this.tellOfUpstream(name, owner);
    try {
      const log = await SegmentLog.open({
        folder,
        settings: logSettings(this.settings, owner.capacityBytes),
        owner,
        metrics: logMetrics(owner),
      });
      this.logs.add(log);
      if (fsync) await syncFolder(directory);
      return log;
    } catch (error) {
      throw new Error(`extensions.${this.context.id}.directory: must hold a queue that can be`
        + ` opened, got ${folder}: ${messageOf(error)}`, { cause: error });
    }
  }

  private async release(): Promise<void> {
    for (const log of this.logs) await log.close();
    await this.lock?.release();
  }

  private async needDirectory(path: string, key: string): Promise<void> {
    const { createDirectory, directoryPermissions } = this.settings;
    const where = `extensions.${this.context.id}.${key}`;
    try {
      if (createDirectory) {
        await mkdir(path, { recursive: true, mode: parseInt(directoryPermissions, OCTAL) });
      }
      const isDirectory = (await stat(path)).isDirectory();
      if (!isDirectory) throw new Error(`${path}: is another kind of file`);
      await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (error) {
      const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      const way = isMissing ? ' (create_directory: true makes it)' : '';
      throw new Error(`${where}: must be a directory that can be read and written${way}, got`
        + ` ${path}: ${messageOf(error)}`);
    }
  }

  /** Removes what a process left that ended while it made a file smaller. */
  private async cleanUp(directory: string): Promise<void> {
    try {
      for (const file of await readdir(directory)) {
        if (file.startsWith(TEMPORARY)) await unlinkIfThere(join(directory, file));
      }
    } catch (error) {
      this.context.log.warn('Files that are left over cannot be deleted.', {
        directory, error: messageOf(error),
      });
    }
  }

  /** The Go collector keeps the same queue in a database, under this name. */
  private async tellOfUpstream(name: string, { context }: LogOwner): Promise<void> {
    const file = join(this.settings.directory, name);
    const found = await stat(file).catch(() => undefined);
    if (found?.isFile() !== true) return;
    context.log.warn('A queue of the OpenTelemetry Collector in Go is left alone: its file is of'
      + ' another format. Let that collector send it, then delete it.', {
      file, bytes: found.size,
    });
  }
}

/** The name of upstream's file: what is not safe in names stands as `~` and its number. */
function folderName({ context: { id }, signal }: LogOwner): string {
  const [type, name = ''] = id.split(/\/(.*)/s);
  return `exporter_${type}_${name}_${signal}`.replace(UNSAFE, (character) =>
    `~${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`);
}
