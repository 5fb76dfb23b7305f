/** Logs what reaches it, for whoever builds a pipeline and wants to see what flows. */
import type { Exporter, ExporterContext } from '../../component';
import type { DebugSettings } from '../../config';
import { describe, describeCounts } from '../../otlp/describe';
import type { Payload, Signal } from '../../pipeline/payload';
import { DeliveryCounters, deliveryCounters } from '../../queue/delivery-metrics';
import { LogSampler } from '../../telemetry/log-sampler';

/** Upstream counts equal lines per second, whatever the process's own logger does. */
const SAMPLING_TICK_MS = 1_000;
const TITLES: Readonly<Record<Signal, string>> = {
  traces: 'Traces', metrics: 'Metrics', logs: 'Logs',
};

/** The debug exporter of all pipelines that name it. */
export function createDebugExporter(settings: DebugSettings, context: ExporterContext): Exporter {
  return new DebugExporter(settings, context);
}

class DebugExporter implements Exporter {
  private readonly sampler: LogSampler;
  private readonly counters = new Map<Signal, DeliveryCounters>();

  public constructor(
    private readonly settings: DebugSettings, private readonly context: ExporterContext,
  ) {
    const { samplingInitial, samplingThereafter } = settings;
    this.sampler = new LogSampler(
      { tick: SAMPLING_TICK_MS, initial: samplingInitial, thereafter: samplingThereafter },
      context.clock,
    );
    for (const signal of context.signals) {
      // It answers before it returns, so there is never a request under way to be seen.
      const counters = deliveryCounters(context, signal, {}, { inFlight: () => 0 });
      this.counters.set(signal, counters);
    }
  }

  public start(): Promise<void> {
    return Promise.resolve();
  }

  public stop(): Promise<void> {
    return Promise.resolve();
  }

  public consume(payload: Payload): void {
    const counters = this.counters.get(payload.signal);
    try {
      this.show(payload);
    } catch (error) {
      counters?.failed(payload.items, error);
      throw error;
    }
    counters?.sent.add(payload.items);
  }

  private show(payload: Payload): void {
    const title = TITLES[payload.signal];
    // Asked before anything is described, because describing is what costs.
    if (!this.sampler.admits('info', title)) return;
    const { log } = this.context;
    log.info(title, describeCounts(payload));
    const { verbosity } = this.settings;
    if (verbosity !== 'basic') log.info(describe(payload, verbosity));
  }
}
