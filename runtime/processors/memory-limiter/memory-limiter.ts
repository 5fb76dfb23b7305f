/** Refuses data while the process uses too much memory, so that it is not killed for it. */
import { Limiter } from './limiter';
import type { Processor, ProcessorContext } from '../../component';
import type { MemoryLimiterSettings } from '../../config';
import { RetryableError } from '../../errors';
import { ITEM_NAMES, Payload, Signal } from '../../pipeline/payload';
import { PLAIN_SIZES } from '../../telemetry/metric-boundaries';
import type {
  Counter, Histogram, HistogramInstrument, Instrument,
} from '../../telemetry/metrics';
import { MemorySource, processMemory } from '../../telemetry/process-memory';

const INCOMING: Instrument = {
  name: 'otelcol_processor_incoming_items',
  description: 'Number of items passed to the processor.',
  unit: '{item}',
};
const OUTGOING: Instrument = {
  name: 'otelcol_processor_outgoing_items',
  description: 'Number of items emitted from the processor.',
  unit: '{item}',
};
const DURATION: HistogramInstrument = {
  name: 'otelcol_processor_internal_duration',
  description: 'Duration of time taken to process a batch of telemetry data through the processor.',
  unit: 's',
  boundaries: PLAIN_SIZES,
};
const UNITS: Readonly<Record<Signal, string>> = {
  traces: '{spans}', metrics: '{datapoints}', logs: '{records}',
};

/** Limiters by the settings that they were made from: one configuration is one limiter. */
const shared = new WeakMap<MemoryLimiterSettings, Limiter>();

/** What tests replace. */
export interface MemoryLimiterOverrides {
  /** The memory; this process's when not given. */
  readonly memory?: MemorySource;
  /** Bytes that percentages are of. */
  readonly totalMemory?: () => number;
}

/** The memory limiter of one pipeline. */
export function createMemoryLimiterProcessor(
  settings: MemoryLimiterSettings, context: ProcessorContext, given: MemoryLimiterOverrides = {},
): Processor {
  return new MemoryLimiterProcessor(context, () => {
    let limiter = shared.get(settings);
    if (limiter === undefined) {
      const { clock, log } = context;
      limiter = new Limiter({ settings, clock, log, memory: processMemory, ...given });
      shared.set(settings, limiter);
    }
    return limiter;
  });
}

class MemoryLimiterProcessor implements Processor {
  private readonly limiter: Limiter;
  private readonly incoming: Counter;
  private readonly outgoing: Counter;
  private readonly accepted: Counter;
  private readonly refused: Counter;
  private readonly duration: Histogram;
  private running = false;

  public constructor(private readonly context: ProcessorContext, limiter: () => Limiter) {
    const { id, metrics, signal } = context;
    this.limiter = limiter();
    const items = { 'processor': id, 'otel.signal': signal };
    this.incoming = metrics.counter(INCOMING, items);
    this.outgoing = metrics.counter(OUTGOING, items);
    this.duration = metrics.histogram(DURATION, items);
    this.accepted = metrics.counter(limiterInstrument('accepted', signal), { processor: id });
    this.refused = metrics.counter(limiterInstrument('refused', signal), { processor: id });
  }

  public start(): Promise<void> {
    this.running = true;
    this.limiter.acquire();
    return Promise.resolve();
  }

  public stop(): Promise<void> {
    if (this.running) this.limiter.release();
    this.running = false;
    return Promise.resolve();
  }

  public consume(payload: Payload): void | Promise<void> {
    const { clock, next } = this.context;
    const began = clock.monotonic();
    this.incoming.add(payload.items);
    const { refuses } = this.limiter;
    this.duration.record((clock.monotonic() - began) / 1e3);
    if (refuses) {
      this.refused.add(payload.items);
      throw new RetryableError('data refused due to high memory usage');
    }
    this.accepted.add(payload.items);
    this.outgoing.add(payload.items);
    return next.consume(payload);
  }
}

function limiterInstrument(event: 'accepted' | 'refused', signal: Signal): Instrument {
  const items = ITEM_NAMES[signal];
  return {
    name: `otelcol_processor_memory_limiter_${event}_${items}`,
    description: `Number of ${items.replace('_', ' ')} ${event} by the memory limiter.`,
    unit: UNITS[signal],
  };
}
