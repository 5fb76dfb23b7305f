/**
 * What components are given in unit tests: time that stands still, a log that can be read, and the
 * real registry of metrics.
 */
import type { Clock } from '../clock';
import type {
  ComponentContext, Consumer, ExporterContext, Http2, ProcessorContext, ReceiverContext,
} from '../component';
import { FakeClock } from './fake-clock';
import { RecordingConsumer } from './recording-consumer';
import { RecordingLogger } from './recording-logger';
import type { NetContext } from '../net/authentication';
import type { Signal } from '../pipeline/payload';
import { SIGNALS } from '../pipeline/payload';
import { PrometheusMetrics } from '../telemetry/prometheus-metrics';

/** A context whose parts a test can look into. */
export interface TestContext extends ComponentContext {
  /** Time that a test moves by `advance`. */
  readonly clock: FakeClock;
  /** Lines that were logged. */
  readonly log: RecordingLogger;
  /** Series that were counted; `metrics.value(name, attributes)` reads one. */
  readonly metrics: PrometheusMetrics;
}

/** All there are, for tests that hold of each: `describe.each(HTTP2S)('over %s HTTP/2', …)`. */
export const HTTP2S: readonly Http2[] = ['own', 'node'];

let http2InUse: Http2 | undefined;

/** Whose HTTP/2 all contexts name that are made from now on in this file of tests. */
export function useHttp2(http2: Http2): void {
  http2InUse = http2;
}

/** A context for servers and clients, whose log nobody reads. */
export function netContext(clock: Clock): NetContext {
  const { extension, http2, log } = componentContext('net');
  return { clock, extension, http2, log };
}

/** A context for an extension, with some of its parts given. */
export function componentContext(id: string, given: Partial<TestContext> = {}): TestContext {
  return {
    id,
    clock: given.clock ?? new FakeClock(),
    log: given.log ?? new RecordingLogger(),
    metrics: given.metrics ?? new PrometheusMetrics(),
    http2: given.http2 ?? http2InUse,
    extension: given.extension ?? (() => undefined),
  };
}

/** A context for a receiver. */
export function receiverContext(
  id: string,
  consumers: { readonly [S in Signal]?: Consumer },
  given: Partial<TestContext> = {},
): TestContext & ReceiverContext {
  return { ...componentContext(id, given), consumers };
}

/** A context for a processor, whose next consumer records unless another is given. */
export function processorContext(
  id: string, signal?: Signal, next?: RecordingConsumer, given?: Partial<TestContext>,
): TestContext & ProcessorContext & { readonly next: RecordingConsumer };
export function processorContext(
  id: string, signal: Signal, next: Consumer, given?: Partial<TestContext>,
): TestContext & ProcessorContext;
export function processorContext(
  id: string,
  signal: Signal = 'traces',
  next: Consumer = new RecordingConsumer(),
  given: Partial<TestContext> = {},
): TestContext & ProcessorContext {
  return { ...componentContext(id, given), signal, next };
}

/** A context for an exporter. */
export function exporterContext(
  id: string, signals: readonly Signal[] = SIGNALS, given: Partial<TestContext> = {},
): TestContext & ExporterContext {
  return { ...componentContext(id, given), signals };
}
