/** Sends the process's metrics now and then, and shows them as views say, through the SDK. */
import type { Clock } from '../clock';
import type { Component } from '../component';
import type { MetricViewSettings, PeriodicReaderSettings } from '../config';
import { endSending, listenToSdk, loadSdk } from './load-sdk';
import type { Logger } from './logger';
import type { MetricShape } from './metric-name';
import type { Attributes } from './metrics';
import { textOf, type PrometheusMetrics } from './prometheus-metrics';
import type { OwnResource } from './resource';
import type { OwnMetrics } from './telemetry-sdk';

/** What is sent, and how. */
export interface SentMetricsOptions {
  /** The metrics. */
  readonly metrics: PrometheusMetrics;
  /** Who the process is. */
  readonly resource: OwnResource;
  /** Readers that send. */
  readonly periodic: readonly PeriodicReaderSettings[];
  /** What some metrics look like. */
  readonly views: readonly MetricViewSettings[];
}

/** Loads the SDK when it starts, and never before. */
export class SentMetrics implements Component {
  private own?: OwnMetrics;

  public constructor(
    private readonly options: SentMetricsOptions,
    private readonly context: { readonly clock: Clock; readonly log: Logger },
  ) {}

  public start(): Promise<void> {
    const { metrics, ...options } = this.options;
    listenToSdk(this.context.log);
    this.own = loadSdk().createOwnMetrics({
      ...options, eachFamily: (listener) => metrics.eachFamily(listener),
    });
    return Promise.resolve();
  }

  public async stop(): Promise<void> {
    const { own } = this;
    this.own = undefined;
    if (own !== undefined) await endSending('metrics', own, this.context);
  }

  /** The metrics as views show them, in Prometheus' text format. */
  public async text(shape: MetricShape, constant: Attributes): Promise<string> {
    const { own, options } = this;
    if (own === undefined) return '';
    const { snapshotsOf } = loadSdk();
    const shown = snapshotsOf(await own.collect(), shape, constant);
    return textOf([...options.metrics.target(shape), ...shown]);
  }
}
