/** One line per item, under one line per resource and scope: verbosity `normal`. */
import { attributesOf, fixed, shortest, valueOf } from './describe-values';
import { listOf, type MessageValue } from './message-value';
import type { Signal } from '../pipeline/payload';

/** Where a signal keeps its resources, scopes and items, and how its lines begin. */
interface Shape {
  readonly resources: string;
  readonly scopes: string;
  readonly items: string;
  readonly title: string;
  readonly lines: (item: MessageValue) => string[];
}

const SHAPES: Readonly<Record<Signal, Shape>> = {
  traces: {
    resources: 'resourceSpans',
    scopes: 'scopeSpans',
    items: 'spans',
    title: 'Traces',
    lines: (span) => [spanLine(span)],
  },
  metrics: {
    resources: 'resourceMetrics',
    scopes: 'scopeMetrics',
    items: 'metrics',
    title: 'Metrics',
    lines: metricLines,
  },
  logs: {
    resources: 'resourceLogs',
    scopes: 'scopeLogs',
    items: 'logRecords',
    title: 'Log',
    lines: (record) => [recordLine(record)],
  },
};

/** The lines of an export request. Scopes are numbered within their resource. */
export function describeNormal(signal: Signal, request: MessageValue): string[] {
  const { resources, scopes, items, title, lines } = SHAPES[signal];
  return listOf(request, resources).flatMap((resource, i) => [
    `Resource${title} #${i}${bracketed(resource.schemaUrl)}`
    + spaced(resource.resource as MessageValue | undefined),
    ...listOf(resource, scopes).flatMap((scope, j) => [
      `Scope${title} #${j}${scopeTitle(scope)}${spaced(scope.scope as MessageValue | undefined)}`,
      ...listOf(scope, items).flatMap(lines),
    ]),
  ]);
}

function bracketed(schemaUrl: unknown): string {
  return schemaUrl === undefined || schemaUrl === '' ? '' : ` [${String(schemaUrl)}]`;
}

function scopeTitle({ scope, schemaUrl }: MessageValue): string {
  const { name = '', version = '' } = (scope ?? {}) as { name?: string; version?: string };
  const library = `${name}${version === '' ? '' : `@${version}`}`;
  return `${library === '' ? '' : ` ${library}`}${bracketed(schemaUrl)}`;
}

function pairs(message: MessageValue | undefined): string[] {
  return attributesOf(message).map(({ key, value }) => `${key}=${value.text}`);
}

function spaced(message: MessageValue | undefined): string {
  return pairs(message).map((pair) => ` ${pair}`).join('');
}

function spanLine(span: MessageValue): string {
  const { name = '', traceId = '', spanId = '' } = span as Record<string, string | undefined>;
  return `${name} ${traceId} ${spanId}${spaced(span)}`;
}

function recordLine(record: MessageValue): string {
  return `${valueOf(record.body as MessageValue | undefined).text} ${pairs(record).join(' ')}`;
}

function metricLines(metric: MessageValue): string[] {
  const describe = (field: string, text: (point: MessageValue) => string): string[] =>
    listOf((metric[field] ?? {}) as MessageValue, 'dataPoints').map((point) =>
      `${(metric.name ?? '') as string}{${pairs(point).join(',')}} ${text(point)}`);
  return [
    ...describe('gauge', numberText),
    ...describe('sum', numberText),
    ...describe('histogram', histogramText),
    ...describe('exponentialHistogram', exponentialText),
    ...describe('summary', summaryText),
  ];
}

function numberText({ asInt, asDouble }: MessageValue): string {
  if (asInt !== undefined) return String(asInt);
  return asDouble === undefined ? '' : shortest(asDouble);
}

function totals({ count, sum, min, max }: MessageValue): string {
  const known = { sum, min, max };
  return `count=${String(count ?? 0n)}${Object.entries(known).map(([name, value]) =>
    value === undefined ? '' : ` ${name}=${shortest(value)}`).join('')}`;
}

function histogramText(point: MessageValue): string {
  const bounds = (point.explicitBounds ?? []) as number[];
  const counts = (point.bucketCounts ?? []) as bigint[];
  return totals(point) + counts.map((count, i) =>
    ` ${i < bounds.length ? `le${shortest(bounds[i])}=` : ''}${count}`).join('');
}

function exponentialText(point: MessageValue): string {
  const base = 2 ** 2 ** -Number(point.scale ?? 0);
  const buckets = [point.negative, point.positive].map((side) => {
    const { offset = 0, bucketCounts = [] } = (side ?? {}) as MessageValue;
    return (bucketCounts as bigint[]).map((count, i) =>
      ` le${shortest(base ** (Number(offset) + i))}=${count}`).join('');
  });
  const zeros = point.zeroCount === undefined || point.zeroCount === 0n
    ? ''
    : ` zero_count${shortest(point.zeroThreshold)}=${String(point.zeroCount)}`;
  return totals(point) + buckets.join('') + zeros;
}

function summaryText(point: MessageValue): string {
  return `count=${String(point.count ?? 0n)} sum=${fixed(point.sum)}${
    listOf(point, 'quantileValues').map(({ quantile, value }) =>
      ` q${shortest(quantile)}=${shortest(value)}`).join('')}`;
}
