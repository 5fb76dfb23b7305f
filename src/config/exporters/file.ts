/**
 * The contract of the file exporter.
 */
import type { Duration } from 'cdk8s';
import { component } from '../contract';
import { choice, count, duration, flag, text } from '../fields';
import { givenSection, section, type Report, type SettingsOf } from '../section';

/** When a file is put aside and a new one begun. */
export interface FileRotationConfig {
  /**
   * Size at which a file is put aside, in MiB; zero is 100.
   * @default 0
   */
  readonly maxMegabytes?: number;
  /**
   * Days after which files that were put aside are removed; zero keeps them.
   * @default 0
   */
  readonly maxDays?: number;
  /**
   * Number of files that were put aside and are kept; zero keeps all.
   * @default 100
   */
  readonly maxBackups?: number;
  /**
   * Whether the time in their names is that of the machine rather than UTC.
   * @default false
   */
  readonly localtime?: boolean;
}

/** One file per value of an attribute. */
export interface FileGroupByConfig {
  /**
   * Whether there is one file per value.
   * @default false
   */
  readonly enabled?: boolean;
  /**
   * Attribute of resources whose text takes the place of `*` in the path. What lacks it is dropped.
   * @default "fileexporter.path_segment"
   */
  readonly resourceAttribute?: string;
  /**
   * Number of files that are open at the same time.
   * @default 100
   */
  readonly maxOpenFiles?: number;
}

/** How strongly is compressed. */
export interface FileCompressionParamsConfig {
  /**
   * The level; zero is that of the algorithm.
   * @default 0
   */
  readonly level?: number;
}

/** Writes what reaches it into files. */
export interface FileExporterConfig {
  /**
   * The file; with `groupBy` it holds one `*`.
   */
  readonly path: string;
  /**
   * json (one request per line) or proto (each request behind its length in four bytes).
   * @default "json"
   */
  readonly format?: string;
  /**
   * Compression of every request: zstd, or nothing. Each is then behind its length in four bytes,
   * in both formats.
   * @default ""
   */
  readonly compression?: string;
  /**
   * How strongly is compressed.
   * @default - as strongly as the algorithm does by itself
   */
  readonly compressionParams?: FileCompressionParamsConfig;
  /**
   * Whether a file that is there is continued rather than emptied.
   * @default false
   */
  readonly append?: boolean;
  /**
   * When a file is put aside and a new one begun.
   * @default - never
   */
  readonly rotation?: FileRotationConfig;
  /**
   * Longest time that a request waits in memory before it is written; zero is a second. With
   * `rotation` nothing waits.
   * @default Duration.seconds(1)
   */
  readonly flushInterval?: Duration;
  /**
   * Whether the directory is made when it is not there.
   * @default false
   */
  readonly createDirectory?: boolean;
  /**
   * Permissions of directories that are made, as octal digits; nothing is 0755.
   * @default ""
   */
  readonly directoryPermissions?: string;
  /**
   * One file per value of an attribute.
   * @default - one file
   */
  readonly groupBy?: FileGroupByConfig;
}

const fields = {
  path: text(),
  format: choice(['json', 'proto'], 'json'),
  compression: choice(['', 'zstd'], ''),
  compressionParams: section<FileCompressionParamsConfig>()({ level: count({ fallback: 0 }) }),
  append: flag({ fallback: false }),
  rotation: givenSection<FileRotationConfig>()('on', {
    maxMegabytes: count({ fallback: 0 }),
    maxDays: count({ fallback: 0 }),
    maxBackups: count({ fallback: 100 }),
    localtime: flag({ fallback: false }),
  }),
  flushInterval: duration('1s'),
  createDirectory: flag({ fallback: false }),
  directoryPermissions: text({ fallback: '' }),
  groupBy: section<FileGroupByConfig>()({
    enabled: flag({ fallback: false }),
    resourceAttribute: text({ fallback: 'fileexporter.path_segment' }),
    maxOpenFiles: count({ fallback: 100, min: 1 }),
  }),
};

/** What the file exporter works with. */
export type FileSettings = SettingsOf<typeof fields>;

function pathFits({ groupBy, path }: FileSettings, report: Report): void {
  if (path === '') report(['path'], 'must be the name of a file, got ""');
  if (!groupBy.enabled) return;
  if (path.split('*').length !== 2 || path.startsWith('*')) {
    report(['path'],
      `must hold one * behind its beginning when group_by is on, got ${JSON.stringify(path)}`);
  }
  if (groupBy.resourceAttribute === '') {
    report(['group_by', 'resource_attribute'], 'must be the name of an attribute, got ""');
  }
}

function directoryFits(
  { createDirectory, directoryPermissions }: FileSettings, report: Report,
): void {
  if (directoryPermissions === '') return;
  if (!createDirectory) {
    report(['directory_permissions'], 'must not be there unless create_directory is true');
  }
  if (!/^0?[0-7]{1,3}$/.test(directoryPermissions)) {
    report(['directory_permissions'],
      `must be octal digits such as "0755", got ${JSON.stringify(directoryPermissions)}`);
  }
}

/** The contract of the file exporter. */
export const fileExporter = component<FileExporterConfig>()('exporters', 'file', fields, {
  check: (settings, report) => {
    pathFits(settings, report);
    directoryFits(settings, report);
    if (settings.append && settings.rotation !== undefined) {
      report(['append'], 'must be false beside rotation');
    }
  },
  upstreamOnly: ['encoding'],
});
