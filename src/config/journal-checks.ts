/**
 * Checks that each journal of a tail sampler is in a directory of its own, and each sampler that
 * has one in one pipeline: a process makes a sampler for every pipeline that names it.
 */
import type { PipelineSettings } from './collector-settings';
import { holdsReference, valueAt } from './environment-references';
import type { Wiring } from './pipeline-reading';
import { problem } from './problem';

const SAMPLER = 'tail_sampling';

/** Checks all tail samplers of `data` that have a journal and stand in a pipeline. */
export function checkJournals(
  data: unknown, pipelines: readonly PipelineSettings[], { components, problems }: Wiring,
): void {
  const users = new Map<string, string>();
  for (const [id, { type }] of components.processors) {
    const at = ['processors', id, 'journal', 'directory'];
    const directory = valueAt(data, at);
    const uses = pipelines.filter(({ processors }) => processors.includes(id));
    if (type !== SAMPLER || typeof directory !== 'string' || uses.length === 0) continue;
    if (uses.length > 1) {
      problems.push(problem(at, `must be of a sampler in one pipeline, got ${id} in ${
        uses.map((pipeline) => pipeline.id).join(' and ')}, in each as a sampler of its own`,
      'give each pipeline a sampler, and each sampler a directory'));
    }
    if (holdsReference(directory)) continue;
    // Other spellings of one directory are found by its lock.
    const place = directory.replace(/\/+/g, '/').replace(/\/$/, '');
    const before = users.get(place);
    users.set(place, id);
    if (before === undefined) continue;
    problems.push(problem(at, `must be of this sampler alone, got ${directory}, which ${before}`
      + ' uses', 'give each of them a directory of its own'));
  }
}
