/**
 * Checks that tail samplers which are to be one sampler with other pods name an extension that does
 * it, and each of them another one.
 */
import type { PipelineSettings } from './collector-settings';
import { holdsReference, valueAt } from './environment-references';
import { checkReference, type Wiring } from './pipeline-reading';
import { problem, type Path } from './problem';

const SAMPLER = 'tail_sampling';
const POOL = 'trace_peers';

/** Checks all tail samplers of `data` that name a pool. */
export function checkPools(
  data: unknown, pipelines: readonly PipelineSettings[], wiring: Wiring,
): void {
  const users = new Map<string, string>();
  for (const [id, { type }] of wiring.components.processors) {
    const at = ['processors', id, 'peers'];
    const named = valueAt(data, at);
    if (type !== SAMPLER || typeof named !== 'string') continue;
    checkPool(named, at, wiring);
    if (holdsReference(named)) continue;
    const before = users.get(named);
    users.set(named, id);
    if (before !== undefined) {
      wiring.problems.push(problem(at, `names ${named}, as ${before} does`,
        'give each of them a pool of its own, with an endpoint of its own'));
    }
    const uses = pipelines.filter(({ processors }) => processors.includes(id));
    if (uses.length > 1) {
      wiring.problems.push(problem(at, `names ${named}, but ${id} stands in the pipelines`
        + ` ${uses.map((pipeline) => pipeline.id).join(' and ')}, in each as a sampler of its own`,
      'give each pipeline a sampler, and each sampler a pool'));
    }
  }
}

function checkPool(named: string, at: Path, wiring: Wiring): void {
  checkReference(named, 'extensions', at, wiring);
  const extension = wiring.components.extensions.get(named);
  if (holdsReference(named) || extension === undefined || extension.type === POOL) return;
  const able = [...wiring.components.extensions]
    .filter(([, { type }]) => type === POOL).map(([id]) => id);
  wiring.problems.push(problem(at, `names ${named}, which joins no samplers`,
    `name ${able.length > 0 ? able.join(' or ') : `a ${POOL}`}`));
}
