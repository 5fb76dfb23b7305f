/** What is remembered of why traces were kept, to be written on their spans, late ones too. */
import { NOBODY, type Decider } from './decider';
import { NO_RECORD, type ScopeRecords } from './scope-records';
import { ALWAYS, type Word64 } from '../../otlp/sampling-threshold';
import type { VerdictNote } from '../../peers/verdict-note';

/** Number of words in which it is remembered. */
export const VERDICT_WORDS = 3;
/** The name of the policy, by its number among the records: policies may be others by then. */
const REASON = 0;
const THRESHOLD_HIGH = 1;
const THRESHOLD_LOW = 2;

/** What is written on the spans of a trace. */
export interface ReleaseNote {
  /** The threshold with which the trace was kept, upper half. */
  high: number;
  /** Its lower half. */
  low: number;
  /** Number of the record that is written on the scopes, or NO_RECORD. */
  record: number;
  /** Number of the name of the policy that is remembered for it, or NOBODY. */
  policy: number;
  /** Number of the name of the one inside that policy, where its record tells it, or NOBODY. */
  part: number;
}

/** Why an earlier process has kept a trace. */
export interface KeptBefore {
  /** Its threshold, upper half. */
  readonly high: number;
  /** Lower half. */
  readonly low: number;
  /** Name of the policy; '' where none is known. */
  readonly policy: string;
  /** Name of the one inside it; '' where there is none. */
  readonly part: string;
}

/** Remembers verdicts. */
export class Verdicts {
  // One for all: whoever is given it uses it at once.
  private readonly note: ReleaseNote = {
    high: 0, low: 0, record: NO_RECORD, policy: NOBODY, part: NOBODY,
  };

  public constructor(
    private decider: Decider,
    /** What is written on scopes; absent where nothing is. */
    private readonly records: ScopeRecords | undefined,
    /** Where verdicts stand in the records of traces. */
    public readonly word: number,
    /** The threshold of traces that are kept by their ids alone. */
    private readonly thresholdById: Word64 = ALWAYS,
  ) {
    records?.use(decider.policies);
  }

  /** Policies are others from now on. What was remembered stays true. */
  public follow(decider: Decider): void {
    this.decider = decider;
    this.records?.use(decider.policies);
  }

  /** Remembers why the trace was kept that was just decided. */
  public decided(words: Int32Array, trace: number): ReleaseNote {
    const { note, decider, records } = this;
    const { reason } = decider;
    const { high, low } = reason === NOBODY ? ALWAYS : decider.threshold;
    const at = trace + this.word;
    const isRecorded = records !== undefined && reason !== NOBODY;
    words[at + REASON] = isRecorded ? records.nameOf(reason) : NOBODY;
    words[at + THRESHOLD_HIGH] = high;
    words[at + THRESHOLD_LOW] = low;
    note.high = high;
    note.low = low;
    note.record = isRecorded ? records.numberOf(reason, decider.composite) : NO_RECORD;
    note.policy = words[at + REASON];
    note.part = isRecorded ? records.partOf(decider.composite) : NOBODY;
    return note;
  }

  /** Remembers from `at` on that no policy kept the trace, but its id. */
  public byId(words: Int32Array, at: number): ReleaseNote {
    words[at + REASON] = NOBODY;
    words[at + THRESHOLD_HIGH] = this.thresholdById.high;
    words[at + THRESHOLD_LOW] = this.thresholdById.low;
    return this.read(words, at, NO_RECORD);
  }

  /** Remembers from `at` on why another pod has kept a trace. */
  public learned(words: Int32Array, at: number, told: VerdictNote): ReleaseNote {
    words[at + REASON] = this.records?.numberOfTold(told.policy) ?? NOBODY;
    words[at + THRESHOLD_HIGH] = told.high;
    words[at + THRESHOLD_LOW] = told.low;
    return this.read(words, at, NO_RECORD);
  }

  /** For spans that leave again, as they left by an earlier process when it had just decided. */
  public again({ high, low, policy, part }: KeptBefore): ReleaseNote {
    const { note, records } = this;
    note.high = high;
    note.low = low;
    note.policy = records?.numberOfTold(policy) ?? NOBODY;
    note.part = records?.numberOfTold(part) ?? NOBODY;
    note.record = records === undefined || note.policy === NOBODY
      ? NO_RECORD : records.numberOfNames(note.policy, note.part);
    return note;
  }

  /** The name of a policy by its number in notes. */
  public nameOf(name: number): string {
    return this.records?.textOf(name) ?? '';
  }

  /** What other pods are told of the trace that was just decided. */
  public toldOfDecided(): VerdictNote {
    const { reason } = this.decider;
    const { high, low } = reason === NOBODY ? ALWAYS : this.decider.threshold;
    const policy = this.records === undefined || reason === NOBODY
      ? '' : this.decider.policies[reason].name;
    return { high, low, policy, isById: false };
  }

  /** What other pods are told of a trace that was kept by its id alone. */
  public toldById(): VerdictNote {
    return { ...this.thresholdById, policy: '', isById: true };
  }

  /** What other pods are told of a trace whose verdict is in `words` from `at`. */
  public told(words: Int32Array, at: number, isById: boolean): VerdictNote {
    const reason = words[at + REASON];
    return {
      high: words[at + THRESHOLD_HIGH],
      low: words[at + THRESHOLD_LOW] >>> 0,
      policy: this.records === undefined || reason === NOBODY ? '' : this.records.textOf(reason),
      isById,
    };
  }

  /** For late spans of a trace that is still known; as upstream, they tell no policy. */
  public late(words: Int32Array, trace: number): ReleaseNote {
    return this.read(words, trace + this.word, NO_RECORD);
  }

  /** For late spans of a trace that a cache knows: its verdict is in `words` from `at`. */
  public cached(words: Int32Array, at: number): ReleaseNote {
    const reason = words[at + REASON];
    return this.read(words, at, this.records === undefined || reason === NOBODY
      ? NO_RECORD : this.records.cachedNumberOf(reason));
  }

  /** Hands the verdict about a trace on to a cache. */
  public copy(words: Int32Array, trace: number, to: Int32Array, at: number): void {
    for (let i = 0; i < VERDICT_WORDS; i += 1) to[at + i] = words[trace + this.word + i];
  }

  private read(words: Int32Array, at: number, record: number): ReleaseNote {
    const { note } = this;
    note.high = words[at + THRESHOLD_HIGH];
    note.low = words[at + THRESHOLD_LOW] >>> 0;
    note.record = record;
    note.policy = words[at + REASON];
    note.part = NOBODY;
    return note;
  }
}
