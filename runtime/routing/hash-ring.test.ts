import { createHash } from 'crypto';
import { crc32 } from 'zlib';
import {
  buildRing, endpointOf, GENERATION_3, HashRing, ownersWithout, RING_GENERATIONS, routeKeysBy,
} from './hash-ring';
import { oracleLines } from '../testing/oracle-lines';

interface RingCase {
  readonly generation?: number;
  readonly set: string;
  readonly endpoints: string[];
  readonly items: number;
  readonly ring_sha256?: string;
  readonly first5: { readonly pos: number; readonly endpoint: string }[];
  readonly last5: { readonly pos: number; readonly endpoint: string }[];
  readonly routed: {
    readonly id: string; readonly crc: number; readonly pos: number; readonly endpoint: string;
  }[];
  readonly full_ring?: [number, string][];
  readonly vnodes: number;
  readonly positions: number;
  readonly probe_limit: number;
}

const CASES = oracleLines<RingCase>('lb_ring_gen3');
const OLDER = oracleLines<RingCase>('lb_ring_gen1_gen2');
const HASHED = [...CASES, ...OLDER].filter((entry) => entry.ring_sha256 !== undefined)
  .map((entry) => ({ generation: 3, ...entry }));
const SYNTHETIC = CASES.filter((entry) => entry.set === 'synthetic');
const DUMPED = CASES.filter((entry) => entry.set.startsWith('full-dump'));

/** The points of a ring as upstream lists them. */
function listed(ring: HashRing): [number, string][] {
  return [...ring.points].map((position) => [position, ring.endpoints[ring.owners[position]]]);
}

function named(points: [number, string][]): { pos: number; endpoint: string }[] {
  return points.map(([pos, endpoint]) => ({ pos, endpoint }));
}

test('the oracle holds every kind of ring', () => {
  expect([DUMPED.length, SYNTHETIC.length]).toEqual([1, 6]);
  const counts = [1, 2, 3].map((generation) =>
    HASHED.filter((entry) => entry.generation === generation).length);
  expect(counts).toEqual([11, 11, CASES.length - 7]);
});

test.each(HASHED)('ring "$set" of generation $generation has upstream\'s points', (entry) => {
  const points = listed(buildRing(entry.endpoints, RING_GENERATIONS[entry.generation]));
  expect(points).toHaveLength(entry.items);
  expect(named(points.slice(0, 5))).toEqual(entry.first5);
  expect(named(points.slice(-5))).toEqual(entry.last5);
  const text = points.map(([position, endpoint]) => `${position}\t${endpoint}\n`).join('');
  expect(createHash('sha256').update(text).digest('hex')).toBe(entry.ring_sha256);
});

test.each(HASHED)('ring "$set" of generation $generation routes as upstream does', (entry) => {
  const shape = RING_GENERATIONS[entry.generation];
  const ring = buildRing(entry.endpoints, shape);
  const route = routeKeysBy(ring);
  expect(entry.routed.map(({ id }) => {
    const identifier = Buffer.from(`${id}ff`, 'hex');
    const crc = crc32(identifier.subarray(0, -1));
    const owner = ring.endpoints[route(identifier, identifier.length - 1)];
    expect(endpointOf(ring, crc)).toBe(owner);
    return { id, crc, pos: crc % shape.positions, endpoint: owner };
  })).toEqual(entry.routed);
});

test.each(DUMPED)('all points of $endpoints are those of upstream', (entry) => {
  expect(listed(buildRing(entry.endpoints))).toEqual(entry.full_ring);
});

test.each(SYNTHETIC)(
  'collisions on a ring of $positions positions with limit $probe_limit end as upstream has them',
  (entry) => {
    const ring = buildRing(entry.endpoints, {
      ...GENERATION_3,
      positions: entry.positions,
      pointsPerEndpoint: entry.vnodes,
      probeLimit: entry.probe_limit,
    });
    expect(listed(ring)).toEqual(entry.full_ring);
  },
);

test('what is before the first point or past the last one belongs to the first', () => {
  const ring = buildRing(['a:1', 'b:1', 'c:1']);
  const [first] = ring.points;
  const last = ring.points[ring.points.length - 1];
  expect(endpointOf(ring, 0)).toBe(ring.endpoints[ring.owners[first]]);
  expect(endpointOf(ring, last + 1)).toBe(ring.endpoints[ring.owners[first]]);
  expect(endpointOf(ring, last)).toBe(ring.endpoints[ring.owners[last]]);
});

test.each([1, 2, 3])('on ring %i, who is left out is passed by at every position', (number) => {
  const ring = buildRing(['a:1', 'b:1', 'c:1', 'd:1'], RING_GENERATIONS[number]);
  for (const isLeftOut of [[0, 1, 0, 0], [1, 1, 0, 1], [0, 1, 1, 0]]) {
    const others = ownersWithout(ring, Uint8Array.from(isLeftOut));
    const wrong = [...others.keys()].filter((position) => {
      let at = position;
      while (isLeftOut[ring.owners[at]] === 1) at = (at + 1) % ring.owners.length;
      return others[position] !== ring.owners[at];
    });
    expect(wrong).toEqual([]);
  }
  expect(ownersWithout(ring, new Uint8Array(4))).toEqual(ring.owners);
});

test('the order of endpoints does not matter', () => {
  expect(buildRing(['c:1', 'a:1', 'b:1'])).toEqual(buildRing(['a:1', 'b:1', 'c:1']));
});

test('an empty ring owns nothing', () => {
  const ring = buildRing([]);
  expect(ring.owners).toHaveLength(0);
  expect(endpointOf(ring, 4711)).toBe('');
});
