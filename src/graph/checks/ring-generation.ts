/** All who route by key to the same pods choose the same pod for the same key. */
import type { Check } from './check';
import { receiverOf } from './meetings';
import { takesAnySpan } from './pipelines';
import { generationBeside, routingGeneration, type RoutingGeneration } from './ring-generations';
import { destinations, type Destination } from '../destinations';
import { Signal } from '../signal';
import { valueAt, type TierFacts } from '../tier-facts';

/** A tier that routes something by key. */
interface Router {
  readonly tier: TierFacts;
  readonly destination: Destination;
  /** What is reached: a tier, or a name that no tier has. */
  readonly target: string;
  readonly generation: RoutingGeneration;
  /** Whether any pod of the target may take any span. */
  readonly isPool: boolean;
}

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

function routersOf(tier: TierFacts, app: readonly TierFacts[]): Router[] {
  return destinations(tier.data).filter(({ spread }) => spread !== 'connection')
    .flatMap((destination) => {
      const receiver = receiverOf(tier, destination, app);
      const target = receiver?.path ?? destination.text;
      const generation = generationOf(tier, destination);
      const isPool = receiver !== undefined && takesAnySpan(receiver.data);
      return generation === undefined || receiver?.maxPods === 1
        ? [] : [{ tier, destination, target, generation, isPool }];
    });
}

/** Undefined when nobody knows which version is inside. */
function generationOf(
  { data, image }: TierFacts, { exporter }: Destination,
): RoutingGeneration | undefined {
  if (image.isRuntime) {
    const told = (key: string) => valueAt(data, 'exporters', exporter, 'compatibility', key);
    return generationBeside(told('ring'), told('keys'));
  }
  const minor = image._minor;
  return minor === undefined || minor <= UNKNOWN_MINOR ? undefined : routingGeneration(minor);
}

/** Images of unknown contents are given this version, in which everything has its oldest name. */
const UNKNOWN_MINOR = 100;

function disagree(older: Router, newer: Router): boolean {
  return older.destination.signals.some((signal) => {
    // Its pods pass on what belongs to another one.
    if (signal === Signal.TRACES && older.isPool) return false;
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
