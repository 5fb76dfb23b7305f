import { limitBy } from './limiting';
import type { PolicyFactory } from './policy';
import { SPANS } from '../trace-table';

/** Keeps traces while there is room for all their spans in a bucket of so many per second. */
export const rateLimiting: PolicyFactory<'rate_limiting'> = (settings, context) => {
  const { spansPerSecond, burstCapacity } = settings.rateLimiting;
  return limitBy((words, trace) => words[trace + SPANS], spansPerSecond, burstCapacity, context);
};
