/** Samples log records by their trace ids, by an attribute, or by what they say about sampling. */
import { AttributeValue, ValueKind } from './attribute-value';
import {
  Decision, hasId, Outcome, randomnessOfId, type ItemSampler, type ItemSamplerOptions,
} from './item-sampler';
import { RecordState } from './record-state';
import { Source } from './sampler-counts';
import { SeededHash, type ModeKind } from './sampler-mode';
import type { ProbabilisticSamplerSettings } from '../../config';
import { LOG_RECORD_ATTRIBUTES, LOG_RECORD_TRACE_ID } from '../../otlp/fields';
import { thresholdOfShare, type Word64 } from '../../otlp/sampling-threshold';
import type { SpanIndex } from '../../otlp/span-index';
import { addValueText } from '../../otlp/value-text';
import { ByteBuilder } from '../../wire/byte-builder';
import type { GrowingBytes } from '../../wire/growing-bytes';
import { position, readTag, skipValue } from '../../wire/reader';

const ID_BYTES = 16;
const PERCENT = 100;
const NOWHERE = -1;
const THRESHOLD = Buffer.from('sampling.threshold');
const RANDOMNESS = Buffer.from('sampling.randomness');

/** An attribute that is looked for. */
interface Wanted {
  readonly key: Uint8Array;
  /** Where its KeyValue is in the record that is read; NOWHERE when it has none. */
  start: number;
  end: number;
}

function isKey(bytes: Uint8Array, { keyStart, keyEnd }: AttributeValue, key: Uint8Array): boolean {
  if (keyEnd - keyStart !== key.length) return false;
  for (let i = 0; i < key.length; i += 1) if (bytes[keyStart + i] !== key[i]) return false;
  return true;
}

/** Samples log records. */
export class RecordSampler implements ItemSampler {
  private readonly kind: ModeKind;
  private readonly hash: SeededHash;
  private readonly decision: Decision;
  private readonly state = new RecordState();
  private readonly attribute = new AttributeValue();
  private readonly text = new ByteBuilder();
  private readonly ofId = { high: 0, low: 0 };
  private readonly usesTraceId: boolean;
  private readonly source?: Wanted;
  private readonly priority?: Wanted;
  private readonly precision: number;
  private traceIdAt = NOWHERE;
  private lastPercent = NaN;
  private lastThreshold?: Word64;

  public constructor(options: ItemSamplerOptions, settings: ProbabilisticSamplerSettings) {
    const { hashSeed, attributeSource, fromAttribute, samplingPriority } = settings;
    const wanted = (key: string): Wanted | undefined =>
      key === '' ? undefined : { key: Buffer.from(key), start: NOWHERE, end: NOWHERE };
    this.kind = options.mode.kind;
    this.hash = new SeededHash(hashSeed);
    this.decision = new Decision(options);
    this.usesTraceId = attributeSource === 'traceID';
    this.source = wanted(fromAttribute);
    this.priority = wanted(samplingPriority);
    this.precision = settings.samplingPrecision;
  }

  public sample(bytes: Uint8Array, index: SpanIndex, item: number, out: GrowingBytes): Outcome {
    const { decision, state } = this;
    const start = index.spanBody[item];
    const end = index.spanEnd[item];
    this.read(bytes, start, end);
    decision.begin(state.isReadable);
    this.readRandomness(bytes);
    decision.decide(state);
    const threshold = this.priorityThreshold(bytes);
    if (threshold !== undefined) decision.override(threshold);
    if (!decision.finish(state)) return Outcome.DROPPED;
    if (!decision.isWritable || !state.isChanged) return Outcome.KEPT;
    state.append(out, bytes, start, end);
    return Outcome.REWRITTEN;
  }

  private read(bytes: Uint8Array, start: number, end: number): void {
    const { state, source, priority } = this;
    state.clear();
    this.traceIdAt = NOWHERE;
    if (source !== undefined) source.start = NOWHERE;
    if (priority !== undefined) priority.start = NOWHERE;
    for (let at = start; at < end;) {
      const field = at;
      const tag = readTag(bytes, at, end);
      at = skipValue(bytes, position, end, tag);
      if (tag === LOG_RECORD_TRACE_ID) {
        this.traceIdAt = at - position === ID_BYTES ? position : NOWHERE;
      } else if (tag === LOG_RECORD_ATTRIBUTES) {
        this.readAttribute(bytes, position, field, at);
      }
    }
  }

  private readAttribute(bytes: Uint8Array, start: number, field: number, end: number): void {
    const { attribute, state, source, priority } = this;
    attribute.read(bytes, start, end);
    if (isKey(bytes, attribute, THRESHOLD)) state.readThreshold(bytes, attribute, field, end);
    if (isKey(bytes, attribute, RANDOMNESS)) state.readRandomness(bytes, attribute, field, end);
    for (const wanted of [source, priority]) {
      if (wanted === undefined || wanted.start !== NOWHERE) continue;
      if (!isKey(bytes, attribute, wanted.key)) continue;
      wanted.start = start;
      wanted.end = end;
    }
  }

  private readRandomness(bytes: Uint8Array): void {
    const { decision, state, kind } = this;
    if (kind === 'never') {
      decision.setRandomness(Source.SAMPLING_PRIORITY, decision.randomness);
    } else if (kind === 'hash_seed') {
      this.hashRecord(bytes);
      decision.hash(state);
      if (decision.isWritable && decision.source !== Source.MISSING_RANDOMNESS) {
        state.setRandomness(decision.randomness);
      }
    } else if (decision.isWritable && state.hasRandomness) {
      decision.setRandomness(Source.SAMPLING_RANDOMNESS, state.randomness);
    } else if (decision.isWritable && hasId(bytes, this.traceIdAt)) {
      randomnessOfId(bytes, this.traceIdAt, this.ofId);
      decision.setRandomness(Source.TRACE_ID_W3C, this.ofId);
    }
  }

  private hashRecord(bytes: Uint8Array): void {
    const { decision, hash, traceIdAt, source, attribute, text } = this;
    if (this.usesTraceId && hasId(bytes, traceIdAt)) {
      hash.read(bytes, traceIdAt, traceIdAt + ID_BYTES);
      decision.setRandomness(Source.TRACE_ID_HASH, hash.randomness);
      return;
    }
    if (source === undefined || source.start === NOWHERE) return;
    attribute.read(bytes, source.start, source.end);
    if (attribute.kind === ValueKind.TEXT || attribute.kind === ValueKind.BYTES) {
      if (attribute.start === attribute.end) return;
      hash.read(bytes, attribute.start, attribute.end);
    } else {
      text.end = 0;
      addValueText(text, bytes, attribute.valueStart, attribute.valueEnd);
      if (text.end === 0) return;
      hash.read(text.bytes, 0, text.end);
    }
    decision.setRandomness(Source.ATTRIBUTE, hash.randomness);
  }

  /** The threshold for the percentage that the record itself asks for. */
  private priorityThreshold(bytes: Uint8Array): Word64 | undefined {
    const { priority, attribute } = this;
    if (priority === undefined || priority.start === NOWHERE) return undefined;
    attribute.read(bytes, priority.start, priority.end);
    if (attribute.kind !== ValueKind.NUMBER) return undefined;
    if (attribute.number !== this.lastPercent) {
      this.lastPercent = attribute.number;
      this.lastThreshold = thresholdOfShare(attribute.number / PERCENT, this.precision);
    }
    return this.lastThreshold;
  }
}
