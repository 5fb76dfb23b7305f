/** Samples spans by what their trace states and trace ids say. */
import { AttributeValue, ValueKind } from './attribute-value';
import {
  Decision, hasId, Outcome, randomnessOfId, type ItemSampler, type ItemSamplerOptions,
} from './item-sampler';
import { Source } from './sampler-counts';
import { SeededHash, type ModeKind } from './sampler-mode';
import { SPAN_ATTRIBUTES } from '../../otlp/fields';
import { ALWAYS, NEVER } from '../../otlp/sampling-threshold';
import type { SpanIndex } from '../../otlp/span-index';
import { appendSpan, findTraceState, textEnd, textStart } from '../../otlp/span-trace-state';
import { TraceState } from '../../otlp/trace-state';
import type { GrowingBytes } from '../../wire/growing-bytes';
import { position, readTag, skipValue } from '../../wire/reader';

const PRIORITY = Buffer.from('sampling.priority');
// Texts may be long: no expression here has two ways to match the same digits.
const FLOAT = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
/** A low line may stand between two digits, and nowhere else. */
const STRAY_LINE = /(^|\D)_|_(\D|$)/;
const INFINITE = /^[+-]?inf(inity)?$/i;

/** A number as Go's ParseFloat reads it; nothing where it is none. */
function parseFloatOfGo(text: string): number | undefined {
  if (INFINITE.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  const digits = STRAY_LINE.test(text) ? '' : text.replaceAll('_', '');
  const value = FLOAT.test(digits) ? Number(digits) : NaN;
  return Number.isFinite(value) ? value : undefined;
}

/** Samples spans. */
export class SpanSampler implements ItemSampler {
  private readonly kind: ModeKind;
  private readonly hash: SeededHash;
  private readonly decision: Decision;
  private readonly state = new TraceState();
  private readonly attribute = new AttributeValue();
  private readonly ofId = { high: 0, low: 0 };

  public constructor(options: ItemSamplerOptions, seed: number) {
    this.kind = options.mode.kind;
    this.hash = new SeededHash(seed);
    this.decision = new Decision(options);
  }

  public sample(bytes: Uint8Array, index: SpanIndex, item: number, out: GrowingBytes): Outcome {
    const { decision, state } = this;
    const start = index.spanBody[item];
    const end = index.spanEnd[item];
    findTraceState(bytes, start, end);
    decision.begin(state.read(bytes, textStart, textEnd));
    this.readRandomness(bytes, index.traceIdAt[item]);
    decision.decide(state);
    const priority = this.priorityOf(bytes, start, end);
    if (priority === 0) decision.override(NEVER);
    else if (priority !== undefined && priority > 0) decision.override(ALWAYS);
    if (!decision.finish(state)) return Outcome.DROPPED;
    if (!decision.isWritable) return Outcome.KEPT;
    appendSpan(out, bytes, start, end, state);
    return Outcome.REWRITTEN;
  }

  private readRandomness(bytes: Uint8Array, idAt: number): void {
    const { decision, state, hash } = this;
    if (this.kind === 'never') {
      decision.setRandomness(Source.SAMPLING_PRIORITY, decision.randomness);
    } else if (this.kind === 'hash_seed') {
      if (hasId(bytes, idAt)) {
        hash.read(bytes, idAt, idAt + 16);
        decision.setRandomness(Source.TRACE_ID_HASH, hash.randomness);
      }
      decision.hash(state);
      if (decision.isWritable) state.setRandomness(decision.randomness);
    } else if (decision.isWritable && state.hasRandomness) {
      decision.setRandomness(Source.SAMPLING_RANDOMNESS, state.randomness);
    } else if (decision.isWritable && hasId(bytes, idAt)) {
      randomnessOfId(bytes, idAt, this.ofId);
      decision.setRandomness(Source.TRACE_ID_W3C, this.ofId);
    }
  }

  /** The attribute `sampling.priority` as a number; nothing where it is none. */
  private priorityOf(bytes: Uint8Array, start: number, end: number): number | undefined {
    const { attribute } = this;
    for (let at = start; at < end;) {
      const tag = readTag(bytes, at, end);
      at = skipValue(bytes, position, end, tag);
      if (tag !== SPAN_ATTRIBUTES || !mayBePriority(bytes, position, at)) continue;
      attribute.read(bytes, position, at);
      if (!isPriority(bytes, attribute.keyStart, attribute.keyEnd)) continue;
      if (attribute.kind === ValueKind.NUMBER) return attribute.number;
      return attribute.kind === ValueKind.TEXT
        ? parseFloatOfGo(Buffer.from(bytes.subarray(attribute.start, attribute.end)).toString())
        : undefined;
    }
    return undefined;
  }
}

/** Encoders write the key first: then most attributes are passed over by its length. */
function mayBePriority(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start >= PRIORITY.length
    && (bytes[start] !== 0x0a || bytes[start + 1] >= 0x80 || bytes[start + 1] === PRIORITY.length);
}

function isPriority(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== PRIORITY.length) return false;
  for (let i = 0; i < PRIORITY.length; i += 1) if (bytes[start + i] !== PRIORITY[i]) return false;
  return true;
}
