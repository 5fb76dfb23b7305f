/** A metric and its data points, every field on a line of its own. */
import { attributeLines, count, enumName, fixed, timeOf, word } from './describe-values';
import { listOf, type MessageValue } from './message-value';
import type { MessageName } from './messages';

interface DataType {
  readonly field: string;
  readonly name: MessageName;
  readonly hasTemporality: boolean;
  readonly heading: string;
  readonly lines: (point: MessageValue) => string[];
}

const DATA_TYPES: readonly DataType[] = [
  {
    field: 'gauge',
    name: 'Gauge',
    hasTemporality: false,
    heading: 'NumberDataPoints',
    lines: numberLines,
  },
  {
    field: 'sum',
    name: 'Sum',
    hasTemporality: true,
    heading: 'NumberDataPoints',
    lines: numberLines,
  },
  {
    field: 'histogram',
    name: 'Histogram',
    hasTemporality: true,
    heading: 'HistogramDataPoints',
    lines: histogramLines,
  },
  {
    field: 'exponentialHistogram',
    name: 'ExponentialHistogram',
    hasTemporality: true,
    heading: 'ExponentialHistogramDataPoints',
    lines: exponentialLines,
  },
  {
    field: 'summary',
    name: 'Summary',
    hasTemporality: false,
    heading: 'SummaryDataPoints',
    lines: summaryLines,
  },
];

/** The lines of one metric. */
export function metricLines(metric: MessageValue): string[] {
  const type = DATA_TYPES.find(({ field }) => metric[field] !== undefined);
  const data = (type === undefined ? {} : metric[type.field]) as MessageValue;
  return [
    'Descriptor:',
    `     -> Name: ${word(metric.name)}`,
    `     -> Description: ${word(metric.description)}`,
    `     -> Unit: ${word(metric.unit)}`,
    `     -> DataType: ${type?.name ?? 'Empty'}`,
    ...attributeLines('     -> Metadata', metric, 'metadata'),
    ...type?.name === 'Sum' ? [`     -> IsMonotonic: ${String(data.isMonotonic ?? false)}`] : [],
    ...type?.hasTemporality === true ? [temporalityLine(type.name, data)] : [],
    ...listOf(data, 'dataPoints').flatMap((point, i) => [
      `${type?.heading ?? ''} #${i}`,
      ...attributeLines('Data point attributes', point),
      `StartTimestamp: ${timeOf(point.startTimeUnixNano)}`,
      `Timestamp: ${timeOf(point.timeUnixNano)}`,
      ...type?.lines(point) ?? [],
    ]),
  ];
}

function temporalityLine(name: MessageName, data: MessageValue): string {
  const temporality = enumName(name, 'aggregationTemporality', data.aggregationTemporality);
  return `     -> AggregationTemporality: ${temporality}`;
}

function valueLines(label: string, { asInt, asDouble }: MessageValue): string[] {
  if (asInt !== undefined) return [`${label}: ${String(asInt)}`];
  return asDouble === undefined ? [] : [`${label}: ${fixed(asDouble)}`];
}

function numberLines(point: MessageValue): string[] {
  return [...valueLines('Value', point), ...exemplarLines(point)];
}

function totalLines({ count: items, sum, min, max }: MessageValue): string[] {
  const known = { Sum: sum, Min: min, Max: max };
  return [
    `Count: ${count(items)}`,
    ...Object.entries(known).filter(([, value]) => value !== undefined)
      .map(([label, value]) => `${label}: ${fixed(value)}`),
  ];
}

function histogramLines(point: MessageValue): string[] {
  const bounds = (point.explicitBounds ?? []) as number[];
  const counts = (point.bucketCounts ?? []) as bigint[];
  return [
    ...totalLines(point),
    ...bounds.map((bound, i) => `ExplicitBounds #${i}: ${fixed(bound)}`),
    ...counts.map((items, i) => `Buckets #${i}, Count: ${items}`),
    ...exemplarLines(point),
  ];
}

function exponentialLines(point: MessageValue): string[] {
  const factor = Math.LN2 * 2 ** -Number(point.scale ?? 0);
  const edge = (index: number): number => Math.exp(index * factor);
  const bucketsOf = (side: unknown): { readonly index: number; readonly items: bigint }[] => {
    const { offset = 0, bucketCounts = [] } = (side ?? {}) as MessageValue;
    return (bucketCounts as bigint[]).map((items, i) => ({ index: Number(offset) + i, items }));
  };
  return [
    ...totalLines(point),
    ...bucketsOf(point.negative).reverse().map(({ index, items }) =>
      `Bucket [${fixed(-edge(index + 1))}, ${fixed(-edge(index))}), Count: ${items}`),
    ...(point.zeroCount ?? 0n) === 0n ? [] : [`Bucket [0, 0], Count: ${count(point.zeroCount)}`],
    ...bucketsOf(point.positive).map(({ index, items }) =>
      `Bucket (${fixed(edge(index))}, ${fixed(edge(index + 1))}], Count: ${items}`),
    ...exemplarLines(point),
  ];
}

function summaryLines(point: MessageValue): string[] {
  return [
    `Count: ${count(point.count)}`,
    `Sum: ${fixed(point.sum)}`,
    ...listOf(point, 'quantileValues').map(({ quantile, value }, i) =>
      `QuantileValue #${i}: Quantile ${fixed(quantile)}, Value ${fixed(value)}`),
  ];
}

function exemplarLines(point: MessageValue): string[] {
  const exemplars = listOf(point, 'exemplars');
  if (exemplars.length === 0) return [];
  return ['Exemplars:', ...exemplars.flatMap((exemplar, i) => [
    `Exemplar #${i}`,
    `     -> Trace ID: ${word(exemplar.traceId)}`,
    `     -> Span ID: ${word(exemplar.spanId)}`,
    `     -> Timestamp: ${timeOf(exemplar.timeUnixNano)}`,
    ...valueLines('     -> Value', exemplar),
    ...attributeLines('     -> FilteredAttributes', exemplar, 'filteredAttributes'),
  ])];
}
