/** Stores that speak Prometheus. */
import { exporterAt, type BackendKind } from './backend-kind';
import { connectionSecrets, headersOf, tlsOf, trustVolumes } from './connection';
import { PROMETHEUS_KINDS, REMOTE_WRITE_KINDS } from './kinds';
import type { PrometheusBackendOptions, PrometheusRemoteWriteBackendOptions } from './options';
import {
  prometheusExporter, prometheusRemoteWriteExporter, type PrometheusExporterConfig,
  type PrometheusRemoteWriteExporterConfig, type RemoteWriteQueueConfig,
} from '../config';
import type { PartPort } from '../features/part';
import { Signal } from '../graph/signal';
import type { SendingQueue } from '../sending-queue';

/** Where Prometheus looks unless told otherwise. */
const DEFAULT_PORT = 8889;

/** A store that is written to. */
export function remoteWriteStore(name: string): BackendKind<PrometheusRemoteWriteBackendOptions> {
  return {
    type: prometheusRemoteWriteExporter.type,
    kinds: REMOTE_WRITE_KINDS,
    signals: () => [Signal.METRICS],
    secrets: connectionSecrets,
    part: (options) => ({ volumes: trustVolumes(name, options) }),
    problems: ({ queue }) => queueProblems(name, queue),
    write: (spelled, options) => ({
      type: spelled(prometheusRemoteWriteExporter),
      config: prometheusRemoteWriteExporter.write(
        remoteWriteConfig(name, options), exporterAt('prometheus_remote_write', name)),
    }),
  };
}

/** Metrics that are fetched. */
export function scrapedMetrics(name: string): BackendKind<PrometheusBackendOptions> {
  return {
    type: prometheusExporter.type,
    kinds: PROMETHEUS_KINDS,
    signals: () => [Signal.METRICS],
    part: (options) => ({ ports: [scrapedPort(options)] }),
    write: (spelled, options) => ({
      type: spelled(prometheusExporter),
      config: prometheusExporter.write(scrapedConfig(options), exporterAt('prometheus', name)),
    }),
  };
}

function remoteWriteConfig(
  name: string, options: PrometheusRemoteWriteBackendOptions,
): PrometheusRemoteWriteExporterConfig {
  // Without a URL synthesis fails; nothing is told twice.
  const { endpoint = 'http://localhost' } = options as Partial<typeof options>;
  const { namespace, externalLabels, resourceToTelemetry, retry, queue } = options;
  return {
    endpoint,
    headers: headersOf(options),
    tls: tlsOf(name, options),
    namespace,
    externalLabels,
    resourceToTelemetryConversion: conversion(resourceToTelemetry),
    retryOnFailure: retry?._toConfig(),
    remoteWriteQueue: queue === undefined ? undefined : remoteWriteQueue(queue),
  };
}

function scrapedConfig(options: PrometheusBackendOptions): PrometheusExporterConfig {
  const { port = DEFAULT_PORT, resourceToTelemetry, ...metrics } = options;
  return {
    ...metrics,
    endpoint: `[\${env:POD_IP}]:${port}`,
    resourceToTelemetryConversion: conversion(resourceToTelemetry),
  };
}

function scrapedPort({ port = DEFAULT_PORT }: PrometheusBackendOptions): PartPort {
  return { name: `prom-${port}`, port, protocol: 'TCP', appProtocol: 'http', isScraped: true };
}

/** The exporter has a queue of its own, in memory. */
function queueProblems(name: string, queue: SendingQueue | undefined): string[] {
  const {
    enabled: _, numConsumers: __, queueSize: ___, sizer = 'requests', ...others
  } = queue?._toConfig() ?? {};
  const unknown = Object.entries(others).filter(([, value]) => value !== undefined)
    .map(([key]) => key);
  if (sizer !== 'requests') unknown.push('sizer');
  return unknown.length === 0 ? [] : [
    `exportTo (${name}): queue: must count requests in memory, for this exporter has a queue of its`
    + ` own, got ${unknown.join(' and ')}.`
    + '\n→ give `queue` SendingQueue.inMemory({ requests: 10000 }), for example.',
  ];
}

function remoteWriteQueue(queue: SendingQueue): RemoteWriteQueueConfig {
  const { enabled, numConsumers, queueSize } = queue._toConfig();
  return { enabled, numConsumers, queueSize };
}

function conversion(enabled: boolean | undefined) {
  return enabled === undefined ? undefined : { enabled };
}
