/** What a log is told about how it keeps requests. */
import type { FileStorageSettings } from '../config';

const MIB = 1_048_576;
const LARGEST_SEGMENT = 4 * MIB;
const SMALLEST_SEGMENT = MIB / 4;
const SEGMENTS_PER_QUEUE = 16;

/** What a log is called in lines that it logs, and what they say. */
export interface LogWords {
  /** What the files are of. */
  readonly noun: string;
  /** Said once when nothing can be written, in whole sentences. */
  readonly failing: string;
  /** Said when something can be written again. */
  readonly again: string;
  /** The key that limits the size of the files. */
  readonly limit: string;
}

/** The words for a queue of an exporter. */
export const QUEUE_WORDS: LogWords = {
  noun: 'the sending queue',
  failing: 'The sending queue cannot be written. Requests are refused until it can.',
  again: 'The sending queue can be written again.',
  limit: 'max_size',
};

/** How a log keeps requests. */
export interface LogSettings {
  /** Bytes after which a file is ended and the next one begun. */
  readonly segmentBytes: number;
  /** Whether what is written must have reached the disk before it counts as kept. */
  readonly fsync: boolean;
  /** Bytes of all files at most; 0 is without limit. */
  readonly maxBytes: number;
  /** When files are written anew without what is done in them. */
  readonly compaction: FileStorageSettings['compaction'];
}

/**
 * How the log of a queue of `capacityBytes` keeps requests. Its files are a small part of it, so
 * that those that are done but for their last request take no room that counts.
 */
export function logSettings(settings: FileStorageSettings, capacityBytes?: number): LogSettings {
  const { fsync, maxSize, compaction } = settings;
  const wanted = (capacityBytes ?? Infinity) / SEGMENTS_PER_QUEUE;
  return {
    segmentBytes: Math.max(SMALLEST_SEGMENT, Math.min(LARGEST_SEGMENT, Math.floor(wanted))),
    fsync,
    maxBytes: maxSize,
    compaction,
  };
}
