/**
 * The contract of upstream's Datadog connector.
 */
import type { Duration } from 'cdk8s';
import { component } from '../contract';
import { count, duration, list, text } from '../fields';
import { section } from '../section';
import { datadogTraceStatsFields, type DatadogTraceStatsConfig } from '../sections/datadog';

/** How statistics of traces are computed and handed on. */
export interface DatadogConnectorTracesConfig extends DatadogTraceStatsConfig {
  /**
   * Payloads that wait before more are dropped.
   * @default 1000
   */
  readonly traceBuffer?: number;
  /**
   * Time that one set of statistics covers.
   * @default Duration.seconds(10)
   */
  readonly bucketInterval?: Duration;
  /**
   * Attributes of resources that become tags of containers.
   * @default []
   */
  readonly resourceAttributesAsContainerTags?: string[];
}

/**
 * Computes Datadog's statistics of all traces, before they are sampled. It ends a pipeline of
 * traces, and begins one of metrics, of traces or both.
 */
export interface DatadogConnectorConfig {
  /**
   * How statistics are computed.
   * @default - with its defaults
   */
  readonly traces?: DatadogConnectorTracesConfig;
}

/** The contract of the Datadog connector. */
export const datadogConnector = component<DatadogConnectorConfig>()('connectors', 'datadog', {
  traces: section<DatadogConnectorTracesConfig>()({
    ...datadogTraceStatsFields,
    traceBuffer: count({ fallback: 1000 }),
    bucketInterval: duration('10s'),
    resourceAttributesAsContainerTags: list(text(), []),
  }, { upstreamOnly: ['peer_service_aggregation', 'ignore_missing_datadog_fields'] }),
});
