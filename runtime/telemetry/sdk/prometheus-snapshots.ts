/** Metrics that the SDK collected, for Prometheus, spelled as all others are. */
import { DataPointType, type MetricData, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { toLabels, type FamilySnapshot, type Sample } from '../metric-family';
import { metricName, type MetricKind, type MetricShape } from '../metric-name';
import type { Attributes } from '../metrics';

/** One snapshot per metric. Every series carries the attributes `constant` as well. */
export function snapshotsOf(
  { scopeMetrics }: ResourceMetrics, shape: MetricShape, constant: Attributes,
): FamilySnapshot[] {
  return scopeMetrics.flatMap(({ scope, metrics }) => {
    const scopeLabels: Attributes = shape.withoutScopeInfo ? {} : {
      otel_scope_name: scope.name,
      otel_scope_schema_url: scope.schemaUrl ?? '',
      otel_scope_version: scope.version ?? '',
    };
    return metrics.map((metric) => snapshotOf(metric, shape, { ...constant, ...scopeLabels }));
  });
}

function snapshotOf(metric: MetricData, shape: MetricShape, also: Attributes): FamilySnapshot {
  const { name: plain, description, unit } = metric.descriptor;
  const kind = kindOf(metric);
  const name = metricName(plain, unit, kind, shape);
  return {
    name, help: description, type: kind, aggregator: 'sum', values: samplesOf(metric, name, also),
  };
}

function kindOf(metric: MetricData): MetricKind {
  if (metric.dataPointType === DataPointType.SUM) return metric.isMonotonic ? 'counter' : 'gauge';
  return metric.dataPointType === DataPointType.GAUGE ? 'gauge' : 'histogram';
}

function samplesOf(metric: MetricData, name: string, also: Attributes): Sample[] {
  // Prometheus' text has no buckets that grow; what is left of them is how many and how much.
  switch (metric.dataPointType) {
    case DataPointType.HISTOGRAM:
      return metric.dataPoints.flatMap(({ attributes, value }) => {
        const labels = labelsOf(attributes, also);
        let below = 0;
        const buckets = value.buckets.counts.map((count, i) => {
          below += count;
          const le = value.buckets.boundaries[i] ?? '+Inf';
          return { metricName: `${name}_bucket`, value: below, labels: { ...labels, le } };
        });
        return [...buckets, ...totals(name, labels, value)];
      });
    case DataPointType.EXPONENTIAL_HISTOGRAM:
      return metric.dataPoints.flatMap(({ attributes, value }) =>
        totals(name, labelsOf(attributes, also), value));
    default:
      return metric.dataPoints.map(({ attributes, value }) => (
        { value, labels: labelsOf(attributes, also) }));
  }
}

function totals(
  name: string, labels: Attributes, { sum = 0, count }: { sum?: number; count: number },
): Sample[] {
  return [
    { metricName: `${name}_sum`, value: sum, labels },
    { metricName: `${name}_count`, value: count, labels },
  ];
}

function labelsOf(attributes: object, also: Attributes): Attributes {
  return toLabels({ ...attributes as Attributes, ...also });
}
