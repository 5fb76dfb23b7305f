/** What an extension that joins samplers to pools does for the processor that names it. */
import type { TraceHolder } from './trace-holder';
import type { TracePeers } from './trace-peers';
import type { ComponentContext, Extension } from '../component';

/** An extension that makes this and other pods one sampler. */
export interface TracePool extends Extension {
  /**
   * Makes `holder` the one whose traces the pool places; it is asked once, when the processor
   * starts. The processor ends what it gets before it decides what it still holds.
   *
   * @throws Error when the pool has a holder.
   */
  attach(holder: TraceHolder, decisionWaitMs: number): TracePeers;
}

function isPool(extension: Extension): extension is TracePool {
  return 'attach' in extension;
}

/**
 * The extension `id` that makes a pool.
 *
 * @throws Error when there is none of this name, or it is of another kind.
 */
export function tracePool(id: string, context: ComponentContext): TracePool {
  const found = context.extension(id);
  const where = `processors.${context.id}.peers`;
  if (found === undefined) {
    throw new Error(`${where}: must name an extension of service.extensions, got "${id}"`);
  }
  if (!isPool(found)) throw new Error(`${where}: must name a trace_peers, got "${id}"`);
  return found;
}
