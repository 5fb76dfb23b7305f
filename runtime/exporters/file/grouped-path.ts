/** The file that a value of an attribute stands for: always one below the path's beginning. */
import { posix } from 'node:path';

/**
 * `pattern` with `segment` in place of its `*`. Whatever a sender writes into the attribute, the
 * result begins as the pattern does, as upstream sees to it.
 */
export function groupedPath(pattern: string, segment: string): string {
  const [before, end] = pattern.split('*');
  const cleaned = posix.normalize(before);
  const begin = before.endsWith('/') && !cleaned.endsWith('/') ? `${cleaned}/` : cleaned;
  const safe = segment.startsWith('../') ? segment.slice(2)
    : segment.startsWith('./') ? segment.slice(1) : segment;
  const full = posix.normalize(`${begin}${safe}${end}`);
  if (full.startsWith(begin)) return full;
  return posix.join(begin, posix.join('/', `${safe}${end}`));
}
