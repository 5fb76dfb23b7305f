/** Keeps a share of spans or log records, the same ones wherever the same settings are. */
import { Outcome, type ItemSampler } from './item-sampler';
import { KeptItems } from './kept-items';
import { RecordSampler } from './record-sampler';
import { SamplerCounts } from './sampler-counts';
import { samplerMode } from './sampler-mode';
import { SpanSampler } from './span-sampler';
import type { Processor, ProcessorContext } from '../../component';
import type { ProbabilisticSamplerSettings } from '../../config';
import { RetryableError } from '../../errors';
import { SpanIndex } from '../../otlp/span-index';
import { createPayload, type Payload } from '../../pipeline/payload';
import { PartialFailure } from '../../pipeline/sender';
import { GrowingBytes } from '../../wire/growing-bytes';

/** The probabilistic sampler of one pipeline. */
export function createProbabilisticSamplerProcessor(
  settings: ProbabilisticSamplerSettings, context: ProcessorContext,
): Processor {
  return new ProbabilisticSampler(settings, context);
}

class ProbabilisticSampler implements Processor {
  private readonly sampler: ItemSampler;
  private readonly counts: SamplerCounts;
  // Requests of logs are numbered as those of traces are, so that one index does for both.
  private readonly index = new SpanIndex();
  private readonly items = new KeptItems();
  private readonly rewritten = new GrowingBytes();
  /**
   * What was left of payloads that were not taken. When those come again they are not sampled
   * again: who fans out knows by what was left who has it already.
   */
  private readonly sampled = new WeakMap<Payload, Payload>();
  private stopped = false;

  public constructor(
    settings: ProbabilisticSamplerSettings, private readonly context: ProcessorContext,
  ) {
    const { metrics, signal } = context;
    this.counts = new SamplerCounts(metrics, signal, settings.fromAttribute);
    const options = {
      mode: samplerMode(settings), failClosed: settings.failClosed, counts: this.counts,
    };
    this.sampler = signal === 'logs'
      ? new RecordSampler(options, settings) : new SpanSampler(options, settings.hashSeed);
  }

  public start(): Promise<void> {
    return Promise.resolve();
  }

  public stop(): Promise<void> {
    this.stopped = true;
    return Promise.resolve();
  }

  public consume(payload: Payload): void | Promise<void> {
    const { id, next } = this.context;
    if (this.stopped) {
      throw new RetryableError(
        `${id}: must be running to take data, got ${payload.items} items after its end`);
    }
    const kept = this.sampled.get(payload) ?? this.sample(payload);
    if (kept.items === 0) return undefined;
    try {
      const answer = next.consume(kept);
      return answer?.catch((error: unknown) => { throw this.noted(error, payload, kept); });
    } catch (error) {
      throw this.noted(error, payload, kept);
    }
  }

  private noted(error: unknown, payload: Payload, kept: Payload): unknown {
    if (error instanceof PartialFailure) this.sampled.set(error.rest, error.rest);
    else if (error instanceof RetryableError) this.sampled.set(payload, kept);
    return error;
  }

  private sample(payload: Payload): Payload {
    const chunks: Uint8Array[] = [];
    let kept = 0;
    try {
      for (const chunk of payload.chunks) {
        const part = this.sampleRequest(chunk);
        if (part !== undefined) chunks.push(part);
        kept += this.items.count;
      }
    } catch (error) {
      this.counts.forget();
      throw error;
    }
    this.counts.report();
    return createPayload(payload.signal, chunks, kept, payload.metadata);
  }

  private sampleRequest(bytes: Uint8Array): Uint8Array | undefined {
    const { index, items, rewritten, sampler } = this;
    items.clear();
    rewritten.end = 0;
    index.read(bytes);
    let rewrites = 0;
    for (let item = 0; item < index.spanCount; item += 1) {
      const before = rewritten.end;
      const outcome = sampler.sample(bytes, index, item, rewritten);
      if (outcome === Outcome.KEPT) {
        items.add(item, index.spanTag[item], index.spanEnd[item], false);
      } else if (outcome === Outcome.REWRITTEN) {
        items.add(item, before, rewritten.end, true);
        rewrites += 1;
      }
    }
    if (items.count === 0) return undefined;
    const isWhole = rewrites === 0 && items.count === index.spanCount;
    return isWhole ? bytes : items.write(bytes, index, rewritten);
  }
}
