/** All who route by key to the same pods choose the same pod for the same key. */
import type { Check } from './check';
import { takesAnySpan } from './pipelines';
import type { RoutingGeneration } from './ring-generations';
import { routersOf, type Router } from './routers';
import { Signal } from '../signal';
import { valueAt } from '../tier-facts';

/** Routers whose collectors are so old that they choose otherwise than others of the app. */
export const ringGeneration: Check = (tier, app) => {
  const all = app.flatMap((each) => routersOf(each, app));
  return all.filter((router) => router.tier === tier).flatMap((router) => {
    const newer = all.find((other) => other.target === router.target && disagree(router, other));
    return newer === undefined ? [] : [sentence(router, newer)];
  });
};

function sentence({ destination, tier, target }: Router, newer: Router): string {
  return `exporters.${destination.exporter}: must choose the same pods of ${target} as`
    + ` ${newer.tier.path} does, which runs ${newer.tier.image.image}, got ${tier.image.image} with`
    + ' an older way to choose: what belongs together would meet different pods.'
    + `\n→ give both tiers the same \`image\`${newer.tier.image.isRuntime
      ? `, or ${newer.tier.path} the \`compatibility\` of that version` : ''}.`;
}

function disagree(older: Router, newer: Router): boolean {
  const isPool = older.receiver !== undefined && takesAnySpan(older.receiver.data);
  return older.destination.signals.some((signal) => {
    // Its pods pass on what belongs to another one.
    if (signal === Signal.TRACES && isPool) return false;
    const key = keyOf(older, signal);
    if (!newer.destination.signals.includes(signal) || key !== keyOf(newer, signal)) return false;
    const parts: (keyof RoutingGeneration)[] = ['ring'];
    if (key === 'attributes' || key === 'service') parts.push('attributes');
    if (signal === Signal.LOGS) parts.push('logs');
    return parts.some((part) => older.generation[part] < newer.generation[part]);
  });
}

/** The key that decides; where none is given, upstream takes another one for each signal. */
function keyOf({ tier, destination }: Router, signal: Signal): string {
  const given = valueAt(tier.data, 'exporters', destination.exporter, 'routing_key');
  if (typeof given === 'string' && given !== '') return given;
  return signal === Signal.TRACES ? 'traceID' : 'service';
}
