import { limitBy } from './limiting';
import type { PolicyFactory } from './policy';
import { BYTES, FRAMES } from '../trace-table';

/** As a request of its own. */
function sizeOf(words: Int32Array, trace: number): number {
  return (words[trace + BYTES] >>> 0) + words[trace + FRAMES];
}

/** Keeps traces while there is room for all their bytes in a bucket of so many per second. */
export const bytesLimiting: PolicyFactory<'bytes_limiting'> = (settings, context) => {
  const { bytesPerSecond, burstCapacity } = settings.bytesLimiting;
  return limitBy(sizeOf, bytesPerSecond, burstCapacity, context);
};
