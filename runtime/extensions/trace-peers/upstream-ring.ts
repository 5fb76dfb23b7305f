/** The ring by which senders route, so that what they send needs no hop. */
import { ID_BYTES } from '../../peers/messages';
import type { PeerRing } from '../../peers/peer-ring';
import { buildRing, endpointOf, type HashRing, type RingShape } from '../../routing/hash-ring';
import { crc32 } from '../../wire/crc32';
import { writeFixed32 } from '../../wire/writer';

const id = new Uint8Array(ID_BYTES);

/**
 * The ring of `load_balancing`, of generation 3 unless a shape is given. It is made when somebody
 * asks it: most are only compared.
 */
export function makeUpstreamRing(members: readonly string[], shape?: RingShape): PeerRing {
  let ring: HashRing | undefined;
  return {
    members,
    ownerOf: (w0, w1, w2, w3) => {
      ring ??= buildRing(members, shape);
      writeFixed32(id, writeFixed32(id, writeFixed32(id, writeFixed32(id, 0, w0), w1), w2), w3);
      return endpointOf(ring, crc32(id, 0, ID_BYTES));
    },
  };
}
