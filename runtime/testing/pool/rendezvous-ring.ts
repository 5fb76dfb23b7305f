/** Rings for simulations: few members move when one comes or goes, and making one costs nothing. */
import { hashOf } from './span-holder';
import type { MakePeerRing, PeerRing } from '../../peers/peer-ring';

/** Makes rings by rendezvous hashing; what was looked up once is remembered for all pods. */
export function rendezvousRings(): MakePeerRing {
  const made = new Map<string, PeerRing>();
  return (members) => {
    const key = members.join('\n');
    const known = made.get(key);
    if (known !== undefined) return known;
    const ring = ringOf(members);
    made.set(key, ring);
    return ring;
  };
}

function ringOf(members: readonly string[]): PeerRing {
  const owners = new Map<number, string>();
  const seeds = members.map(hashOf);
  return {
    members,
    ownerOf: (trace) => {
      const known = owners.get(trace);
      if (known !== undefined) return known;
      const weights = seeds.map((seed) => mix(seed, trace));
      const owner = members[weights.indexOf(Math.max(...weights))] ?? '';
      owners.set(trace, owner);
      return owner;
    },
  };
}

function mix(seed: number, trace: number): number {
  let hash = Math.imul(seed ^ Math.imul(trace + 1, 0x9e37_79b1), 0x85eb_ca6b);
  hash = Math.imul(hash ^ hash >>> 15, 0x2c1b_3c6d);
  return (hash ^ hash >>> 13) >>> 0;
}
