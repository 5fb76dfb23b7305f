/** What is counted about traces is counted once on their way. */
import type { Check } from './check';
import { meetings } from './meetings';
import { runningComponents, tailSamplers } from './pipelines';
import { Signal } from '../signal';
import type { TierFacts } from '../tier-facts';

const COUNTING = new Set(['datadog', 'spanmetrics', 'servicegraph']);

/** Connectors that count the traces that another tier counts again. */
export const statsOnce: Check = (tier, app) => {
  const counting = countersOf(tier);
  if (counting.length === 0) return [];
  const behind = tiersBehind(tier, app);
  return [...sampledBefore(tier, counting, app), ...counting.flatMap(({ kind, where }) => {
    const again = behind.find((next) => countersOf(next).some((other) => other.kind === kind));
    return again === undefined ? [] : [
      `${where}: must stand in one tier on the way of a trace, or its figures are counted twice,`
      + ` got another one in ${again.path}, to which the traces go on.`
      + '\n→ leave it in the first tier that sees all traces, before any sampling.',
    ];
  })];
};

/** Statistics of Datadog that see only what a tier before this one kept. */
function sampledBefore(tier: TierFacts, counting: Counters, app: readonly TierFacts[]): string[] {
  const statistics = counting.find(({ kind }) => kind === 'datadog');
  if (statistics === undefined) return [];
  const sampler = app.find((each) => each !== tier && tailSamplers(each.data).length > 0
    && tiersBehind(each, app).includes(tier));
  return sampler === undefined ? [] : [
    `${statistics.where}: must stand before all sampling, or it counts only what was kept, got it`
    + ` behind the sampling of ${sampler.path}.`
    + `\n→ move it to ${sampler.path}, before the sampling, or to a tier before that one.`,
  ];
}

type Counters = ReturnType<typeof countersOf>;

function countersOf({ data }: TierFacts) {
  return runningComponents(data)
    .filter(({ section, kind }) => section === 'connectors' && COUNTING.has(kind));
}

/** All tiers that traces of `tier` come to. */
function tiersBehind(tier: TierFacts, app: readonly TierFacts[]): TierFacts[] {
  const found: TierFacts[] = [];
  const follow = (each: TierFacts): void => {
    for (const { destination, receiver } of meetings(each, app)) {
      const isNew = receiver !== tier && !found.includes(receiver);
      if (!isNew || !destination.signals.includes(Signal.TRACES)) continue;
      found.push(receiver);
      follow(receiver);
    }
  };
  follow(tier);
  return found;
}
