/** A sampler's journal is large enough for the traces that it holds. */
import type { Check } from './check';
import { tailSamplers } from './pipelines';
import { heldTracesMib } from '../memory-budget';
import { valueAt } from '../tier-facts';

/** A file of the journal goes when all that is in it has gone. */
const FILES_SHARE = 9 / 8;
/** What the sampler takes unless it is told otherwise. */
const USUAL_MIB = 1024;

/** Journals that are full before the traces that wait are in them. */
export const journalSize: Check = ({ data, tracesPerSecond, waitSeconds, minPods }) => {
  if (tracesPerSecond === undefined) return [];
  const pods = Math.max(1, Number.isFinite(minPods) ? minPods : 1);
  const needed = Math.ceil(heldTracesMib(tracesPerSecond, waitSeconds, pods) * FILES_SHARE);
  return tailSamplers(data).flatMap(({ where, config }) => {
    const journal = valueAt(config, 'journal');
    const most = Number(valueAt(journal, 'max_mib') ?? USUAL_MIB);
    return typeof journal !== 'object' || journal === null || !(most < needed) ? [] : [
      `${where}.journal.max_mib: must be ${needed} at least, for so much of ${tracesPerSecond}`
      + ` traces per second over ${pods} pods waits in each, got ${most}: what does not fit is lost`
      + ' when a pod is killed.'
      + `\n→ give \`journal\` a \`size\` of Size.mebibytes(${roomFor(needed)}) or more.`,
    ];
  });
};

/** Of its room a journal fills nine tenths. */
function roomFor(mib: number): number {
  return Math.ceil(mib / 0.9 / 64) * 64;
}
