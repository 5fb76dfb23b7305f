/** Facts of real tiers, for what no props say yet. */
import { Chart, Testing } from 'cdk8s';
import { allTiers, type TierFacts } from '../../../src/graph/tier-facts';

/** The tiers that `build` makes in a chart `telemetry` of the namespace `observability`. */
export function tiersOf(build: (chart: Chart) => void): TierFacts[] {
  const chart = new Chart(Testing.app(), 'telemetry', { namespace: 'observability' });
  build(chart);
  return allTiers(chart);
}
