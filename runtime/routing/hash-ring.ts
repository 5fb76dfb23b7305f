/**
 * The consistent hash ring, byte for byte that of upstream: of generation 3, which is that since
 * v0.157, unless an older one is asked for.
 *
 * ```
 *   position     0      1      2      3      4      5   …   131070
 *   taken by     –      –      B      –      –      A          –
 *   owners       B      B      B      A      A      A   …      B     next taken, or first
 * ```
 *
 * Every backend takes 200 positions, spread by CRC-32. An identifier, most often a trace id,
 * belongs to the next position that is taken. All positions are filled in beforehand, so that a
 * lookup is one load.
 */
import { orderByPosition, pointCrcs } from './ring-points';
import type { KeyRoute } from '../otlp/key-splitter';
import type { Route } from '../otlp/trace-splitter';
import { crc32 } from '../wire/crc32';

const TRACE_ID_BYTES = 16;
/** Upstream reads a missing trace id as sixteen zeros. */
const CRC_OF_MISSING_ID = crc32(new Uint8Array(TRACE_ID_BYTES), 0, TRACE_ID_BYTES);

/** How large a ring is. Every process that routes the same traces must use the same shape. */
export interface RingShape {
  /** Number of positions. */
  readonly positions: number;
  /** Number of positions that every endpoint asks for. */
  readonly pointsPerEndpoint: number;
  /** A point that finds this many positions taken is left out, though the next may be free. */
  readonly probeLimit: number;
  /** Bytes in which the number of a point follows its endpoint. */
  readonly numberBytes: number;
  /** Whether the first endpoint takes all its positions before the next one takes any. */
  readonly isByEndpoint: boolean;
}

/** The shape of generation 1, up to v0.130: a position that is taken is lost. */
export const GENERATION_1: RingShape = {
  positions: 36_000, pointsPerEndpoint: 100, probeLimit: 1, numberBytes: 1, isByEndpoint: true,
};

/** The shape of generation 2, from v0.131 to v0.156. */
export const GENERATION_2: RingShape = {
  ...GENERATION_1, probeLimit: 10, numberBytes: 4,
};

/** The shape of generation 3. A prime keeps CRC-32 from clustering, a power of two would not. */
export const GENERATION_3: RingShape = {
  positions: 131_071, pointsPerEndpoint: 200, probeLimit: 10, numberBytes: 4, isByEndpoint: false,
};

/** The shapes by the number of their generation. */
export const RING_GENERATIONS: Readonly<Record<number, RingShape>> = {
  1: GENERATION_1, 2: GENERATION_2, 3: GENERATION_3,
};

/** Which endpoint owns which position. */
export interface HashRing {
  /** The endpoints in the order of their bytes, as the resolver spells them. */
  readonly endpoints: readonly string[];
  /** Index of the owning endpoint, by position. Empty when there is no endpoint. */
  readonly owners: Uint16Array;
  /** The positions that are taken, rising. */
  readonly points: Uint32Array;
}

/** The ring of `endpoints`, in any order. One that is named twice gets more of the ring. */
export function buildRing(
  endpoints: readonly string[], shape: RingShape = GENERATION_3,
): HashRing {
  const sorted = [...endpoints].sort();
  const taken = takePositions(sorted, shape);
  const points = takenPositions(taken);
  const owners = new Uint16Array(points.length === 0 ? 0 : shape.positions);
  if (points.length > 0) fillOwners(owners, taken, taken[points[0]] - 1);
  return { endpoints: sorted, owners, points };
}

/** The endpoint that owns the identifier with this CRC-32; '' when the ring is empty. */
export function endpointOf(ring: HashRing, crc: number): string {
  if (ring.endpoints.length === 0) return '';
  return ring.endpoints[ring.owners[crc % ring.owners.length]];
}

/**
 * Owners by position where endpoints with a mark, by their index, own nothing: the next point of
 * another endpoint decides. At least one must be without.
 */
export function ownersWithout(
  { owners, points }: HashRing, isLeftOut: Readonly<Uint8Array>,
): Uint16Array {
  const others = new Uint16Array(owners.length);
  const first = points.find((position) => isLeftOut[owners[position]] === 0) ?? 0;
  let owner = owners[first];
  let end = owners.length;
  for (let point = points.length - 1; point >= 0; point--) {
    const position = points[point];
    others.fill(owner, position + 1, end);
    if (isLeftOut[owners[position]] === 0) owner = owners[position];
    end = position + 1;
  }
  return others.fill(owner, 0, end);
}

/** The CRC-32 of a trace id; `idAt` is -1 where it is missing. */
export function crcOfTraceId(bytes: Uint8Array, idAt: number): number {
  return idAt < 0 ? CRC_OF_MISSING_ID : crc32(bytes, idAt, idAt + TRACE_ID_BYTES);
}

/** Tells the index of the endpoint that owns a trace. The ring must not be empty. */
export function routeBy({ owners }: HashRing): Route {
  return (bytes, idAt) => owners[crcOfTraceId(bytes, idAt) % owners.length];
}

/** Tells the index of the endpoint that owns an identifier. The ring must not be empty. */
export function routeKeysBy({ owners }: HashRing): KeyRoute {
  return (identifier, length) => owners[crc32(identifier, 0, length) % owners.length];
}

/** By position: 0 when nobody took it, else one more than the index of the endpoint that did. */
function takePositions(endpoints: readonly string[], shape: RingShape): Uint16Array {
  const { numberBytes, positions, pointsPerEndpoint, probeLimit } = shape;
  const crcs = pointCrcs(endpoints, pointsPerEndpoint, numberBytes);
  const taken = new Uint16Array(positions);
  // Ties are broken by the whole CRC and then by the endpoint, whose order the index has.
  const order = shape.isByEndpoint
    ? Uint32Array.from(crcs.keys()) : orderByPosition(crcs, positions);
  for (const index of order) {
    let position = crcs[index] % positions;
    let probes = 0;
    for (; taken[position] > 0 && probes < probeLimit; probes++) {
      position = (position + 1) % positions;
    }
    if (probes < probeLimit) taken[position] = Math.floor(index / pointsPerEndpoint) + 1;
  }
  return taken;
}

function takenPositions(taken: Uint16Array): Uint32Array {
  const points = new Uint32Array(taken.length);
  let count = 0;
  for (let position = 0; position < taken.length; position++) {
    if (taken[position] > 0) points[count++] = position;
  }
  return points.slice(0, count);
}

function fillOwners(owners: Uint16Array, taken: Uint16Array, first: number): void {
  let owner = first;
  for (let position = owners.length - 1; position >= 0; position--) {
    if (taken[position] > 0) owner = taken[position] - 1;
    owners[position] = owner;
  }
}
