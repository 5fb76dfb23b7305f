/** Asks every pod that may hold an unknown trace, one after the other, before it is held here. */
import { Claim, ClaimTable } from './claim-table';
import { idsOf } from './id-bytes';
import type { LiveRings } from './live-rings';
import { ASK, DROPPED, HERE, KEPT, MOST_IDS, type ClaimAnswer } from './messages';
import type { PeerBook } from './peer-book';
import type { PeerCalls } from './peer-calls';
import type { PeerMetrics } from './peer-metrics';
import type { QueuedBytes } from './queued-bytes';
import type { VerdictNote } from './verdict-note';
import type { Clock } from '../clock';

const PAUSE_MS = 200;
/** Claims that may stand at once; then senders have to wait. */
const MOST_CLAIMS = 100_000;

/** How a claim ends. The claim is closed when any of them is called. */
export interface ClaimEnds {
  /** Nobody else has the trace: it is held here. */
  hold(claim: Claim): void;
  /** It lives at the pod with this address. */
  giveAway(claim: Claim, address: string): void;
  /** It was decided; `note` is what is written on its spans, if anything is. */
  follow(claim: Claim, isKept: boolean, note?: VerdictNote): void;
}

/** What a claimer works with. */
export interface ClaimerOptions {
  /** Calls pods. */
  readonly calls: PeerCalls;
  /** The rings. */
  readonly rings: LiveRings;
  /** The pods. */
  readonly book: PeerBook;
  /** The time. */
  readonly clock: Clock;
  /** Counts the bytes that wait. */
  readonly queued: QueuedBytes;
  /** Where claims are counted. */
  readonly metrics: PeerMetrics;
  /** Longest time that one pod is asked, in milliseconds; then its answer counts as "no". */
  readonly longestQuestionMs: number;
  /** What happens at the end of a claim. */
  readonly ends: ClaimEnds;
}

/** The claims of this pod. */
export class Claimer {
  private readonly table = new ClaimTable(MOST_CLAIMS);
  /** Claims whose question goes out with the next message to that address. */
  private readonly questions = new Map<string, Claim[]>();

  public constructor(private readonly options: ClaimerOptions) {}

  /** Number of claims that stand. */
  public get size(): number {
    return this.table.size;
  }

  /** Whether no more claims should be made. */
  public get isFull(): boolean {
    return this.table.size >= MOST_CLAIMS;
  }

  /** The claim of this trace. */
  public find(w0: number, w1: number, w2: number, w3: number): Claim | undefined {
    return this.table.find(w0, w1, w2, w3);
  }

  /** Claims a trace when any pod has to be asked; false when there is none. */
  public open(w0: number, w1: number, w2: number, w3: number): boolean {
    const { rings, clock } = this.options;
    if (!rings.candidates(w0, w1, w2, w3).some((address) => this.canAsk(address))) return false;
    this.step(this.table.open(w0, w1, w2, w3, clock.monotonic()));
    return true;
  }

  /** Spans of a claimed trace wait for the claim's end. */
  public queue(claim: Claim, request: Uint8Array, spans: number, hops: number): void {
    claim.chunks.push(request);
    claim.bytes += request.length;
    claim.spans.push(spans);
    claim.hops = Math.max(claim.hops, hops);
    this.options.queued.add(request.length);
  }

  /** Ends a claim without a word about it; its spans are the caller's. */
  public close(claim: Claim): void {
    this.table.close(claim);
    this.options.queued.take(claim.bytes);
    this.options.metrics.claimWait.record((this.options.clock.monotonic() - claim.since) / 1000);
  }

  /** A pod is gone. What it knew it has told pods that may have answered already: start over. */
  public peerGone(address: string): void {
    for (const claim of this.table.all()) {
      if (!claim.isOpen) continue;
      claim.answered.clear();
      if (claim.asking === address) this.step(claim);
    }
  }

  /** Ends all claims: everything is held here. */
  public holdAll(): void {
    for (const claim of this.table.all()) this.hold(claim);
  }

  private hold(claim: Claim): void {
    this.close(claim);
    this.options.ends.hold(claim);
  }

  private canAsk(address: string): boolean {
    return address !== this.options.book.self && !this.options.book.isGone(address);
  }

  /** Asks the next pod. Who that is depends on the rings that live now. */
  private step(claim: Claim): void {
    const { rings, clock } = this.options;
    const wanted = (address: string): boolean =>
      !claim.answered.has(address) && this.canAsk(address);
    const address = claim.hearsay.find(wanted)
      ?? rings.candidates(claim.w0, claim.w1, claim.w2, claim.w3).find(wanted);
    if (address === undefined) {
      this.hold(claim);
      return;
    }
    claim.asking = address;
    claim.askedAt = clock.monotonic();
    this.options.metrics.claimedTraces.add(1);
    const together = this.questions.get(address);
    if (together !== undefined) {
      together.push(claim);
      return;
    }
    this.questions.set(address, [claim]);
    clock.after(0, () => {
      const claims = this.questions.get(address) ?? [];
      this.questions.delete(address);
      for (let from = 0; from < claims.length; from += MOST_IDS) {
        this.ask(address, claims.slice(from, from + MOST_IDS));
      }
    });
  }

  private ask(address: string, asked: readonly Claim[]): void {
    const { calls, book, clock } = this.options;
    const stillAsks = (claim: Claim): boolean => claim.isOpen && claim.asking === address;
    const claims = asked.filter(stillAsks);
    if (claims.length === 0) return;
    const again = (): void => {
      clock.after(PAUSE_MS, () => this.ask(address, this.withoutOverdue(address, claims)));
    };
    calls.say(book.of(address), { kind: 'claim', ids: idsOf(claims) }, (answer) => {
      if (answer.answers.length !== claims.length) {
        again();
        return;
      }
      let kept = 0;
      claims.forEach((claim, i) => {
        const code = answer.answers[i];
        const note = code === KEPT ? answer.notes?.[kept] : undefined;
        if (code === KEPT) kept += 1;
        if (stillAsks(claim)) this.use(claim, address, code, answer.pods, note);
      });
    }, again);
  }

  /** A pod that is listed and dead must not keep spans for ever: its silence counts as "no". */
  private withoutOverdue(address: string, claims: readonly Claim[]): Claim[] {
    const { clock, longestQuestionMs, metrics } = this.options;
    const now = clock.monotonic();
    return claims.filter((claim) => {
      if (!claim.isOpen || claim.asking !== address) return false;
      if (now - claim.askedAt <= longestQuestionMs) return true;
      metrics.unansweredClaims.add(1);
      claim.answered.add(address);
      this.step(claim);
      return false;
    });
  }

  private use(
    claim: Claim, address: string, code: number, pods: ClaimAnswer['pods'], note?: VerdictNote,
  ): void {
    const { ends } = this.options;
    if (code === KEPT || code === DROPPED) {
      this.close(claim);
      ends.follow(claim, code === KEPT, note);
    } else if (code === HERE) {
      this.close(claim);
      ends.giveAway(claim, address);
    } else {
      claim.answered.add(address);
      // Only the pod itself can say that a trace lives there.
      const named = code >= ASK ? pods[code - ASK] : undefined;
      if (named !== undefined && !claim.hearsay.includes(named)) claim.hearsay.push(named);
      this.step(claim);
    }
  }
}
