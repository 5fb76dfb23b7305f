/**
 * Which versions of the collector choose the same backend for the same key.
 *
 * The hash ring of the load-balancing exporter, read in its published modules:
 * - 1: 100 points for each backend among 36000 positions, one byte for their number (v0.128 and
 *   v0.129);
 * - 2: four bytes, and the next free position after a collision (contrib#41271, merged in July
 *   2025; v0.144, v0.145, v0.150 and v0.152);
 * - 3: 200 points among 131071 positions, in an order of their own (contrib#49585; v0.157 to
 *   v0.161).
 *
 * What is hashed: attributes and the service's name as bare values up to v0.150, as `name=value|`
 * from v0.152 on (contrib#46420; the first module that has attribute_routing.go). Logs go by trace
 * id, whatever they are told, before v0.154 (contrib#46241).
 *
 * v0.130 and v0.151 are not published as modules; they are taken to be like the older ones.
 */

/** What decides which backend a key is given to. */
export interface RoutingGeneration {
  /** Of the hash ring. */
  readonly ring: number;
  /** Of how attributes become keys. */
  readonly attributes: number;
  /** Of how logs become keys. */
  readonly logs: number;
}

/** Minor versions from which on each generation holds, the first one from the beginning. */
const SINCE: Readonly<Record<keyof RoutingGeneration, readonly number[]>> = {
  ring: [131, 157],
  attributes: [152],
  logs: [154],
};

/** The generation of a minor version: 159 for v0.159. */
export function routingGeneration(minor: number): RoutingGeneration {
  const at = (key: keyof RoutingGeneration) =>
    1 + SINCE[key].filter((since) => minor >= since).length;
  return { ring: at('ring'), attributes: at('attributes'), logs: at('logs') };
}

/** The newest generation, which is that of our own runtime. */
export const NEWEST_GENERATION = routingGeneration(Infinity);

/** The generation of our own runtime that is told by its `compatibility` to be as an older one. */
export function generationBeside(ring: unknown, keys: unknown): RoutingGeneration {
  const { ring: newestRing, attributes, logs } = NEWEST_GENERATION;
  // Keys are numbered through, whichever part of them changed: 2 has only attributes as they are.
  const behind = typeof keys === 'number' ? NEWEST_KEYS - keys : 0;
  return {
    ring: typeof ring === 'number' ? ring : newestRing,
    attributes: behind > 1 ? attributes - 1 : attributes,
    logs: behind > 0 ? logs - 1 : logs,
  };
}

const NEWEST_KEYS = 3;
