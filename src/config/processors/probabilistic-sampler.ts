/**
 * The contract of the probabilistic sampler.
 */
import { component } from '../contract';
import { choice, count, flag, ratio, text } from '../fields';
import type { Report, SettingsOf } from '../section';

/** Keeps a share of traces or logs, the same ones wherever the same settings are. */
export interface ProbabilisticSamplerProcessorConfig {
  /**
   * Share that is kept, in percent: 0 is nothing, 100 and more are everything.
   * @default 0
   */
  readonly samplingPercentage?: number;
  /**
   * Changes which ones are kept, so that tiers choose independently: a whole number. Collectors
   * of one tier need the same.
   * @default 0
   */
  readonly hashSeed?: number;
  /**
   * How is chosen: hash_seed, proportional, equalizing, or empty for hash_seed.
   * @default ""
   */
  readonly mode?: string;
  /**
   * Whether what cannot be decided about is dropped.
   * @default true
   */
  readonly failClosed?: boolean;
  /**
   * Hexadecimal digits of the written threshold: a whole number from 1 to 14.
   * @default 4
   */
  readonly samplingPrecision?: number;
  /**
   * What decides about logs: traceID or record (an attribute).
   * @default "traceID"
   */
  readonly attributeSource?: string;
  /**
   * Attribute that decides about logs.
   * @default ""
   */
  readonly fromAttribute?: string;
  /**
   * Attribute of logs with a share of their own, in percent.
   * @default ""
   */
  readonly samplingPriority?: string;
}

const fields = {
  samplingPercentage: ratio({ fallback: 0 }),
  hashSeed: count({ fallback: 0, max: 4_294_967_295 }),
  mode: choice(['hash_seed', 'proportional', 'equalizing', ''], ''),
  failClosed: flag({ fallback: true }),
  samplingPrecision: count({ fallback: 4, min: 1, max: 14 }),
  attributeSource: choice(['traceID', 'record', ''], 'traceID'),
  fromAttribute: text({ fallback: '' }),
  samplingPriority: text({ fallback: '' }),
};

/** What the probabilistic sampler works with. */
export type ProbabilisticSamplerSettings = SettingsOf<typeof fields>;

/** Thresholds have 56 bits. */
const LEAST_PERCENT = 100 / 2 ** 56;

function isNotTooSmall(settings: ProbabilisticSamplerSettings, report: Report): void {
  const { samplingPercentage } = settings;
  if (samplingPercentage > 0 && samplingPercentage < LEAST_PERCENT) {
    report(['sampling_percentage'],
      `must be 0 or at least ${LEAST_PERCENT}, got ${samplingPercentage}`);
  }
}

/** The contract of the probabilistic sampler. */
export const probabilisticSamplerProcessor = component<ProbabilisticSamplerProcessorConfig>()(
  'processors', 'probabilistic_sampler', fields, {
    signals: ['traces', 'logs'],
    upstreamSignals: ['traces', 'logs'],
    check: isNotTooSmall,
  });
