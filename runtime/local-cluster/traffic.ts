/** Sends planned traces with the OpenTelemetry SDK, and knows what became of every span. */
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider, BatchSpanProcessor, type IdGenerator, type ReadableSpan, type SpanExporter,
} from '@opentelemetry/sdk-trace-base';
import { sleep, type Clock, type Timer } from '../clock';
import { seededRandom } from './random';
import { planTrace, SERVICES, type PlannedSpan, type PlannedTrace } from './trace-plan';

/** What traffic is made from. */
export interface TrafficOptions {
  /** Traces per second. */
  readonly rate: number;
  /** The same seed plans the same traces. */
  readonly seed: number;
  /**
   * Where the services send, as URLs. All spans of a trace go through one of the entrances, and
   * within it, services take the URLs in turn.
   */
  readonly entrances: readonly (readonly string[])[];
  /** Longest time from the first to the last span of a trace being ended, in milliseconds. */
  readonly spreadMs: number;
  /** Shortest such time: traces that were planned to be shorter are stretched. By default 0. */
  readonly leastSpreadMs?: number;
  /** Told before spans are given to a collector for the first time, and when one took them. */
  readonly watch?: (what: 'given' | 'taken', spans: readonly ReadableSpan[]) => void;
  /** The time. */
  readonly clock: Clock;
}

/** A trace that was sent. */
export interface SentTrace {
  /** What it is. */
  readonly plan: PlannedTrace;
  /** Place of the entrance that it went through. */
  readonly entrance: number;
  /** Number of its spans that were taken by a collector. */
  delivered: number;
  /** Number of its spans that no collector took, after all tries of the SDK. */
  refused: number;
}

/** Ids are planned, so that the same seed gives the same trace. */
class PlannedIds implements IdGenerator {
  public traceId = '';
  public spanId = '';
  public readonly generateTraceId = (): string => this.traceId;
  public readonly generateSpanId = (): string => this.spanId;
}

type ExportResult = Parameters<Parameters<SpanExporter['export']>[1]>[0];

/** The code with which the SDK says that spans were taken. */
const SUCCESS: ExportResult['code'] = 0;
/** How often new traces begin. */
const TICK_MS = 50;
const QUEUE_SIZE = 100_000;
/** Services flush at different times, as applications on different machines do. */
const FIRST_FLUSH_MS = 200;
const FLUSH_STEP_MS = 150;
/** Shorter than the 30 s that the SDK's batch processor gives one export. */
const RETRIES_MS = 18_000;
const RETRY_WAIT_MS = 300;
const SPAN_KINDS = [SpanKind.SERVER, SpanKind.CLIENT, SpanKind.INTERNAL];

/** Traffic of the simulated application. */
export class Traffic {
  /** All traces that were begun, by trace id. */
  public readonly sent = new Map<string, SentTrace>();
  /** Number of spans that were ended. */
  public spanCount = 0;
  private readonly options: TrafficOptions;
  private readonly random: () => number;
  private readonly ids = new PlannedIds();
  /** One for each service, for each entrance. */
  private readonly providers: readonly (readonly BasicTracerProvider[])[];
  private ticker: Timer | undefined;
  private startedAt = 0;
  private begun = 0;
  private open = 0;

  public constructor(options: TrafficOptions) {
    this.options = options;
    this.random = seededRandom(options.seed);
    this.providers = options.entrances.map((urls) =>
      SERVICES.map((service, place) => this.provider(service, place, urls[place % urls.length])));
  }

  /** Begins. */
  public start(): void {
    const { clock } = this.options;
    this.startedAt = clock.monotonic();
    this.ticker = clock.every(TICK_MS, () => this.tick());
  }

  /** Begins no new traces, and resolves when all spans were given to collectors or refused. */
  public async stop(): Promise<void> {
    this.ticker?.cancel();
    while (this.open > 0) await sleep(this.options.clock, TICK_MS);
    await Promise.all(this.providers.flat().map((provider) => provider.shutdown()));
  }

  private tick(): void {
    const { clock, rate } = this.options;
    const due = Math.floor((clock.monotonic() - this.startedAt) / 1000 * rate);
    // A machine that was busy makes up for at most one second, not for all that it missed.
    const count = Math.min(due - this.begun, Math.ceil(rate));
    this.begun = due;
    for (let next = 0; next < count; next++) this.begin(planTrace(this.random));
  }

  private begin(plan: PlannedTrace): void {
    const { clock, spreadMs, leastSpreadMs = 0, entrances } = this.options;
    const entrance = this.sent.size % entrances.length;
    this.sent.set(plan.traceId, { plan, entrance, delivered: 0, refused: 0 });
    const startMs = Math.floor(clock.now());
    const longest = Math.max(...plan.spans.map((span) => span.startMs + span.durationMs));
    const pace = Math.min(Math.max(longest, leastSpreadMs), spreadMs) / longest;
    for (const span of plan.spans) {
      this.open++;
      const end = this.startSpan(plan, span, entrance, startMs);
      clock.after((span.startMs + span.durationMs) * pace, () => {
        this.open--;
        this.spanCount++;
        end();
      });
    }
  }

  private startSpan(
    plan: PlannedTrace, planned: PlannedSpan, entrance: number, startMs: number,
  ): () => void {
    const { spanId, parent, service, name, isError, attributes } = planned;
    Object.assign(this.ids, { traceId: plan.traceId, spanId });
    const context = parent < 0 ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, {
      traceId: plan.traceId,
      spanId: plan.spans[parent].spanId,
      traceFlags: TraceFlags.SAMPLED,
      isRemote: plan.spans[parent].service !== service,
    });
    const tracer = this.providers[entrance][service].getTracer('otelgw.local-cluster');
    const span = tracer.startSpan(name, {
      startTime: hrTime(startMs + planned.startMs),
      kind: SPAN_KINDS[parent < 0 ? 0 : spanId.charCodeAt(0) % SPAN_KINDS.length],
      attributes,
    }, context);
    return () => {
      if (isError) span.setStatus({ code: SpanStatusCode.ERROR, message: 'planned to fail' });
      span.end(hrTime(startMs + planned.startMs + planned.durationMs));
    };
  }

  private provider(service: string, place: number, url: string): BasicTracerProvider {
    return new BasicTracerProvider({
      idGenerator: this.ids,
      resource: resourceFromAttributes({ 'service.name': service }),
      spanProcessors: [new BatchSpanProcessor(this.exporter(url), {
        maxQueueSize: QUEUE_SIZE,
        scheduledDelayMillis: FIRST_FLUSH_MS + place * FLUSH_STEP_MS,
      })],
    });
  }

  private exporter(url: string): SpanExporter {
    const exporter = new OTLPTraceExporter({ url });
    const once = (spans: ReadableSpan[]): Promise<ExportResult> => new Promise((resolve) => {
      exporter.export(spans, resolve);
    });
    return {
      export: (spans, done) => {
        this.options.watch?.('given', spans);
        void this.untilTaken(() => once(spans)).then((result) => {
          if (result.code === SUCCESS) this.options.watch?.('taken', spans);
          this.note(spans, result.code === SUCCESS ? 'delivered' : 'refused');
          done(result);
        });
      },
      forceFlush: () => exporter.forceFlush(),
      shutdown: () => exporter.shutdown(),
    };
  }

  /** The SDK's gRPC exporter tries once; an application that minds its traces tries again. */
  private async untilTaken(attempt: () => Promise<ExportResult>): Promise<ExportResult> {
    const { clock } = this.options;
    const deadline = clock.monotonic() + RETRIES_MS;
    for (;;) {
      const result = await attempt();
      const isOver = clock.monotonic() > deadline;
      if (result.code === SUCCESS || isOver) return result;
      await sleep(clock, RETRY_WAIT_MS);
    }
  }

  private note(spans: readonly ReadableSpan[], what: 'delivered' | 'refused'): void {
    for (const span of spans) {
      const sent = this.sent.get(span.spanContext().traceId);
      if (sent !== undefined) sent[what]++;
    }
  }
}

/** Whole milliseconds as seconds and nanoseconds, so that durations stay exact. */
function hrTime(ms: number): [number, number] {
  return [Math.floor(ms / 1000), ms % 1000 * 1_000_000];
}
