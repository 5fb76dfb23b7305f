/**
 * What a component is, and the promises that all of them keep (testing/component-suite.ts).
 *
 * - *receiver*: takes telemetry in and gives it to consumers
 * - *processor*: a consumer that gives what it makes of a payload to the next consumer
 * - *exporter*: a consumer at the end of pipelines that gives payloads to a peer
 * - *extension*: serves the process, not the data (health, storage, authentication)
 *
 * Order of start: extensions, exporters, processors from last to first, receivers.
 * Order of stop: receivers, processors from first to last, exporters, extensions.
 */
import type { Clock } from './clock';
import type { Payload, Signal } from './pipeline/payload';
import type { Calls } from './telemetry/calls';
import type { Logger } from './telemetry/logger';
import type { Metrics } from './telemetry/metrics';
import type { Spans } from './telemetry/spans';

/** Something with a life: it is started once and stopped once. */
export interface Component {
  /**
   * Makes it work. When the promise is fulfilled, listeners listen and timers run.
   *
   * @throws Error when it cannot work; the process then ends with exit code 1.
   */
  start(): Promise<void>;
  /**
   * Ends it: what was accepted is passed on before the promise is fulfilled, and nothing that it
   * opened stays open. Stopping before start and stopping twice are harmless.
   */
  stop(): Promise<void>;
  /**
   * Items that were accepted and not yet passed on. Asked when the process has to end before
   * `stop` did, so that it can say what is lost.
   */
  readonly pendingItems?: number;
}

/** Takes payloads. */
export interface Consumer {
  /**
   * Takes `payload`. A return (or a fulfilled promise) is a promise in turn: it was taken, and will
   * be passed on or its loss counted and logged. Its bytes now belong to the consumer.
   *
   * @throws RetryableError when the sender should try again later: nothing was kept.
   * @throws PermanentError when it need not.
   */
  consume(payload: Payload): void | Promise<void>;
}

/** Takes telemetry in from outside. */
export type Receiver = Component;

/** Stands between a receiver and an exporter, in one pipeline. */
export interface Processor extends Component, Consumer {
  /**
   * Makes ready to go on with other settings, of its own contract, and with all that it holds; what
   * is returned makes the change. Those that cannot do without a restart lack it.
   *
   * @throws Error when it cannot take on these settings.
   */
  reconfigure?(settings: unknown): () => void;
  /**
   * Told after `stop`, and when exporters have stopped, too: what they had not answered before they
   * have answered now.
   */
  answered?(): Promise<void>;
}

/** Gives telemetry to the outside, for all pipelines that name it. */
export interface Exporter extends Component, Consumer {}

/** Serves the process. */
export interface Extension extends Component {
  /**
   * Told once when every component has started: the process is ready when all of these are
   * fulfilled. They never fail.
   */
  join?(): Promise<void>;
  /** Told once when every component has started and every extension has joined. */
  ready?(): void;
  /** Told once before the first component is stopped. */
  notReady?(): void;
  /**
   * Told once after `notReady`: everything works on until it is fulfilled, and then the first
   * component is stopped. It never fails.
   */
  leave?(): Promise<void>;
  /** Longest time in milliseconds that `leave` takes, on top of what stopping may take. */
  readonly leaveMs?: number;
}

/** Whose HTTP/2 carries gRPC: that of this project, or that of Node.js. */
export type Http2 = 'own' | 'node';

/** What every component is given besides its settings. */
export interface ComponentContext {
  /** The component's name in the configuration, `type` or `type/name`. */
  readonly id: string;
  /** The time. */
  readonly clock: Clock;
  /** Where it logs; lines carry its id already. */
  readonly log: Logger;
  /** Where it counts. */
  readonly metrics: Metrics;
  /** Whom servers and clients tell of their calls, where they are counted or traced. */
  readonly calls?: Calls;
  /** Who makes spans of what the process does; nobody unless the configuration sends them. */
  readonly spans?: Spans;
  /**
   * Whose HTTP/2 carries gRPC. With that of Node.js, OTLP/HTTP is HTTP/1.1 only, in and out.
   * @default "own"
   */
  readonly http2?: Http2;
  /**
   * The extension of this name among those that run; it has been started before any receiver,
   * processor or exporter is, and what else it can do is for the caller to find out.
   */
  extension(id: string): Extension | undefined;
}

/** What a receiver is given. */
export interface ReceiverContext extends ComponentContext {
  /** The first consumer for each signal that has a pipeline with this receiver. */
  readonly consumers: { readonly [S in Signal]?: Consumer };
}

/** What a processor is given. There is one processor per pipeline that names it. */
export interface ProcessorContext extends ComponentContext {
  /** The pipeline's signal. */
  readonly signal: Signal;
  /** The next consumer of the pipeline. */
  readonly next: Consumer;
}

/** What an exporter is given. There is one exporter for all pipelines that name it. */
export interface ExporterContext extends ComponentContext {
  /** Signals of the pipelines that name it. */
  readonly signals: readonly Signal[];
}

/** Makes a receiver from its settings. */
export type ReceiverFactory<S> = (settings: S, context: ReceiverContext) => Receiver;
/** Makes a processor from its settings. */
export type ProcessorFactory<S> = (settings: S, context: ProcessorContext) => Processor;
/** Makes an exporter from its settings. */
export type ExporterFactory<S> = (settings: S, context: ExporterContext) => Exporter;
/** Makes an extension from its settings. */
export type ExtensionFactory<S> = (settings: S, context: ComponentContext) => Extension;
