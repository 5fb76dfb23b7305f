/** Which threshold an item must pass: how the modes of the sampler differ. */
import type { ProbabilisticSamplerSettings } from '../../config';
import {
  ALWAYS, isEqual, isLess, LEAST_SHARE, NEVER, shareOfThreshold, thresholdOfShare, type Word64,
} from '../../otlp/sampling-threshold';

const MOST_PERCENT = 100;
const BUCKETS = 0x4000;
const BUCKET_BITS = 14;
// Upstream computes with 32 bits here.
const BUCKETS_PER_PERCENT = Math.fround(BUCKETS / MOST_PERCENT);
const FNV_OFFSET = 0x811c_9dc5;
const FNV_PRIME = 0x0100_0193;
const BYTES_OF_SEED = 4;

/** Where the randomness of an item comes from. */
export type ModeKind =
  /** Nowhere: nothing is kept but by priority. */
  | 'never'
  /** From a hash, as of old; whatever a sampler before left is a mistake. */
  | 'hash_seed'
  /** From the trace state or the trace id. */
  | 'consistent';

/** What a sampler knows of an item. */
export interface ItemState {
  /** Whether a sampler before left its threshold. */
  readonly hasThreshold: boolean;
  /** That threshold. */
  readonly threshold: Word64;
}

/** A mode with its numbers. */
export interface SamplerMode {
  /** Where randomness comes from. */
  readonly kind: ModeKind;
  /** The threshold that an item must pass. */
  decide(item: ItemState): Word64;
}

/** Multiplies the share that the sampler before kept. */
class Proportional implements SamplerMode {
  public readonly kind = 'consistent';
  private readonly own: Word64;
  // Most items come through the same sampler before.
  private lastThreshold: Word64 = ALWAYS;
  private last: Word64;

  public constructor(private readonly share: number, private readonly precision: number) {
    this.own = this.thresholdFor(1);
    this.last = this.own;
  }

  public decide({ hasThreshold, threshold }: ItemState): Word64 {
    if (!hasThreshold) return this.own;
    if (!isEqual(threshold, this.lastThreshold)) {
      this.lastThreshold = { high: threshold.high, low: threshold.low };
      this.last = this.thresholdFor(shareOfThreshold(threshold));
    }
    return this.last;
  }

  private thresholdFor(incoming: number): Word64 {
    return thresholdOfShare(incoming * this.share, this.precision) ?? NEVER;
  }
}

function equalizing(own: Word64): SamplerMode {
  return {
    kind: 'consistent',
    decide: ({ hasThreshold, threshold }) =>
      hasThreshold && isLess(own, threshold) ? threshold : own,
  };
}

/** The mode that the settings describe. */
export function samplerMode(settings: ProbabilisticSamplerSettings): SamplerMode {
  const { mode, samplingPrecision } = settings;
  const percent = Math.fround(Math.min(MOST_PERCENT, settings.samplingPercentage));
  const never: SamplerMode = { kind: 'never', decide: () => NEVER };
  if (percent === 0) return never;
  const share = Math.max(LEAST_SHARE, percent / MOST_PERCENT);
  if (mode === 'equalizing') {
    return equalizing(thresholdOfShare(share, samplingPrecision) as Word64);
  }
  if (mode === 'proportional') return new Proportional(share, samplingPrecision);
  const buckets = Math.trunc(Math.fround(percent * BUCKETS_PER_PERCENT));
  if (buckets === 0) return never;
  // The buckets are the first 14 of 56 bits.
  const threshold = { high: BUCKETS - buckets << 24 - BUCKET_BITS, low: 0 };
  return { kind: 'hash_seed', decide: () => threshold };
}

/** The randomness that mode hash_seed makes of bytes. */
export class SeededHash {
  /** The randomness made last. */
  public readonly randomness = { high: 0, low: 0 };
  private readonly seeded: number;

  public constructor(seed: number) {
    let hash = FNV_OFFSET;
    for (let i = 0; i < BYTES_OF_SEED; i += 1) {
      hash = Math.imul(hash ^ seed >>> 8 * i & 0xff, FNV_PRIME);
    }
    this.seeded = hash;
  }

  /** Makes it of the bytes from `start` to `end`. */
  public read(bytes: Uint8Array, start: number, end: number): void {
    let hash = this.seeded;
    for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ bytes[at], FNV_PRIME);
    const bucket = hash & BUCKETS - 1;
    const unused = hash >>> 32 - BUCKET_BITS;
    // Those 14 bits that decide, turned round, then 28 bits of the rest, then the 14 bits again.
    const mixed = unused ^ unused << 10;
    this.randomness.high = BUCKETS - 1 - bucket << 10 | mixed >>> 18;
    this.randomness.low = ((mixed & 0x3_ffff) << BUCKET_BITS | bucket) >>> 0;
  }
}
