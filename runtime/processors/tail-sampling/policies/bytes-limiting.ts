import { limitBy } from './limiting';
import type { PolicyFactory } from './policy';
import { BYTES } from '../trace-table';

/** Keeps traces while there is room for all their bytes in a bucket of so many per second. */
export const bytesLimiting: PolicyFactory<'bytes_limiting'> = (settings, context) => {
  const { bytesPerSecond, burstCapacity } = settings.bytesLimiting;
  return limitBy(
    (words, trace) => words[trace + BYTES] >>> 0, bytesPerSecond, burstCapacity, context);
};
