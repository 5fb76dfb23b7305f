/**
 * How a metric is spelled for Prometheus.
 *
 * Upstream writes one instrument in four ways, depending on flags of the reader. Dashboards and
 * alerts are generated from the same flags, so the spelling here has to be theirs to the letter.
 */

/** Which parts of a name a Prometheus reader leaves out. Upstream's defaults are all true. */
export interface MetricShape {
  /** Leaves out `_total` at the end of counters. */
  readonly withoutTypeSuffix: boolean;
  /** Leaves out the unit: `_seconds`, `_bytes`, `_milliseconds` … */
  readonly withoutUnits: boolean;
  /** Leaves out the labels `otel_scope_name`, `otel_scope_version` and `otel_scope_schema_url`. */
  readonly withoutScopeInfo: boolean;
}

/** Upstream's spelling when nobody asks for another. */
export const DEFAULT_SHAPE: MetricShape = {
  withoutTypeSuffix: true, withoutUnits: true, withoutScopeInfo: true,
};

/** What a metric is, as Prometheus says it. */
export type MetricKind = 'counter' | 'gauge' | 'histogram';

const UNIT_WORDS = new Map(Object.entries({
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  GiBy: 'gibibytes',
  KBy: 'kilobytes',
  MBy: 'megabytes',
  GBy: 'gigabytes',
}));

/** The name under which Prometheus sees an instrument. */
export function metricName(
  name: string, unit: string, kind: MetricKind, shape: MetricShape,
): string {
  let shaped = promName(name);
  const isCounter = kind === 'counter';
  // The suffix goes last, so it is taken off before the unit is added and put back after it.
  if (isCounter && !shape.withoutTypeSuffix) shaped = withoutEnd(shaped, '_total');
  if (!shape.withoutUnits) shaped = withEnd(shaped, unitSuffix(unit, kind));
  if (isCounter && !shape.withoutTypeSuffix) shaped = withEnd(shaped, '_total');
  return shaped;
}

/** A metric or label name with everything that Prometheus forbids replaced by `_`. */
export function promName(name: string): string {
  const allowed = name.replace(/[^a-zA-Z0-9_:]/g, '_');
  return /^[0-9]/.test(allowed) ? `_${allowed}` : allowed;
}

function unitSuffix(unit: string, kind: MetricKind): string {
  if (unit === '1') return kind === 'gauge' ? '_ratio' : '';
  // What stands in braces says what is counted; it is no unit.
  const word = UNIT_WORDS.get(unit);
  return word === undefined ? '' : `_${word}`;
}

function withEnd(name: string, end: string): string {
  return name.endsWith(end) ? name : name + end;
}

function withoutEnd(name: string, end: string): string {
  return name.endsWith(end) ? name.slice(0, -end.length) : name;
}
