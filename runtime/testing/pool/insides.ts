/** The private parts of a pod, for mutations and for what is lost when it is killed. */
import type { Announcer } from '../../peers/announcer';
import type { Claim, ClaimTable } from '../../peers/claim-table';
import type { Claimer } from '../../peers/claimer';
import type { Forwarder } from '../../peers/forwarder';
import type { HandOver } from '../../peers/hand-over';
import type { Leaver } from '../../peers/leaver';
import type { LiveRings } from '../../peers/live-rings';
import type { Membership } from '../../peers/membership';
import type { AnswerBody, Claim as ClaimMessage } from '../../peers/messages';
import type { Peer, PeerBook } from '../../peers/peer-book';
import type { PeerCalls } from '../../peers/peer-calls';
import type { PeerRing } from '../../peers/peer-ring';
import type { QueuedBytes } from '../../peers/queued-bytes';
import type { Reception, ReceptionOptions } from '../../peers/reception';
import type { TracePeers, TracePeersOptions } from '../../peers/trace-peers';
import type { VerdictLedger } from '../../peers/verdict-ledger';
import type { VerdictNote } from '../../peers/verdict-note';

type Words = [w0: number, w1: number, w2: number, w3: number];

interface PeersInsides {
  readonly options: TracePeersOptions;
  readonly book: PeerBook;
  readonly rings: LiveRings;
  readonly ledger: VerdictLedger;
  readonly queued: QueuedBytes;
  readonly calls: PeerCalls;
  readonly membership: Membership;
  readonly forwarder: Forwarder;
  readonly claimer: Claimer;
  readonly handOver: HandOver;
  readonly announcer: Announcer;
  readonly leaver: Leaver;
  readonly reception: Reception;
  ringUsed(ms: number): void;
}

interface RingsInsides {
  readonly past: Map<PeerRing, number>;
  readonly options: { readonly settleMs: number };
}

interface ReceptionInsides {
  readonly options: ReceptionOptions;
  cede(peer: Peer, pods: string[], ...id: Words): number;
  claimed(peer: Peer, claim: ClaimMessage): AnswerBody;
  accepts(peer: Peer): boolean;
  stateOf(...id: Words): number;
  import(
    w0: number, w1: number, w2: number, w3: number, isKept: boolean, note?: VerdictNote,
  ): void;
}

interface Parcel {
  readonly request: Uint8Array;
}

interface ForwarderInsides {
  readonly outgoing: Map<Peer, {
    readonly waiting: readonly Parcel[]; readonly sent?: { readonly parcels: readonly Parcel[] };
  }>;
}

/** The parts of a pod. */
export function insidesOf(peers: TracePeers): PeersInsides {
  return peers as unknown as PeersInsides;
}

/** The parts of its rings. */
export function insidesOfRings(rings: LiveRings): RingsInsides {
  return rings as unknown as RingsInsides;
}

/** The parts of its answers. */
export function insidesOfReception(peers: TracePeers): ReceptionInsides {
  return insidesOf(peers).reception as unknown as ReceptionInsides;
}

/** The claims that stand. */
export function claimsOf(peers: TracePeers): Claim[] {
  return (insidesOf(peers).claimer as unknown as { table: ClaimTable }).table.all();
}

/** The spans that wait for other pods, or for their answers. */
export function queuedFor(peers: TracePeers): Uint8Array[] {
  const { outgoing } = insidesOf(peers).forwarder as unknown as ForwarderInsides;
  return [...outgoing.values()].flatMap(({ sent, waiting }) =>
    [...sent?.parcels ?? [], ...waiting].map(({ request }) => request));
}

/** The spans that were sent to the pod at `address`, which has not answered that it has them. */
export function unansweredBy(peers: TracePeers, address: string): Uint8Array[] {
  const { outgoing } = insidesOf(peers).forwarder as unknown as ForwarderInsides;
  return [...outgoing].filter(([peer]) => peer.address === address)
    .flatMap(([, { sent }]) => (sent?.parcels ?? []).map(({ request }) => request));
}
