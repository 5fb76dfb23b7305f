/**
 * How names of a collector's own metrics are spelled. The configuration's reader and everything
 * that asks for metrics (alerts) follow this one switch, for upstream's default has changed twice.
 */
export const METRIC_SPELLING = { withoutTypeSuffix: true, withoutUnits: true } as const;

/** The name of a counter, such as `otelcol_exporter_send_failed_spans`. */
export function counterName(base: string): string {
  return METRIC_SPELLING.withoutTypeSuffix ? base : `${base}_total`;
}
