/** Who in the app routes by key, and to whom. */
import { receiverOf } from './meetings';
import { generationBeside, routingGeneration, type RoutingGeneration } from './ring-generations';
import { destinations, type Destination } from '../destinations';
import { valueAt, type TierFacts } from '../tier-facts';

/** A tier that routes something by key. */
export interface Router {
  /** The tier. */
  readonly tier: TierFacts;
  /** Its exporter, and where that sends. */
  readonly destination: Destination;
  /** The tier that is reached, when it is one of the app. */
  readonly receiver?: TierFacts;
  /** What is reached: a tier, or a name that no tier has. */
  readonly target: string;
  /** How it chooses. */
  readonly generation: RoutingGeneration;
}

/** What of a tier routes to more than one pod, as far as its version is known. */
export function routersOf(tier: TierFacts, app: readonly TierFacts[]): Router[] {
  return destinations(tier.data).filter(({ spread }) => spread !== 'connection')
    .flatMap((destination) => {
      const receiver = receiverOf(tier, destination, app);
      const target = receiver?.path ?? destination.text;
      const generation = generationOf(tier, destination);
      return generation === undefined || receiver?.maxPods === 1
        ? [] : [{ tier, destination, receiver, target, generation }];
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
