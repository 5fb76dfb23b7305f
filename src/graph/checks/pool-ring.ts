/** Samplers that ask each other choose the same pod for a trace as those who send to them. */
import type { Check } from './check';
import { namedPoolsOf, takesAnySpan } from './pipelines';
import { NEWEST_GENERATION } from './ring-generations';
import { routersOf, type Router } from './routers';
import { Signal } from '../signal';
import { valueAt, type TierFacts } from '../tier-facts';

/** What decides which pod is meant: how it is chosen, and how pods are called. */
interface Ring {
  readonly generation: number;
  /** Ports of the pods, as the ring spells them. */
  readonly ports: readonly number[];
}

/** Senders whose ring is another one: nothing is split, but what they bring takes a hop more. */
export const poolRing: Check = (tier, app) => {
  const sentences = routersOf(tier, app).filter(routesTraces).map((router) => {
    const pool = ringOf(router.receiver);
    const ring = senderRing(router, app);
    if (pool === undefined || isSame(ring, pool)) return '';
    const { destination: { exporter }, target } = router;
    return `exporters.${exporter}: should choose pods of ${target} as they do themselves, by hash`
      + ` ring ${words(pool)}, got ${words(ring)}: nothing is split, but nearly all spans go to`
      + ` another pod first.\n→ ${wayOut(router, ring, pool, app)}`;
  });
  // A sender with several ports has a destination for each, and one ring of all of them.
  return [...new Set(sentences)].filter((sentence) => sentence !== '');
};

/** A list by hand has one address for all pods, or names that no tier is known by. */
function routesTraces({ destination: { signals, spread, resolver } }: Router): boolean {
  return spread === 'trace' && resolver !== 'static' && signals.includes(Signal.TRACES);
}

/** The ring by which pods of a sampler pass spans on; undefined when they do not. */
function ringOf(receiver: TierFacts | undefined): Ring | undefined {
  if (receiver === undefined || !takesAnySpan(receiver.data)) return undefined;
  const [pool] = namedPoolsOf(receiver.data);
  if (pool === undefined) return undefined;
  const { config } = pool;
  const ring = valueAt(config, 'compatibility', 'ring');
  const resolver = valueAt(config, 'resolver');
  // Who is listed by hand is listed as senders have it, or nobody knows.
  if (valueAt(resolver, 'static') !== undefined) return undefined;
  const port = valueAt(resolver, 'dns', 'port');
  const ports = valueAt(resolver, 'k8s', 'ports');
  const given: unknown[] = Array.isArray(ports) ? ports : port === undefined ? [] : [port];
  return {
    generation: typeof ring === 'number' ? ring : NEWEST_GENERATION.ring,
    ports: given.length === 0 ? [USUAL_PORT] : given.map(Number),
  };
}

const USUAL_PORT = 4317;

function senderRing(
  { tier, destination, target, generation }: Router, app: readonly TierFacts[],
): Ring {
  const ports = routersOf(tier, app)
    .filter((other) => other.target === target
      && other.destination.exporter === destination.exporter)
    .map((other) => other.destination.port);
  return { generation: generation.ring, ports: [...new Set(ports)] };
}

function isSame(one: Ring, other: Ring): boolean {
  const spelled = ({ generation, ports }: Ring) => [generation, ...[...ports].sort()].join();
  return spelled(one) === spelled(other);
}

function words({ generation, ports }: Ring): string {
  return `${generation} of port ${ports.join(' and ')}`;
}

function wayOut(
  { target, tier }: Router, ring: Ring, pool: Ring, app: readonly TierFacts[],
): string {
  if (ring.generation === pool.generation) {
    return 'give both `resolver`s the same port, or `forwardTo` that construct.';
  }
  const rings = app.flatMap((each) => routersOf(each, app)).filter((other) =>
    other.target === target && routesTraces(other)).map(({ generation }) => generation.ring);
  if (rings.some((other) => other !== ring.generation)) {
    return `give ${tier.path} the \`image\` of the others that send to ${target}.`;
  }
  return `give ${target} \`config\` CollectorConfigOverrides.fromYaml('extensions: {trace_peers:`
    + ` {compatibility: {ring: ${ring.generation}}}}').`;
}
