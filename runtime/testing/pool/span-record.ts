/** What became of every copy of a span that a pod has accepted. */

/** Bytes of a span in this simulation: number of its trace, number of the copy. */
export const SPAN_BYTES = 8;

/** What a run found. */
export interface Findings {
  /** Span copies that pods have accepted. */
  spans: number;
  /** Traces that were decided more than once. */
  split: number;
  /** Moments at which a second pod began to hold a trace. */
  secondHolders: number;
  /** Accepted copies that never left. */
  lost: number;
  /** Copies that left twice. */
  duplicated: number;
  /** Copies that did not follow the first verdict. */
  againstVerdict: number;
  /** Verdicts that came to another pod without what is written on spans. */
  missingNotes: number;
  /** Pods that wanted to leave and could not. */
  stuck: number;
  /** Pods that kept something when all was over. */
  leftovers: number;
  /** With crashes: copies lost that a killed pod held. */
  lostInCrash: number;
  /**
   * With crashes: copies which left twice, of traces that a killed pod knew, or that it had perhaps
   * passed on and had not acknowledged.
   */
  duplicatedAfterCrash: number;
}

/** Everything that a violation is made of; crashes are not counted against the protocol. */
export function violations(findings: Findings, hasCrashes = false): number {
  const { split, lost, duplicated, againstVerdict, stuck, leftovers, secondHolders } = findings;
  return split + lost + duplicated + againstVerdict + findings.missingNotes + stuck + leftovers
    + (hasCrashes ? 0 : secondHolders);
}

interface Copy {
  readonly trace: number;
  isAccepted: boolean;
  left: number;
  isKept?: boolean;
}

/** Writes it down. */
export class SpanRecord {
  private readonly copies: Copy[] = [];
  private readonly verdicts = new Map<number, boolean[]>();
  private readonly holders = new Map<number, Set<string>>();
  private readonly crashedCopies = new Set<number>();
  private readonly crashedTraces = new Set<number>();
  private readonly unanswered = new Set<number>();
  private secondHolders = 0;
  private missingNotes = 0;

  /** A sender sends a copy; gives its number. */
  public sent(trace: number): number {
    return this.copies.push({ trace, isAccepted: false, left: 0 }) - 1;
  }

  /** A pod has taken it. */
  public accepted(copy: number): void {
    this.copies[copy].isAccepted = true;
  }

  /** It was passed on, or let go, by this verdict. */
  public leaves(copy: number, isKept: boolean): void {
    const record = this.copies[copy];
    record.left += 1;
    record.isKept ??= isKept;
    if (record.isKept !== isKept) record.isKept = undefined;
  }

  /** A pod begins to hold a trace. */
  public holds(trace: number, pod: string): void {
    const holders = this.holders.get(trace) ?? new Set();
    this.holders.set(trace, holders);
    if (holders.size > 0) this.secondHolders += 1;
    holders.add(pod);
  }

  /** It does not hold it any more. */
  public endsHolding(trace: number, pod: string): void {
    this.holders.get(trace)?.delete(pod);
  }

  /** A pod learns that a trace is kept, and not what is written on its spans. */
  public noteIsMissing(): void {
    this.missingNotes += 1;
  }

  /** A pod decides. */
  public decided(trace: number, isKept: boolean): void {
    const verdicts = this.verdicts.get(trace) ?? [];
    this.verdicts.set(trace, verdicts);
    verdicts.push(isKept);
  }

  /** A pod that knew of this trace was killed. */
  public traceCrashed(trace: number, pod: string): void {
    this.crashedTraces.add(trace);
    this.endsHolding(trace, pod);
  }

  /** A pod was killed that was to pass this copy on. */
  public copyCrashed(copy: number): void {
    this.crashedCopies.add(copy);
  }

  /** A pod was killed of which it is not known whether it has taken this copy. */
  public neverAnswered(copy: number): void {
    this.unanswered.add(copy);
  }

  /** What there is to say in the end. */
  public findings(stuck: number, leftovers: number): Findings {
    const found: Findings = {
      spans: 0,
      split: 0,
      secondHolders: this.secondHolders,
      lost: 0,
      duplicated: 0,
      againstVerdict: 0,
      missingNotes: this.missingNotes,
      stuck,
      leftovers,
      lostInCrash: 0,
      duplicatedAfterCrash: 0,
    };
    this.copies.forEach((copy, number) => {
      if (copy.isAccepted) this.check(copy, number, found);
    });
    for (const [trace, verdicts] of this.verdicts) {
      if (verdicts.length > 1 && !this.crashedTraces.has(trace)) found.split += 1;
    }
    return found;
  }

  private check({ trace, left, isKept }: Copy, number: number, found: Findings): void {
    const isExcused = this.crashedTraces.has(trace);
    found.spans += 1;
    if (left === 0) {
      if (this.crashedCopies.has(number)) found.lostInCrash += 1;
      else found.lost += 1;
      return;
    }
    if (left > 1) {
      if (isExcused || this.unanswered.has(number)) found.duplicatedAfterCrash += 1;
      else found.duplicated += 1;
    }
    const verdicts = this.verdicts.get(trace);
    if (!isExcused && verdicts !== undefined && verdicts[0] !== isKept) found.againstVerdict += 1;
  }
}
