/** Gives verdicts to the pods that own their traces, and with them who answers for them. */
import { idsOf, type IdWords } from './id-bytes';
import type { LiveRings } from './live-rings';
import { MOST_IDS } from './messages';
import type { Peer, PeerBook } from './peer-book';
import type { PeerCalls } from './peer-calls';
import type { PeerMetrics } from './peer-metrics';
import type { VerdictLedger } from './verdict-ledger';
import { told, type VerdictNote } from './verdict-note';
import type { Clock } from '../clock';

const GATHER_MS = 50;
const PAUSE_MS = 200;
/** An imported verdict that belongs elsewhere stays so long, for the ring to settle. */
const PASS_ON_MS = 1000;
/** Verdicts that are looked at before anything else may run. */
const WALK_STEP = 4096;

/** What a hand-over works with. */
export interface HandOverOptions {
  /** Calls pods. */
  readonly calls: PeerCalls;
  /** The rings. */
  readonly rings: LiveRings;
  /** The pods. */
  readonly book: PeerBook;
  /** The time. */
  readonly clock: Clock;
  /** The verdicts. */
  readonly ledger: VerdictLedger;
  /** Where verdicts are counted. */
  readonly metrics: PeerMetrics;
}

interface Verdict extends IdWords {
  readonly isKept: boolean;
  /** How often it had come when it was sent. */
  readonly imports: number;
  /** What is written on spans of the trace, if anything is. */
  readonly note?: VerdictNote;
}

interface Outgoing {
  waiting: Verdict[];
  isSending: boolean;
}

/** Hands verdicts over. */
export class HandOver {
  private readonly outgoing = new Map<Peer, Outgoing>();
  private later: Verdict[] = [];
  private isWalking = false;

  public constructor(private readonly options: HandOverOptions) {}

  /** Whether no verdict is on its way or waits for a walk. */
  public get isEmpty(): boolean {
    return this.outgoing.size === 0 && this.later.length === 0 && !this.isWalking;
  }

  /** This pod answers for a verdict; if the trace is another pod's, that one gets it. */
  public give(
    w0: number, w1: number, w2: number, w3: number, isKept: boolean, known?: VerdictNote,
  ): void {
    const { rings, book, ledger } = this.options;
    const owner = rings.owners.ownerOf(w0, w1, w2, w3);
    if (owner === book.self) return;
    const imports = ledger.importsOf(w0, w1, w2, w3);
    const note = ledger.noteOf(w0, w1, w2, w3) ?? known;
    this.add(book.of(owner), { w0, w1, w2, w3, isKept, imports, note });
  }

  /** As `give`, a little later: the verdict has come from another pod just now. */
  public giveLater(w0: number, w1: number, w2: number, w3: number, isKept: boolean): void {
    if (this.options.rings.owners.ownerOf(w0, w1, w2, w3) === this.options.book.self) return;
    if (this.later.length === 0) {
      this.options.clock.after(PASS_ON_MS, () => this.giveThoseKept(this.later.splice(0)));
    }
    this.later.push({ w0, w1, w2, w3, isKept, imports: 0 });
  }

  /** Another ring is in use: every verdict whose trace is now another pod's goes there. */
  public giveAll(): void {
    this.options.ledger.rewind();
    if (this.isWalking) return;
    this.isWalking = true;
    this.walkOn();
  }

  /** A pod is gone: what it did not take goes to the owners of now. */
  public peerGone(peer: Peer): void {
    const out = this.outgoing.get(peer);
    if (out === undefined) return;
    this.outgoing.delete(peer);
    for (const { w0, w1, w2, w3, isKept, note } of out.waiting) {
      this.give(w0, w1, w2, w3, isKept, note);
    }
  }

  private walkOn(): void {
    const { ledger, clock } = this.options;
    ledger.walk(WALK_STEP, (w0, w1, w2, w3, isKept) => this.give(w0, w1, w2, w3, isKept));
    this.isWalking = !ledger.isWalked;
    if (this.isWalking) clock.after(0, () => this.walkOn());
  }

  private giveThoseKept(verdicts: readonly Verdict[]): void {
    for (const { w0, w1, w2, w3, isKept } of verdicts) {
      if (this.options.ledger.has(w0, w1, w2, w3)) this.give(w0, w1, w2, w3, isKept);
    }
  }

  private add(peer: Peer, verdict: Verdict): void {
    let out = this.outgoing.get(peer);
    if (out === undefined) this.outgoing.set(peer, out = { waiting: [], isSending: false });
    out.waiting.push(verdict);
    if (!out.isSending) this.sendSoon(peer, out);
  }

  private sendSoon(peer: Peer, out: Outgoing): void {
    out.isSending = true;
    this.options.clock.after(GATHER_MS, () => this.send(peer, out, this.withImports(out)));
  }

  /** The next ones to be sent, which stay in line until they are taken. */
  private withImports({ waiting }: Outgoing): Verdict[] {
    return waiting.slice(0, MOST_IDS).map((verdict) => {
      const { w0, w1, w2, w3 } = verdict;
      return { ...verdict, imports: this.options.ledger.importsOf(w0, w1, w2, w3) };
    });
  }

  private send(peer: Peer, out: Outgoing, verdicts: readonly Verdict[]): void {
    const { calls, clock } = this.options;
    if (this.outgoing.get(peer) !== out) return;
    const those = verdicts.filter(({ isKept }) => isKept);
    const kept = idsOf(those);
    const notes = those.map(({ note }) => note);
    const dropped = idsOf(verdicts.filter(({ isKept }) => !isKept));
    calls.say(peer, { kind: 'decisions', kept, dropped, ...told(notes) }, () => {
      if (this.outgoing.get(peer) === out) this.taken(peer, out, verdicts);
    }, () => { clock.after(PAUSE_MS, () => this.send(peer, out, verdicts)); });
  }

  private taken(peer: Peer, out: Outgoing, verdicts: readonly Verdict[]): void {
    const { ledger, metrics } = this.options;
    metrics.handedOverVerdicts.add(verdicts.length);
    out.waiting.splice(0, verdicts.length);
    for (const { w0, w1, w2, w3, isKept, imports } of verdicts) {
      // If it has come back meanwhile, the peer may have passed on what is answered for here.
      if (ledger.importsOf(w0, w1, w2, w3) === imports) ledger.remove(w0, w1, w2, w3);
      else this.giveLater(w0, w1, w2, w3, isKept);
    }
    if (out.waiting.length > 0) {
      this.sendSoon(peer, out);
    } else {
      this.outgoing.delete(peer);
    }
  }
}
