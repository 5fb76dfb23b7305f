/**
 * Tags of the OTLP fields that the walks over bytes know: number and wire type as they stand on
 * the wire, beside the line of the .proto file (opentelemetry-proto v1).
 */
import { I32, I64, LEN, VARINT } from '../wire/reader';

/** ExportTraceServiceRequest: `repeated ResourceSpans resource_spans = 1;` */
export const REQUEST_RESOURCE_SPANS = 1 << 3 | LEN;

/** ResourceSpans: `Resource resource = 1;` */
export const RESOURCE_SPANS_RESOURCE = 1 << 3 | LEN;
/** ResourceSpans: `repeated ScopeSpans scope_spans = 2;` */
export const RESOURCE_SPANS_SCOPE_SPANS = 2 << 3 | LEN;
/** ResourceSpans: `string schema_url = 3;` */
export const RESOURCE_SPANS_SCHEMA_URL = 3 << 3 | LEN;

/** ScopeSpans: `InstrumentationScope scope = 1;` */
export const SCOPE_SPANS_SCOPE = 1 << 3 | LEN;
/** ScopeSpans: `repeated Span spans = 2;` */
export const SCOPE_SPANS_SPANS = 2 << 3 | LEN;
/** ScopeSpans: `string schema_url = 3;` */
export const SCOPE_SPANS_SCHEMA_URL = 3 << 3 | LEN;

/** Span: `bytes trace_id = 1;` */
export const SPAN_TRACE_ID = 1 << 3 | LEN;
/** Span: `bytes span_id = 2;` */
export const SPAN_SPAN_ID = 2 << 3 | LEN;
/** Span: `string trace_state = 3;` */
export const SPAN_TRACE_STATE = 3 << 3 | LEN;
/** Span: `bytes parent_span_id = 4;` */
export const SPAN_PARENT_SPAN_ID = 4 << 3 | LEN;
/** Span: `string name = 5;` */
export const SPAN_NAME = 5 << 3 | LEN;
/** Span: `SpanKind kind = 6;` */
export const SPAN_KIND = 6 << 3 | VARINT;
/** Span: `fixed64 start_time_unix_nano = 7;` */
export const SPAN_START_TIME = 7 << 3 | I64;
/** Span: `fixed64 end_time_unix_nano = 8;` */
export const SPAN_END_TIME = 8 << 3 | I64;
/** Span: `repeated KeyValue attributes = 9;` */
export const SPAN_ATTRIBUTES = 9 << 3 | LEN;
/** Span: `Status status = 15;` */
export const SPAN_STATUS = 15 << 3 | LEN;
/** Span: `fixed32 flags = 16;` */
export const SPAN_FLAGS = 16 << 3 | I32;

/** LogRecord: `repeated KeyValue attributes = 6;` */
export const LOG_RECORD_ATTRIBUTES = 6 << 3 | LEN;
/** LogRecord: `bytes trace_id = 9;` */
export const LOG_RECORD_TRACE_ID = 9 << 3 | LEN;

/** Status: `string message = 2;` */
export const STATUS_MESSAGE = 2 << 3 | LEN;
/** Status: `StatusCode code = 3;` */
export const STATUS_CODE = 3 << 3 | VARINT;

/** Resource: `repeated KeyValue attributes = 1;` */
export const RESOURCE_ATTRIBUTES = 1 << 3 | LEN;

/** KeyValue: `string key = 1;` */
export const KEY_VALUE_KEY = 1 << 3 | LEN;
/** KeyValue: `AnyValue value = 2;` */
export const KEY_VALUE_VALUE = 2 << 3 | LEN;

/** AnyValue: `string string_value = 1;` */
export const ANY_VALUE_STRING = 1 << 3 | LEN;
/** AnyValue: `bool bool_value = 2;` */
export const ANY_VALUE_BOOL = 2 << 3 | VARINT;
/** AnyValue: `int64 int_value = 3;` */
export const ANY_VALUE_INT = 3 << 3 | VARINT;
/** AnyValue: `double double_value = 4;` */
export const ANY_VALUE_DOUBLE = 4 << 3 | I64;
/** AnyValue: `ArrayValue array_value = 5;` */
export const ANY_VALUE_ARRAY = 5 << 3 | LEN;
/** AnyValue: `KeyValueList kvlist_value = 6;` */
export const ANY_VALUE_KVLIST = 6 << 3 | LEN;
/** AnyValue: `bytes bytes_value = 7;` */
export const ANY_VALUE_BYTES = 7 << 3 | LEN;
/** ArrayValue: `repeated AnyValue values = 1;` */
export const ARRAY_VALUES = 1 << 3 | LEN;
/** KeyValueList: `repeated KeyValue values = 1;` */
export const KVLIST_VALUES = 1 << 3 | LEN;

/** InstrumentationScope: `string name = 1;` */
export const SCOPE_NAME = 1 << 3 | LEN;
/** InstrumentationScope: `string version = 2;` */
export const SCOPE_VERSION = 2 << 3 | LEN;
/** InstrumentationScope: `repeated KeyValue attributes = 3;` */
export const SCOPE_ATTRIBUTES = 3 << 3 | LEN;

/** LogRecord: `string severity_text = 3;` */
export const LOG_SEVERITY_TEXT = 3 << 3 | LEN;
/** LogRecord: `AnyValue body = 5;` */
export const LOG_BODY = 5 << 3 | LEN;
/** LogRecord: `repeated KeyValue attributes = 6;` */
export const LOG_ATTRIBUTES = 6 << 3 | LEN;
/** LogRecord: `bytes trace_id = 9;` */
export const LOG_TRACE_ID = 9 << 3 | LEN;

/** Metric: `string name = 1;` */
export const METRIC_NAME = 1 << 3 | LEN;
/** Metric: `string unit = 3;` */
export const METRIC_UNIT = 3 << 3 | LEN;
/** Metric: `Gauge gauge = 5;` */
export const METRIC_GAUGE = 5 << 3 | LEN;
/** Metric: `Sum sum = 7;` */
export const METRIC_SUM = 7 << 3 | LEN;
/** Metric: `Histogram histogram = 9;` */
export const METRIC_HISTOGRAM = 9 << 3 | LEN;
/** Metric: `ExponentialHistogram exponential_histogram = 10;` */
export const METRIC_EXPONENTIAL_HISTOGRAM = 10 << 3 | LEN;
/** Metric: `Summary summary = 11;` */
export const METRIC_SUMMARY = 11 << 3 | LEN;
/** Sum: `AggregationTemporality aggregation_temporality = 2;` */
export const SUM_TEMPORALITY = 2 << 3 | VARINT;
/** Sum: `bool is_monotonic = 3;` */
export const SUM_IS_MONOTONIC = 3 << 3 | VARINT;
/** NumberDataPoint: `repeated KeyValue attributes = 7;` */
export const NUMBER_POINT_ATTRIBUTES = 7 << 3 | LEN;
/** HistogramDataPoint: `repeated KeyValue attributes = 9;` */
export const HISTOGRAM_POINT_ATTRIBUTES = 9 << 3 | LEN;
/** ExponentialHistogramDataPoint: `repeated KeyValue attributes = 1;` */
export const EXPONENTIAL_POINT_ATTRIBUTES = 1 << 3 | LEN;
