/** What a log is told about how it keeps requests. */
import type { FileStorageSettings } from '../config';

const MIB = 1_048_576;
const LARGEST_SEGMENT = 4 * MIB;
const SMALLEST_SEGMENT = MIB / 4;
const SEGMENTS_PER_QUEUE = 16;

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
