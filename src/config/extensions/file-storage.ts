/**
 * The contract of the file storage extension.
 */
import type { Duration } from 'cdk8s';
import { component } from '../contract';
import { count, duration, flag, text, withoutEffect } from '../fields';
import { section, type Report, type SettingsOf } from '../section';

/** When files are made smaller that have room to spare. */
export interface FileStorageCompactionConfig {
  /**
   * Directory that the smaller files are written to first, on the same disk.
   * @default "/var/lib/otelcol/file_storage"
   */
  readonly directory?: string;
  /**
   * Whether it is done at the start.
   * @default false
   */
  readonly onStart?: boolean;
  /**
   * Whether it is done when much was held and little is left.
   * @default false
   */
  readonly onRebound?: boolean;
  /**
   * Size that a file must have had for that, in MiB.
   * @default 100
   */
  readonly reboundNeededThresholdMib?: number;
  /**
   * What it holds at most when that is done, in MiB.
   * @default 10
   */
  readonly reboundTriggerThresholdMib?: number;
  /**
   * Entries that are copied at once; zero is all.
   * @default 65536
   */
  readonly maxTransactionSize?: number;
  /**
   * Time between two looks at the sizes.
   * @default Duration.seconds(5)
   */
  readonly checkInterval?: Duration;
  /**
   * Whether what an interrupted run left behind is removed at the start.
   * @default false
   */
  readonly cleanupOnStart?: boolean;
}

/** Keeps what other components must not lose in files: queues and how far files were read. */
export interface FileStorageExtensionConfig {
  /**
   * Directory of the files.
   * @default "/var/lib/otelcol/file_storage"
   */
  readonly directory?: string;
  /**
   * Time that opening a file may take.
   * @default Duration.seconds(1)
   */
  readonly timeout?: Duration;
  /**
   * Size of a file at most, in bytes; zero is without limit.
   * @default 0
   */
  readonly maxSize?: number;
  /**
   * When files are made smaller.
   * @default - never
   */
  readonly compaction?: FileStorageCompactionConfig;
  /**
   * Whether every write reaches the disk before it is done.
   * @default false
   */
  readonly fsync?: boolean;
  /**
   * Whether the directory is created where it is missing.
   * @default false
   */
  readonly createDirectory?: boolean;
  /**
   * Permissions of a directory that is created, in octal.
   * @default "0750"
   */
  readonly directoryPermissions?: string;
  /**
   * Whether a file that is broken is put aside rather than failing the start.
   * @default false
   */
  readonly recreate?: boolean;
}

const DIRECTORY = '/var/lib/otelcol/file_storage';
const MIB = 1_048_576;

const fields = {
  directory: text({ fallback: DIRECTORY }),
  timeout: duration('1s'),
  maxSize: count({ fallback: 0 }),
  compaction: section<FileStorageCompactionConfig>()({
    directory: text({ fallback: DIRECTORY }),
    onStart: flag({ fallback: false }),
    onRebound: flag({ fallback: false }),
    reboundNeededThresholdMib: count({ fallback: 100 }),
    reboundTriggerThresholdMib: count({ fallback: 10 }),
    maxTransactionSize: count({ fallback: 65_536 }),
    checkInterval: duration('5s'),
    cleanupOnStart: flag({ fallback: false }),
  }),
  fsync: flag({ fallback: false }),
  createDirectory: flag({ fallback: false }),
  directoryPermissions: text({ fallback: '0750' }),
  recreate: withoutEffect(
    flag({ fallback: false }), 'a damaged file never keeps the collector from starting'),
};

/** What the file storage extension reads. */
export type FileStorageSettings = SettingsOf<typeof fields>;

function storageFits(settings: FileStorageSettings, report: Report): void {
  const { createDirectory, directoryPermissions, compaction, maxSize } = settings;
  if (createDirectory && !/^0?[0-7]{3}$/.test(directoryPermissions)) {
    report(['directory_permissions'],
      `must be permissions in octal, such as "0750", got ${directoryPermissions}`);
  }
  if (!compaction.onRebound) return;
  if (compaction.checkInterval === 0) {
    report(['compaction', 'check_interval'], 'must be more than 0s, got 0s');
  }
  if (maxSize === 0) return;
  const thresholds = {
    rebound_needed_threshold_mib: compaction.reboundNeededThresholdMib,
    rebound_trigger_threshold_mib: compaction.reboundTriggerThresholdMib,
  };
  for (const [key, mib] of Object.entries(thresholds)) {
    if (mib * MIB <= maxSize) continue;
    report(['compaction', key], `must be at most max_size (${maxSize} bytes), got ${mib}`);
  }
}

/** The contract of the file storage extension. */
export const fileStorageExtension = component<FileStorageExtensionConfig>()(
  'extensions', 'file_storage', fields, { check: storageFits });
