/** Makes what kept spans leave by: as they came, or with what is to be written on them. */
import { ReleaseMarker } from './release-marker';
import { ReleaseWriter } from './release-writer';
import type { Rules } from './rules';
import { ScopeRecords } from './scope-records';
import type { SpanArena } from './span-arena';
import { thresholdByPercentage } from './stress-relief';
import type { TailSamplingMetrics } from './tail-sampling-metrics';
import { Verdicts } from './verdicts';
import type { TailSamplingSettings } from '../../config';
import { attributeField, doubleValue } from '../../otlp/attribute-field';
import { SPAN_ATTRIBUTES } from '../../otlp/fields';
import type { Payload } from '../../pipeline/payload';

/** The attribute of spans that were kept by the id of their trace alone: which share was kept. */
const STRESS_ATTRIBUTE = 'tailsampling.stress_relief_percentage';

/** What writers are made with. */
export interface ReleaseWritersOptions {
  /** The processor's settings. */
  readonly settings: TailSamplingSettings;
  /** The policies that it begins with. */
  readonly rules: Rules;
  /** Where spans are held. */
  readonly arena: SpanArena;
  /** Where spans are counted that cannot be written on. */
  readonly metrics: TailSamplingMetrics;
  /** Takes each payload. */
  send(payload: Payload): void;
}

/** What kept spans leave by. */
export interface ReleaseWriters {
  /** Takes spans that policies kept. */
  readonly writer: ReleaseWriter;
  /** Takes spans that were kept by the id of their trace alone; only with stress relief. */
  readonly markedWriter?: ReleaseWriter;
  /** Knows what is written on them; absent where nothing but that mark is. */
  readonly verdicts?: Verdicts;
}

/** Makes them. */
export function createReleaseWriters(options: ReleaseWritersOptions): ReleaseWriters {
  const { settings, rules: { decider, verdictAt }, arena, send } = options;
  const { unparseable } = options.metrics;
  const { usetracestate: adjustsCounts, recordpolicy, stressRelief } = settings;
  const records = recordpolicy ? new ScopeRecords() : undefined;
  const marker = adjustsCounts || recordpolicy
    ? new ReleaseMarker({ adjustsCounts, records, unparseable }) : undefined;
  const percentage = stressRelief?.samplingPercentage;
  return {
    writer: new ReleaseWriter(arena, send, marker),
    // No policy kept what leaves by this one.
    markedWriter: percentage === undefined ? undefined : new ReleaseWriter(arena, send,
      new ReleaseMarker({ adjustsCounts, unparseable, added: stressMark(percentage) })),
    verdicts: verdictAt === undefined ? undefined : new Verdicts(
      decider, records, verdictAt,
      percentage === undefined ? undefined : thresholdByPercentage(percentage)),
  };
}

function stressMark(percentage: number): Uint8Array {
  return attributeField(SPAN_ATTRIBUTES, STRESS_ATTRIBUTE, doubleValue(percentage));
}
