/** Processors stand where what they need is still there. */
import type { Check } from './check';
import { kindOf, pipelinesOf, type Pipeline } from './pipelines';
import { valueAt, type CollectorData } from '../tier-facts';

/** Processors that stand behind what takes from them what they need. */
export const processorOrder: Check = ({ data }) =>
  pipelinesOf(data).flatMap((pipeline) => [
    ...lateLimiter(pipeline), ...lostLimiter(pipeline, data), ...lateAttributes(pipeline, data),
  ].map((sentence) => `service.pipelines.${pipeline.id}.processors: ${sentence}`));

function lateLimiter({ processors }: Pipeline): string[] {
  const index = processors.findIndex(isLimiter);
  return index <= 0 ? [] : [
    `${processors[index]} must stand first, or what stands before it works and holds telemetry that`
    + ` is refused then, got it behind ${processors.slice(0, index).join(', ')}.`
    + '\n→ write it at the beginning of the list.',
  ];
}

/** A pipeline behind connectors only is given what another one has let in. */
function lostLimiter({ receivers, processors }: Pipeline, data: CollectorData): string[] {
  const isLimited = Object.keys(data.processors ?? {}).some(isLimiter);
  const isFirst = receivers.some((id) => !(id in ((data.connectors ?? {}) as object)));
  return !isLimited || !isFirst || processors.some(isLimiter) ? [] : [
    'must begin with memory_limiter, or what comes in here is taken until the pod is killed, got'
    + ` ${processors.length === 0 ? 'none' : processors.join(', ')}.`
    + '\n→ write it at the beginning of the list; for a tier without any limiter write'
    + ' processors: {memory_limiter: null} in `config`.',
  ];
}

function isLimiter(id: string): boolean {
  return kindOf(id) === 'memorylimiter';
}

/** They gather spans of many connections, and pass them on without any. */
const GATHERING = new Set(['batch', 'tailsampling', 'groupbytrace', 'groupbyattrs', 'interval']);

function lateAttributes({ processors }: Pipeline, data: CollectorData): string[] {
  return processors.flatMap((id, index) => {
    const isAsking = kindOf(id) === 'k8sattributes'
      && asksConnection(valueAt(data, 'processors', id));
    const before = processors.slice(0, index).filter((other) => GATHERING.has(kindOf(other)));
    return !isAsking || before.length === 0 ? [] : [
      `${id} must stand before ${before.join(' and ')}, behind which nobody knows any more by which`
      + ' connection telemetry came, got it behind.'
      + '\n→ write it behind memory_limiter, or give it a pod_association by an attribute.',
    ];
  });
}

/** Whether it knows a pod by nothing but the connection, as it does unless told otherwise. */
function asksConnection(config: unknown): boolean {
  const associations = valueAt(config, 'pod_association');
  if (!Array.isArray(associations) || associations.length === 0) return true;
  return associations.every((association) => {
    const sources = valueAt(association, 'sources');
    const all: unknown[] = Array.isArray(sources) ? sources : [association];
    return all.some((source) => valueAt(source, 'from') === 'connection');
  });
}
