/**
 * Pools in which one rule is left out. Each must break something within some runs: a simulation in
 * which nothing can fail proves nothing.
 */
import { insidesOf, insidesOfReception, insidesOfRings } from './insides';
import type { Claim } from '../../peers/claim-table';
import { DROPPED, HERE, KEPT, NO } from '../../peers/messages';
import type { TracePeers, TracePeersOptions } from '../../peers/trace-peers';

/** A pool without one of its rules. */
export interface Mutation {
  /** What it lacks. Numbers are those of docs/trace-peers.md. */
  readonly name: string;
  /** Takes the rule away from a pod. */
  readonly mutate?: (peers: TracePeers) => void;
  /** Other settings of its pods. */
  readonly settings?: Partial<TracePeersOptions>;
  /** Runs of which at least one is bad. */
  readonly runs: number;
}

/** Tries after which an impatient pod looks for another way. */
const FEW_TRIES = 3;

/** All of them; those that few runs show come last. */
export const MUTATIONS: readonly Mutation[] = [
  { name: 'repeated forwards are taken again (10)', runs: 10, mutate: withoutDuplicateWindow },
  { name: 'only the own ring counts, and the one before (2)', runs: 10, mutate: withOwnRingsOnly },
  { name: 'rings are used at once (1, 3)', runs: 40, mutate: withoutAnnouncements },
  { name: 'whoever claims is told "no" by others who do (6)', runs: 40, mutate: withoutOrder },
  { name: 'rings live 5 s longer than they are used', runs: 40, settings: { settleMs: 5_000 } },
  { name: 'spans are taken before a pod has joined (3)', runs: 400, mutate: withoutWaitingToJoin },
  { name: 'no claim is answered with a verdict (6)', runs: 100, mutate: withoutVerdictAnswers },
  { name: 'verdicts wait for the next ring (12)', runs: 100, mutate: withoutHandOverAtDecision },
  { name: 'a leaving pod waits for nobody (13, 14)', runs: 300, mutate: withoutStay },
  { name: 'a pod ends as soon as it has left (13)', runs: 40, mutate: withoutEmptying },
  { name: 'a verdict taken over is not answered for (12)', runs: 600, mutate: withoutChain },
  { name: 'a forward is placed anew after three tries (9)', runs: 600, mutate: withoutPatience },
];

function withoutDuplicateWindow(peers: TracePeers): void {
  const book = insidesOf(peers).book;
  const of = book.of.bind(book);
  book.of = (address) => {
    const peer = of(address);
    peer.taken.has = () => false;
    return peer;
  };
}

function withOwnRingsOnly(peers: TracePeers): void {
  const rings = insidesOf(peers).rings;
  const retire = rings.retire.bind(rings);
  rings.learn = () => undefined;
  rings.retire = () => undefined;
  rings.use = (ring) => {
    const old = rings.current;
    rings.current = ring;
    insidesOfRings(rings).past.clear();
    retire(old, insidesOfRings(rings).options.settleMs);
  };
}

function withoutAnnouncements(peers: TracePeers): void {
  const announcer = insidesOf(peers).announcer;
  const use = (ring: Parameters<typeof announcer.want>[0]): void => {
    if (ring === insidesOf(peers).rings.current) return;
    insidesOf(peers).rings.use(ring);
    insidesOf(peers).ringUsed(0);
  };
  announcer.want = use;
  announcer.join = (ring, joined) => {
    use(ring);
    joined();
  };
}

function withoutOrder(peers: TracePeers): void {
  const reception = insidesOfReception(peers);
  const cede = reception.cede.bind(reception);
  reception.cede = (peer, pods, w0, w1, w2, w3) =>
    insidesOf(peers).claimer.find(w0, w1, w2, w3) === undefined
      ? cede(peer, pods, w0, w1, w2, w3)
      : NO;
}

function withoutWaitingToJoin(peers: TracePeers): void {
  Object.defineProperty(peers, 'hasJoined', { get: () => true, set: () => undefined });
}

function withoutVerdictAnswers(peers: TracePeers): void {
  const reception = insidesOfReception(peers);
  const claimed = reception.claimed.bind(reception);
  reception.claimed = (peer, claim) => {
    const answer = claimed(peer, claim);
    if (answer.kind !== 'claim') return answer;
    const answers = answer.answers.map((code) => code === KEPT || code === DROPPED ? NO : code);
    return { ...answer, answers };
  };
}

function withoutHandOverAtDecision(peers: TracePeers): void {
  peers.decided = (w0, w1, w2, w3, isKept, note) =>
    insidesOf(peers).ledger.add(w0, w1, w2, w3, isKept, note);
}

function withoutStay(peers: TracePeers): void {
  const leaver = insidesOf(peers).leaver;
  Object.defineProperty(leaver, 'isUnnamed', { get: () => true });
  Object.defineProperty(leaver, 'hasHandedOver', { get: () => true });
  const reception = insidesOfReception(peers);
  reception.accepts = (peer) => {
    insidesOf(peers).membership.lose(peer, 'bye');
    return true;
  };
}

function withoutEmptying(peers: TracePeers): void {
  peers.emptied = () => Promise.resolve();
}

function withoutChain(peers: TracePeers): void {
  const reception = insidesOfReception(peers);
  reception.import = (w0, w1, w2, w3, isKept, note) => {
    const { holder, claimer } = reception.options;
    const known = reception.stateOf(w0, w1, w2, w3);
    if (known !== NO && known !== HERE) return;
    const claim: Claim | undefined = claimer.find(w0, w1, w2, w3);
    if (claim !== undefined) claimer.close(claim);
    holder.learn(w0, w1, w2, w3, isKept, note);
    if (claim !== undefined) holder.follow(w0, w1, w2, w3, claim.chunks, isKept);
  };
}

function withoutPatience(peers: TracePeers): void {
  const calls = insidesOf(peers).calls;
  const say = calls.say.bind(calls);
  const failures = new Map<string, number>();
  calls.say = (peer, body, answered, failed) => say(peer, body, (answer) => {
    failures.delete(peer.address);
    answered(answer);
  }, () => {
    const count = (failures.get(peer.address) ?? 0) + 1;
    failures.set(peer.address, count);
    if (body.kind !== 'forward' || count < FEW_TRIES) {
      failed();
      return;
    }
    failures.delete(peer.address);
    insidesOf(peers).forwarder.giveUp(peer, (request, hops) =>
      insidesOf(peers).options.holder.take(request, hops, false));
  });
}
