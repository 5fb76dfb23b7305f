/** Pods that hold something go slowly enough for it to be finished. */
import type { Check } from './check';
import { hasPeers, type RunningComponent, runningComponents, tailSamplers } from './pipelines';
import { parseGoDuration } from '../../config/go-duration';
import { valueAt, type TierFacts } from '../tier-facts';

/** Keys that say how long a component holds something, and the time unless it is given. */
const HOLDING: ReadonlyMap<string, readonly [key: string, seconds: number]> = new Map([
  ['tailsampling', ['decision_wait', 30]],
  ['groupbytrace', ['wait_duration', 1]],
  ['interval', ['interval', 60]],
  ['cumulativetodelta', ['max_staleness', 60]],
  ['deltatocumulative', ['max_stale', 60]],
  ['spanmetrics', ['metrics_flush_interval', 60]],
  ['servicegraph', ['metrics_flush_interval', 60]],
]);

/** Pools that shrink faster, or are replaced otherwise, than what they hold allows. */
export const statefulScaleIn: Check = (tier) => {
  const holding = runningComponents(tier.data).flatMap((component) =>
    isHandedOver(component, tier) ? [] : heldBy(component));
  const [longest] = holding.sort((a, b) => b.seconds - a.seconds);
  return longest === undefined ? [] : [...tooFast(tier, longest), ...surging(tier)];
};

interface Held {
  readonly component: RunningComponent;
  readonly key: string;
  readonly seconds: number;
}

function heldBy(component: RunningComponent): Held[] {
  const holding = HOLDING.get(component.kind);
  if (holding === undefined) return [];
  const [key, usual] = holding;
  const given = parseGoDuration(String(valueAt(component.config, key)));
  return [{ component, key, seconds: given === undefined ? usual : given / 1000 }];
}

function isHandedOver({ kind }: RunningComponent, { data }: TierFacts): boolean {
  return kind === 'tailsampling' && hasPeers(data);
}

function tooFast({ scaleIn, minPods, maxPods }: TierFacts, held: Held): string[] {
  const { component, key, seconds } = held;
  if (scaleIn === undefined || scaleIn.pods === 0 || minPods === maxPods) return [];
  const { pods, periodSeconds, windowSeconds } = scaleIn;
  if (periodSeconds >= seconds && windowSeconds >= seconds) return [];
  return [`scaling: must take pods away no faster than ${component.where} lets go of what it`
    + ` holds (${key}: ${seconds} s), got ${pods} in ${periodSeconds} s after ${windowSeconds} s of`
    + ' less load.\n→ give `scaleDown` a period and a stabilization window of'
    + ` ${Math.ceil(seconds)} s or more, or leave it out.`];
}

/** With one more pod for a while, and then one less, the owners of traces change twice. */
function surging({ workload, isSurging, needsWholeTraces, data }: TierFacts): string[] {
  const isSampling = needsWholeTraces && tailSamplers(data).length > 0;
  return workload !== 'Deployment' || !isSurging || !isSampling || hasPeers(data) ? [] : [
    'processors.tail_sampling: must stand in pods that are replaced one by one, or every roll-out'
    + ' splits traces twice, got a Deployment with a surge.\n→ use a TailSamplingGateway.',
  ];
}
