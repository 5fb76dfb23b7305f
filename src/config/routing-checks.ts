/**
 * Checks that load balancers route the signals of their pipelines by something that these have.
 */
import type { PipelineSettings } from './collector-settings';
import type { PipelineSignal } from './contract';
import { valueAt } from './environment-references';
import { loadBalancingExporter, ROUTING_KEYS } from './exporters/load-balancing';
import type { Wiring } from './pipeline-reading';
import { problem, type Path } from './problem';

/** All words that route something; of any other word the exporter's contract speaks. */
const WORDS: ReadonlySet<unknown> = new Set(Object.values(ROUTING_KEYS).flat());

/** Checks all load balancers of `data` that stand in pipelines. */
export function checkRoutingKeys(
  data: unknown, pipelines: readonly PipelineSettings[], wiring: Wiring,
): void {
  for (const [id, { contract }] of wiring.components.exporters) {
    const at = ['exporters', id, 'routing_key'];
    const word = valueAt(data, at);
    if (contract !== loadBalancingExporter || !WORDS.has(word)) continue;
    const signals = new Set(pipelines.filter(({ exporters }) => exporters.includes(id))
      .map(({ signal }) => signal));
    for (const signal of signals) checkWord(String(word), signal, at, wiring);
  }
}

function checkWord(word: string, signal: PipelineSignal, at: Path, { problems }: Wiring): void {
  const words: readonly string[] | undefined = ROUTING_KEYS[signal];
  // Of a signal that is none the pipeline speaks.
  if (words === undefined || words.includes(word)) return;
  problems.push(problem(
    at, `must be one of ${words.join(', ')} in a pipeline of ${signal}, got ${word}`));
}
