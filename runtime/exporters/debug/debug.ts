/** Shows what reaches it, for whoever builds a pipeline and wants to see what flows. */
import type { Exporter, ExporterContext } from '../../component';
import type { DebugSettings } from '../../config';
import { describe, describeCounts } from '../../otlp/describe';
import type { Payload, Signal } from '../../pipeline/payload';
import type { Sender } from '../../pipeline/sender';
import { createDelivery, type DeliverySettings } from '../../queue/delivery';
import { openOutputs, type Outputs } from '../../telemetry/log-outputs';
import { LogSampler } from '../../telemetry/log-sampler';
import type { LogFields } from '../../telemetry/logger';

/** Upstream counts equal lines per second, whatever the process's own logger does. */
const SAMPLING_TICK_MS = 1_000;
const TITLES: Readonly<Record<Signal, string>> = {
  traces: 'Traces', metrics: 'Metrics', logs: 'Logs',
};
const WITHOUT_RETRY: DeliverySettings['retryOnFailure'] = {
  enabled: false,
  initialInterval: 0,
  maxInterval: 0,
  maxElapsedTime: 0,
  multiplier: 1,
  randomizationFactor: 0,
};

/** The debug exporter of all pipelines that name it. */
export function createDebugExporter(settings: DebugSettings, context: ExporterContext): Exporter {
  const { sendingQueue } = settings;
  return createDelivery({
    id: context.id,
    settings: { timeout: 0, retryOnFailure: WITHOUT_RETRY, sendingQueue },
    sender: new Display(settings, context),
    context,
  });
}

class Display implements Sender {
  private readonly sampler: LogSampler;
  private outputs?: Outputs;

  public constructor(
    private readonly settings: DebugSettings, private readonly context: ExporterContext,
  ) {
    const { samplingInitial, samplingThereafter } = settings;
    this.sampler = new LogSampler(
      { tick: SAMPLING_TICK_MS, initial: samplingInitial, thereafter: samplingThereafter },
      context.clock,
    );
  }

  public open(): void {
    const { outputPaths = ['stdout'], useInternalLogger } = this.settings;
    if (useInternalLogger) return;
    const { id, log } = this.context;
    this.outputs = openOutputs(`exporters.${id}.output_paths`, outputPaths, (error) => {
      log.warn('A line could not be written.', { error: error.message });
    });
  }

  public send(payload: Payload): Promise<void> {
    const title = TITLES[payload.signal];
    // Asked before anything is described, because describing is what costs.
    if (!this.sampler.admits('info', title)) return Promise.resolve();
    const { verbosity } = this.settings;
    try {
      this.show(title, describeCounts(payload));
      if (verbosity !== 'basic') this.show(describe(payload, verbosity));
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  public close(): Promise<void> {
    this.outputs?.close();
    this.outputs = undefined;
    return Promise.resolve();
  }

  private show(text: string, counts?: LogFields): void {
    const { outputs } = this;
    if (this.settings.useInternalLogger) this.context.log.info(text, counts);
    else outputs?.write(counts === undefined ? `${text}\n` : `${text}\t${asUpstream(counts)}\n`);
  }
}

/** JSON with the blanks that upstream's console has. */
function asUpstream(counts: LogFields): string {
  return `{${Object.entries(counts)
    .map(([name, count]) => `${JSON.stringify(name)}: ${String(count)}`).join(', ')}}`;
}
