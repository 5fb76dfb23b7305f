/** A sampler's table is large enough for the traces that it holds. */
import type { Check } from './check';
import { tailSamplers } from './pipelines';
import { parseGoDuration } from '../../config/go-duration';
import { valueAt } from '../tier-facts';

/** Tables from which traces fall before they are decided. */
export const traceTable: Check = ({ data, tracesPerSecond, minPods }) => {
  if (tracesPerSecond === undefined) return [];
  const pods = Math.max(1, Number.isFinite(minPods) ? minPods : 1);
  return tailSamplers(data)
    .flatMap(({ config }) => {
      const wait = parseGoDuration(String(valueAt(config, 'decision_wait') ?? '30s')) ?? 0;
      const size = Number(valueAt(config, 'num_traces') ?? 50_000);
      const needed = Math.ceil(tracesPerSecond * wait / 1000 / pods);
      return size >= needed ? [] : [
        `numTraces: must be at least ${needed}, for so many of ${tracesPerSecond} new traces per`
        + ` second wait in each of ${pods} pods, got ${size}.\n→ leave \`numTraces\` out.`,
      ];
    });
};
