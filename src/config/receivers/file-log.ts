/**
 * The contract of upstream's file log receiver.
 */
import type { Duration } from 'cdk8s';
import * as z from 'zod/mini';
import { component } from '../contract';
import {
  choice, duration, flag, leaf, list, mustBe, openMap, optional, text, type Field,
} from '../fields';
import { section } from '../section';

/** Hands lines over again that the pipeline could not take. */
export interface FileLogRetryConfig {
  /**
   * Whether lines are handed over again; reading waits for them.
   * @default false
   */
  readonly enabled?: boolean;
  /**
   * Pause before the first retry.
   * @default Duration.seconds(1)
   */
  readonly initialInterval?: Duration;
  /**
   * Longest pause.
   * @default Duration.seconds(30)
   */
  readonly maxInterval?: Duration;
  /**
   * Time after which lines are given up; zero is never.
   * @default Duration.minutes(5)
   */
  readonly maxElapsedTime?: Duration;
}

/** Reads lines as they are written to files. */
export interface FileLogReceiverConfig {
  /**
   * Patterns of the files' paths, such as `/var/log/app/*.log`; one at least.
   */
  readonly include: string[];
  /**
   * Patterns of paths that are left out.
   * @default []
   */
  readonly exclude?: string[];
  /**
   * Where reading begins in a file that is seen for the first time: beginning or end.
   * @default "end"
   */
  readonly startAt?: string;
  /**
   * Whether lines carry their file's path, as `log.file.path`.
   * @default false
   */
  readonly includeFilePath?: boolean;
  /**
   * Whether lines carry their file's name, as `log.file.name`.
   * @default true
   */
  readonly includeFileName?: boolean;
  /**
   * Time between two looks at the files.
   * @default Duration.millis(200)
   */
  readonly pollInterval?: Duration;
  /**
   * Length of a line at most, in bytes; longer ones are cut in pieces. In YAML also as `1MiB`.
   * @default 1048576
   */
  readonly maxLogSize?: number;
  /**
   * Time after which files without changes are left out; zero is never.
   * @default Duration.millis(0)
   */
  readonly excludeOlderThan?: Duration;
  /**
   * Steps that make a record of a line, each with its `type`, such as container.
   * @default []
   */
  readonly operators?: Record<string, any>[];
  /**
   * Extension that keeps how far files were read, such as `file_storage`.
   * @default - a restart begins anew at `startAt`
   */
  readonly storage?: string;
  /**
   * When lines that the pipeline could not take are handed over again.
   * @default - never
   */
  readonly retryOnFailure?: FileLogRetryConfig;
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  'kb': 1e3,
  'kib': 1024,
  'mb': 1e6,
  'mib': 1024 ** 2,
  'gb': 1e9,
  'gib': 1024 ** 3,
  'tb': 1e12,
  'tib': 1024 ** 4,
  'pb': 1e15,
  'pib': 1024 ** 5,
};

/** A number of bytes, in YAML also with a unit. */
function byteSize(fallback: number): Field<number, number> {
  const what = 'a size such as 1048576 or 1MiB';
  return leaf(() => z.union([z.string(), z.int().check(z.minimum(0))], mustBe(what)), fallback, {
    decode: (value: string | number, refuse) => {
      const match = /^(\d+\.?\d*)\s*([kmgtp]i?b)?$/i.exec(String(value));
      if (match === null) refuse(mustBe(what).error({ input: value }));
      return Number(match?.[1]) * UNITS[(match?.[2] ?? '').toLowerCase()];
    },
  });
}

/** The contract of the file log receiver. */
export const fileLogReceiver = component<FileLogReceiverConfig>()('receivers', 'file_log', {
  include: list(text()),
  exclude: list(text(), []),
  startAt: choice(['beginning', 'end'], 'end'),
  includeFilePath: flag({ fallback: false }),
  includeFileName: flag({ fallback: true }),
  pollInterval: duration('200ms'),
  maxLogSize: byteSize(1_048_576),
  excludeOlderThan: duration('0s'),
  operators: list(openMap(), []),
  storage: optional(text()),
  retryOnFailure: section<FileLogRetryConfig>()({
    enabled: flag({ fallback: false }),
    initialInterval: duration('1s'),
    maxInterval: duration('30s'),
    maxElapsedTime: duration('5m'),
  }),
}, {
  aliases: ['filelog'],
  upstreamSignals: ['logs'],
  check: ({ include, operators }, report) => {
    if (include.length === 0) report(['include'], 'must hold at least one pattern, got []');
    operators.forEach(({ type }, index) => {
      if (typeof type !== 'string') {
        report(['operators', index, 'type'], 'is required and must be a text, such as container');
      }
    });
  },
  upstreamOnly: [
    'id', 'type', 'attributes', 'resource', 'output', 'ordering_criteria',
    'include_file_name_resolved', 'include_file_path_resolved', 'include_file_owner_name',
    'include_file_owner_group_name', 'include_file_permissions', 'include_file_record_number',
    'include_file_record_offset', 'max_concurrent_files', 'max_batches', 'fingerprint_size',
    'initial_buffer_size', 'max_log_size_behavior', 'encoding', 'multiline',
    'preserve_leading_whitespaces', 'preserve_trailing_whitespaces', 'force_flush_period',
    'header', 'delete_after_read', 'compression', 'polls_to_archive', 'acquire_fs_lock',
    'file_cache_advise', 'on_truncate',
  ],
});
