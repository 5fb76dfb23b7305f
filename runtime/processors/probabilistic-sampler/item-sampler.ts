/** What sampling a span and sampling a log record have in common. */
import { Source, type SamplerCounts } from './sampler-counts';
import type { SamplerMode } from './sampler-mode';
import { ALWAYS, isLess, MOST_RANDOM, NEVER, type Word64 } from '../../otlp/sampling-threshold';
import type { SpanIndex } from '../../otlp/span-index';
import type { GrowingBytes } from '../../wire/growing-bytes';

/** What became of an item. */
export enum Outcome {
  /** It is not kept. */
  DROPPED,
  /** It is kept as it came. */
  KEPT,
  /** It is kept, and was written anew. */
  REWRITTEN,
}

/** What a sampler is made from. */
export interface ItemSamplerOptions {
  /** Which threshold items must pass. */
  readonly mode: SamplerMode;
  /** Whether items are dropped that cannot be decided about. */
  readonly failClosed: boolean;
  /** Counts decisions. */
  readonly counts: SamplerCounts;
}

/** What an item says about sampling, and can be changed. */
export interface SamplingState {
  /** Whether it says its randomness. */
  readonly hasRandomness: boolean;
  /** That randomness. */
  readonly randomness: Word64;
  /** Whether it says a threshold. */
  readonly hasThreshold: boolean;
  /** That threshold. */
  readonly threshold: Word64;
  /** Replaces the threshold, unless it is a stricter one. */
  raiseThreshold(threshold: Word64): void;
  /** Takes the threshold out. */
  clearThreshold(): void;
  /** Sets the randomness. */
  setRandomness(randomness: Word64): void;
}

/** Samples the items of requests. */
export interface ItemSampler {
  /** Decides about the item of an indexed request; one that is rewritten is appended to `out`. */
  sample(bytes: Uint8Array, index: SpanIndex, item: number, out: GrowingBytes): Outcome;
}

/** The randomness in an id's last seven bytes. */
export function randomnessOfId(
  bytes: Uint8Array, at: number, into: { high: number; low: number },
): void {
  into.high = bytes[at + 9] << 16 | bytes[at + 10] << 8 | bytes[at + 11];
  into.low = (bytes[at + 12] << 24 | bytes[at + 13] << 16 | bytes[at + 14] << 8
    | bytes[at + 15]) >>> 0;
}

/** Whether there is an id at `at`: one of zeros is none. */
export function hasId(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; at >= 0 && i < 16; i += 1) if (bytes[at + i] !== 0) return true;
  return false;
}

/** One decision after another, in upstream's steps. */
export class Decision {
  /** Where the randomness came from. */
  public source = Source.MISSING_RANDOMNESS;
  /** The randomness. */
  public randomness: Word64 = MOST_RANDOM;
  /** Whether what the item says can be changed. */
  public isWritable = false;
  /** Whether nothing can be decided. */
  public isFaulty = false;
  private threshold: Word64 = NEVER;

  public constructor(private readonly options: ItemSamplerOptions) {}

  /** Begins with an item of which nothing is known. */
  public begin(isReadable: boolean): void {
    this.source = Source.MISSING_RANDOMNESS;
    this.randomness = MOST_RANDOM;
    this.isWritable = isReadable;
    this.isFaulty = !isReadable;
  }

  /** The item's randomness. */
  public setRandomness(source: Source, randomness: Word64): void {
    this.source = source;
    this.randomness = randomness;
  }

  /** Mode hash_seed: what the item itself says about sampling must not be there. */
  public hash(state: SamplingState): void {
    if (!this.isWritable) return;
    if (state.hasRandomness || state.hasThreshold) {
      this.isFaulty = true;
      this.isWritable = false;
    }
  }

  /** Compares what the item says, and decides by the mode. */
  public decide(state: SamplingState): void {
    const { mode, failClosed } = this.options;
    if (!this.isFaulty && mode.kind !== 'never') this.check(state);
    if (!this.isFaulty) this.threshold = mode.decide(state);
    else this.threshold = failClosed ? NEVER : ALWAYS;
  }

  /** Decides by the item's own word. */
  public override(threshold: Word64): void {
    this.threshold = threshold;
    this.source = Source.SAMPLING_PRIORITY;
  }

  /** Whether the item is kept; the threshold that it was kept with is in its state. */
  public finish(state: SamplingState): boolean {
    const isKept = !isLess(this.randomness, this.threshold);
    this.options.counts.add(this.source, isKept);
    if (isKept && this.isWritable) state.raiseThreshold(this.threshold);
    return isKept;
  }

  /** An item that the sampler before it should not have kept has a threshold that is a lie. */
  private check(state: SamplingState): void {
    if (this.source === Source.MISSING_RANDOMNESS) {
      this.isFaulty = true;
    } else if (state.hasThreshold && isLess(this.randomness, state.threshold)) {
      state.clearThreshold();
      this.isFaulty = true;
    }
  }
}
