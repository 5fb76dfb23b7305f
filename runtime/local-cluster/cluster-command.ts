/** The words with which a running cluster is changed. */
import type { LocalCluster } from './local-cluster';

/** What can be said, one per line. */
export const COMMAND_HELP = 'scale NAME NUMBER · restart NAME · delete pod NAME · quit';

/**
 * Does what `text` says; it is under way when this returns.
 *
 * @returns Whether the cluster goes on.
 * @throws Error when the words are not known, or name nothing.
 */
export function runClusterCommand(cluster: LocalCluster, text: string): boolean {
  const words = text.trim().split(/\s+/);
  const [verb, first = '', second = ''] = words;
  if (verb === 'quit' || verb === 'exit') return false;
  if (verb === 'scale' && words.length === 3 && /^\d+$/.test(second)) {
    const pool = cluster.workloads.pool(first);
    if (pool.plan.kind === 'DaemonSet') {
      throw new Error(`scale: must name a Deployment or StatefulSet, got the DaemonSet "${first}"`);
    }
    pool.scale(Number(second));
  } else if (verb === 'restart' && words.length === 2) {
    cluster.workloads.pool(first).restart();
  } else if (verb === 'delete' && first === 'pod' && words.length === 3) {
    cluster.workloads.deletePod(second);
  } else {
    throw new Error(`command: must be one of ${COMMAND_HELP}, got "${text.trim()}"`);
  }
  return true;
}
