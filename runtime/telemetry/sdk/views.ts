/** Views of `service.telemetry.metrics.views` as OpenTelemetry's SDK wants them. */
import {
  AggregationType, createAllowListAttributesProcessor, createDenyListAttributesProcessor,
  InstrumentType, type AggregationOption, type IAttributesProcessor, type ViewOptions,
} from '@opentelemetry/sdk-metrics';
import type { MetricViewSettings } from '../../config';

const KINDS: Readonly<Record<string, InstrumentType>> = {
  counter: InstrumentType.OBSERVABLE_COUNTER,
  histogram: InstrumentType.HISTOGRAM,
  gauge: InstrumentType.OBSERVABLE_GAUGE,
  up_down_counter: InstrumentType.OBSERVABLE_UP_DOWN_COUNTER,
  observable_counter: InstrumentType.OBSERVABLE_COUNTER,
  observable_gauge: InstrumentType.OBSERVABLE_GAUGE,
  observable_up_down_counter: InstrumentType.OBSERVABLE_UP_DOWN_COUNTER,
};

/** The views of the SDK. */
export function sdkViews(views: readonly MetricViewSettings[]): ViewOptions[] {
  return views.map(({ selector, stream }) => ({
    ...defined({
      instrumentName: selector.instrumentName,
      instrumentType: selector.instrumentType && KINDS[selector.instrumentType],
      instrumentUnit: selector.unit,
      meterName: selector.meterName,
      meterVersion: selector.meterVersion,
      meterSchemaUrl: selector.meterSchemaUrl,
      name: stream.name,
      description: stream.description,
    }),
    aggregation: aggregationOf(stream.aggregation),
    attributesProcessors: processorsOf(stream.attributeKeys),
  }));
}

function defined(options: ViewOptions): ViewOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined)) as ViewOptions;
}

function aggregationOf(given: MetricViewSettings['stream']['aggregation']): AggregationOption {
  if (given?.drop === true) return { type: AggregationType.DROP };
  if (given?.sum === true) return { type: AggregationType.SUM };
  if (given?.lastValue === true) return { type: AggregationType.LAST_VALUE };
  const { explicitBucketHistogram: explicit, base2ExponentialBucketHistogram: base2 } = given ?? {};
  if (explicit !== undefined) {
    const { boundaries, recordMinMax } = explicit;
    if (boundaries === undefined) return { type: AggregationType.DEFAULT };
    return {
      type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
      options: { boundaries: [...boundaries], recordMinMax },
    };
  }
  if (base2 === undefined) return { type: AggregationType.DEFAULT };
  return { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { ...base2 } };
}

function processorsOf(
  keys: MetricViewSettings['stream']['attributeKeys'],
): IAttributesProcessor[] {
  if (keys === undefined) return [];
  return [
    ...keys.included.length > 0 ? [createAllowListAttributesProcessor([...keys.included])] : [],
    ...keys.excluded.length > 0 ? [createDenyListAttributesProcessor([...keys.excluded])] : [],
  ];
}
