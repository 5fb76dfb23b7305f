/** Telemetry goes from one tier to the next, and never back. */
import type { Check } from './check';
import { receiverOf } from './meetings';
import { destinations } from '../destinations';
import type { TierFacts } from '../tier-facts';

/** A way on which telemetry comes back to where it was; told by the first tier on it only. */
export const circle: Check = (sender, app) => {
  const found = circleFrom(sender, app);
  if (found === undefined) return [];
  const [exporter, ...paths] = found;
  return [`exporters.${exporter}: telemetry must not come back to where it was, but goes round`
    + ` ${paths.join(' → ')}.\n→ let one of them send to a backend outside.`];
};

/** The exporter and the paths of a circle through `sender`. */
function circleFrom(sender: TierFacts, app: readonly TierFacts[]): string[] | undefined {
  const walk = (tier: TierFacts, passed: readonly TierFacts[]): string[] | undefined => {
    for (const destination of destinations(tier.data)) {
      const next = receiverOf(tier, destination, app);
      if (next === sender) return [destination.exporter, ...passed.map(({ path }) => path)];
      if (next === undefined || passed.includes(next) || app.indexOf(next) < app.indexOf(sender)) {
        continue;
      }
      const found = walk(next, [...passed, next]);
      if (found !== undefined) return [destination.exporter, ...found.slice(1)];
    }
    return undefined;
  };
  const found = walk(sender, [sender]);
  return found === undefined ? undefined : [...found, sender.path];
}
