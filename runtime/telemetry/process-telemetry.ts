/** The process's own logs, metrics and spans, as `service.telemetry` configures them. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock';
import type { Component } from '../component';
import type { PrometheusReaderSettings, TelemetrySettings } from '../config';
import { callsOf, spanCalls } from './call-spans';
import { createCalls, type Calls } from './calls';
import { createLogger } from './log-writer';
import type { Logger } from './logger';
import type { Attributes } from './metrics';
import { observeProcess } from './process-metrics';
import { PrometheusMetrics } from './prometheus-metrics';
import { PrometheusServer } from './prometheus-server';
import { resourceOf, schemaUrlOf, type OwnResource } from './resource';
import { SentLines } from './sent-lines';
import { SentMetrics } from './sent-metrics';
import { SentSpans } from './sent-spans';
import type { Spans } from './spans';

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
  /** Is told of calls of servers and clients; nobody below `detailed` and without spans. */
  readonly calls?: Calls;
  /** Makes spans of what the process does; nobody unless they are sent somewhere. */
  readonly spans?: Spans;
  /** Serves and sends all that; started before the first component and stopped after the last. */
  readonly servers: readonly Component[];
}

/** Logs, metrics and their servers for one process. Nothing is opened before servers start. */
export function createTelemetry(
  settings: TelemetrySettings, { name, version, clock }: ProcessIdentity,
): ProcessTelemetry {
  const resource = resourceOf(settings.resource, {
    'service.instance.id': randomUUID(), 'service.name': name, 'service.version': version,
  });
  const own: OwnResource = {
    attributes: resource, schemaUrl: schemaUrlOf(settings.resource),
  };
  const { level } = settings.metrics;
  const metrics = new PrometheusMetrics({ level, resource });
  observeProcess(metrics, clock);
  const lines = settings.logs.processors.length === 0
    ? undefined : new SentLines(settings.logs.processors, own, clock);
  const log = createLogger(settings.logs, { resource, clock, send: lines?.send });
  const { traces } = settings;
  const spans = traces.level === 'none' || traces.processors.length === 0
    ? undefined : new SentSpans(traces, own, { clock, log });
  const calls = callsOf(
    level === 'detailed' ? createCalls(metrics, clock) : undefined, spans && spanCalls(spans));
  return {
    log,
    metrics,
    ...calls !== undefined && { calls },
    ...spans !== undefined && { spans },
    servers: [
      ...lines === undefined ? [] : [lines],
      ...spans === undefined ? [] : [spans],
      ...level === 'none'
        ? [] : readersOf(settings.metrics, metrics, own, { clock, log }),
    ],
  };
}

function readersOf(
  { readers, views }: TelemetrySettings['metrics'], metrics: PrometheusMetrics,
  resource: OwnResource, context: { readonly clock: Clock; readonly log: Logger },
): Component[] {
  const periodic = readers.flatMap((reader) => reader.periodic ?? []);
  const sent = periodic.length > 0 || views.length > 0
    ? new SentMetrics({ metrics, resource, periodic, views }, context) : undefined;
  const pulled = readers.flatMap(({ pull }) => pull?.exporter.prometheus ?? []);
  return [
    // Before the servers, which ask it where there are views.
    ...sent === undefined ? [] : [sent],
    ...pulled.map((reader) => {
      const constant = constantLabels(resource.attributes, reader.withResourceConstantLabels);
      const text = views.length > 0 && sent !== undefined
        ? () => sent.text(reader, constant) : () => metrics.text(reader, constant);
      return new PrometheusServer(reader, text, metrics.contentType);
    }),
  ];
}

/** The attributes of the process that every series carries. */
function constantLabels(
  resource: Attributes, chosen: PrometheusReaderSettings['withResourceConstantLabels'],
): Attributes {
  if (chosen === undefined) return {};
  const { excluded, included } = chosen;
  return Object.fromEntries(Object.entries(resource).filter(([name]) =>
    !excluded.includes(name) && (included.length === 0 || included.includes(name))));
}
