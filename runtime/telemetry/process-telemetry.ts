/** The process's own logs and metrics, as `service.telemetry` configures them. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock';
import type { Component } from '../component';
import type { TelemetrySettings } from '../config';
import { createLogger } from './log-writer';
import type { Logger } from './logger';
import { observeProcess } from './process-metrics';
import { PrometheusMetrics } from './prometheus-metrics';
import { PrometheusServer } from './prometheus-server';
import { resourceOf } from './resource';

/** Who the process is and by which clock it lives. */
export interface ProcessIdentity {
  /** Its name, `service.name`. */
  readonly name: string;
  /** Its version, `service.version`. */
  readonly version: string;
  /** The time. */
  readonly clock: Clock;
}

/** What a process tells about itself. */
export interface ProcessTelemetry {
  /** Writes the process's lines. */
  readonly log: Logger;
  /** Keeps the process's metrics. */
  readonly metrics: PrometheusMetrics;
  /** Serves the metrics; started before the first component and stopped after the last. */
  readonly servers: readonly Component[];
}

/** Logs, metrics and their servers for one process. Nothing is opened before servers start. */
export function createTelemetry(
  settings: TelemetrySettings, { name, version, clock }: ProcessIdentity,
): ProcessTelemetry {
  const resource = resourceOf(settings.resource, {
    'service.instance.id': randomUUID(), 'service.name': name, 'service.version': version,
  });
  const { level, readers } = settings.metrics;
  const metrics = new PrometheusMetrics({ level, resource });
  observeProcess(metrics, clock);
  const servers = level === 'none' ? [] : readers.map(({ pull }) => {
    const { prometheus } = pull.exporter;
    return new PrometheusServer(prometheus, () => metrics.text(prometheus), metrics.contentType);
  });
  return { log: createLogger(settings.logs, { resource, clock }), metrics, servers };
}
