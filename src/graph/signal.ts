/** A kind of telemetry. */
export enum Signal {
  /** Traces: what one request did, span by span. */
  TRACES = 'traces',
  /** Metrics: numbers over time. */
  METRICS = 'metrics',
  /** Logs: events with a text. */
  LOGS = 'logs',
}
