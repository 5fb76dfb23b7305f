/** What a tier takes in leaves it again. */
import type { Check } from './check';
import { kindOf, pipelinesOf, type Pipeline } from './pipelines';
import type { Signal } from '../signal';
import type { CollectorData } from '../tier-facts';

/** Signals for which the OTLP receiver has no pipeline, or whose pipelines end nowhere. */
export const lostSignal: Check = ({ data, signals }) => {
  const pipelines = pipelinesOf(data);
  return signals.flatMap((signal) => {
    const first = pipelines.filter((pipeline) => pipeline.signal === signal
      && pipeline.receivers.some((id) => kindOf(id) === 'otlp'));
    if (first.length === 0) return [untaken(signal)];
    const isSent = first.some((pipeline) => leaves(pipeline, pipelines, data));
    return isSent ? [] : [ending(signal, first)];
  });
};

function untaken(signal: Signal): string {
  return `service.pipelines.${signal}: must begin with the receiver otlp, for the tier takes`
    + ` ${signal}, got no such pipeline.\n→ add otlp to its receivers, or leave ${signal} out of`
    + ' `signals`.';
}

function ending(signal: Signal, [{ id, exporters }]: readonly Pipeline[]): string {
  return `service.pipelines.${id}: must lead to an exporter that sends ${signal} on, got`
    + ` ${exporters.join(', ')}.\n→ add an exporter to it, or leave ${signal} out of \`signals\`.`;
}

/** Whether a pipeline has an exporter, itself or behind connectors. */
function leaves(
  pipeline: Pipeline, all: readonly Pipeline[], data: CollectorData,
  passed: readonly Pipeline[] = [],
): boolean {
  return pipeline.exporters.some((id) => {
    if (data.connectors === undefined || !(id in (data.connectors as object))) {
      return kindOf(id) !== 'nop';
    }
    return all.some((next) => next.receivers.includes(id) && !passed.includes(next)
      && leaves(next, all, data, [...passed, pipeline]));
  });
}
