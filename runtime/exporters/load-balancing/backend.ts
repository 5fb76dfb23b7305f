import { isIPv6 } from 'net';
import type { BackendHealth } from './backend-health';
import { Coalescer, COALESCER_LIMITS } from './coalescer';
import type { Failover } from './failover';
import type { GatherWindow } from './gather-window';
import type { Clock } from '../../clock';
import { createPayload, type Payload, type Signal } from '../../pipeline/payload';
import type { Sender } from '../../pipeline/sender';
import type { HistogramInstrument, Instrument, Metrics } from '../../telemetry/metrics';
import type { SpanPlace } from '../../telemetry/spans';

/** Time that a backend took to answer. */
export const BACKEND_LATENCY: HistogramInstrument = {
  name: 'otelcol_loadbalancer_backend_latency',
  description: 'Response latency in ms for the backends.',
  unit: 'ms',
  boundaries: [5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000],
};

/** What became of requests to a backend. */
export const BACKEND_OUTCOME: Instrument = {
  name: 'otelcol_loadbalancer_backend_outcome',
  description: 'Number of successes and failures for each endpoint.',
  unit: '{outcomes}',
};

const DEFAULT_PORT = 4317;
const PROBE_TIMEOUT_MS = 5000;

/** What backends are made with. */
export interface BackendOptions {
  /** The time. */
  readonly clock: Clock;
  /** How long parts gather; one for all backends. */
  readonly window: GatherWindow;
  /** Where it counts. */
  readonly metrics: Metrics;
  /** Requests that may be on their way to one backend at a time. */
  readonly requests: number;
  /** Longest time of one request in milliseconds; 0 is no limit. */
  readonly timeoutMs: number;
  /** What comes through. */
  readonly signals: readonly Signal[];
  /** What passes by backends that fail, if anything does. */
  readonly failover?: Failover;
}

/** One backend: gathers parts, sends them, measures the answers. */
export class Backend {
  /** Whether it is well, where anybody minds. */
  public readonly health?: BackendHealth;
  /** Requests hold one signal, and one signal keeps no other waiting. */
  private readonly coalescers = new Map<Signal, Coalescer>();
  private isStopped = false;
  private stopping?: Promise<void>;

  public constructor(
    /** Host and port that it is reached at. */
    public readonly endpoint: string,
    private readonly sender: Sender,
    private readonly options: BackendOptions,
  ) {
    this.health = options.failover?.watch(endpoint, () => this.probe());
    if (this.health === undefined) return;
    this.health.doubtEnded = () => {
      for (const coalescer of this.coalescers.values()) coalescer.pump();
    };
  }

  /** Sends `part`, maybe with parts of other requests, below the span `parent`. */
  public send(part: Payload, parent?: SpanPlace): Promise<void> {
    return this.coalescerOf(part.signal).send(part, parent);
  }

  /** Throws back what waits, to be routed anew. */
  public throwBack(): void {
    for (const coalescer of this.coalescers.values()) coalescer.throwBack();
  }

  /** Throws back what waits, lets what is on its way end, and closes the connection. */
  public stop(): Promise<void> {
    this.isStopped = true;
    this.health?.stop();
    this.stopping ??= Promise.all([...this.coalescers.values()].map((each) => each.close()))
      .then(() => undefined).finally(() => this.sender.close());
    return this.stopping;
  }

  /** Closes the connection at once; what is on its way fails. */
  public async abort(): Promise<void> {
    await Promise.all([this.sender.close(), this.stop()]);
  }

  /** Takes the backend's series away. */
  public forget(): void {
    const { endpoint, options: { metrics } } = this;
    this.options.failover?.forget(endpoint);
    metrics.remove(BACKEND_LATENCY, { endpoint });
    metrics.remove(BACKEND_OUTCOME, { endpoint, success: 'true' });
    metrics.remove(BACKEND_OUTCOME, { endpoint, success: 'false' });
  }

  private coalescerOf(signal: Signal): Coalescer {
    let coalescer = this.coalescers.get(signal);
    if (coalescer === undefined) {
      const { clock, window, requests } = this.options;
      coalescer = new Coalescer({ ...COALESCER_LIMITS, requests }, clock, window,
        (request, parent) => this.sendRequest(request, parent),
        () => this.health?.isInDoubt === true);
      if (this.isStopped) void coalescer.close();
      this.coalescers.set(signal, coalescer);
    }
    return coalescer;
  }

  private async sendRequest(request: Payload, parent?: SpanPlace): Promise<void> {
    const began = this.options.clock.monotonic();
    let success = false;
    try {
      await this.sender.send(request, this.options.timeoutMs, parent);
      success = true;
    } catch (error) {
      this.health?.ended(began, error);
      throw error;
    } finally {
      this.measure(success, this.options.clock.monotonic() - began);
    }
    this.health?.ended(began);
  }

  /** A request without anything, which receivers answer and forget. */
  private probe(): Promise<void> {
    const { signals: [signal = 'traces'], timeoutMs } = this.options;
    return this.sender.send(
      createPayload(signal, [], 0), timeoutMs > 0 ? timeoutMs : PROBE_TIMEOUT_MS);
  }

  private measure(success: boolean, ms: number): void {
    const { endpoint, options: { metrics } } = this;
    metrics.histogram(BACKEND_LATENCY, { endpoint }).record(Math.round(ms));
    metrics.counter(BACKEND_OUTCOME, { endpoint, success: String(success) }).add(1);
  }
}

/** `backend` with the port of OTLP over gRPC, unless it names a port. */
export function withPort(backend: string): string {
  if (isIPv6(backend)) return `[${backend}]:${DEFAULT_PORT}`;
  const isBare = !backend.includes(':') || /^\[[^\]]*\]$/.test(backend);
  return isBare ? `${backend}:${DEFAULT_PORT}` : backend;
}
