/**
 * The messages of OTLP (opentelemetry-proto v1), one line per field as in the .proto files.
 *
 * Three words are ours: `id16` and `id8` are bytes of that length (or none), written as hex in
 * JSON; `always` marks messages that are written even when they are empty, as the Go collector
 * does; `oneof` stands before each member instead of around them (no message has two groups).
 * The answers of a server, google.rpc.Status (`RpcStatus`) among them, stand at the end.
 * Everything that must know the whole of OTLP (checks, JSON both ways, descriptions) goes by this
 * table; the walks of the hot path use the tags in fields.ts.
 */
import type { Signal } from '../pipeline/payload';
import { I32, I64, LEN, VARINT } from '../wire/reader';

/**
 * Messages may nest so deep, as in the protobuf libraries for C++, Java and JavaScript: what those
 * refuse must not get into a batch. Only attribute values nest; each level takes two or three.
 */
export const MAX_DEPTH = 100;

const ENUMS: Readonly<Record<string, readonly string[]>> = {
  SpanKind: ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']
    .map((name) => `SPAN_KIND_${name}`),
  StatusCode: ['UNSET', 'OK', 'ERROR'].map((name) => `STATUS_CODE_${name}`),
  AggregationTemporality: ['UNSPECIFIED', 'DELTA', 'CUMULATIVE']
    .map((name) => `AGGREGATION_TEMPORALITY_${name}`),
  SeverityNumber: ['UNSPECIFIED', ...['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']
    .flatMap((name) => [name, `${name}2`, `${name}3`, `${name}4`])]
    .map((name) => `SEVERITY_NUMBER_${name}`),
};

const PROTO = {
  ExportTraceServiceRequest: 'repeated ResourceSpans resource_spans = 1;',
  ResourceSpans: `
    always Resource resource = 1;
    repeated ScopeSpans scope_spans = 2;
    string schema_url = 3;`,
  ScopeSpans: `
    always InstrumentationScope scope = 1;
    repeated Span spans = 2;
    string schema_url = 3;`,
  Span: `
    id16 trace_id = 1;
    id8 span_id = 2;
    string trace_state = 3;
    id8 parent_span_id = 4;
    string name = 5;
    SpanKind kind = 6;
    fixed64 start_time_unix_nano = 7;
    fixed64 end_time_unix_nano = 8;
    repeated KeyValue attributes = 9;
    uint32 dropped_attributes_count = 10;
    repeated SpanEvent events = 11;
    uint32 dropped_events_count = 12;
    repeated SpanLink links = 13;
    uint32 dropped_links_count = 14;
    always Status status = 15;
    fixed32 flags = 16;`,
  SpanEvent: `
    fixed64 time_unix_nano = 1;
    string name = 2;
    repeated KeyValue attributes = 3;
    uint32 dropped_attributes_count = 4;`,
  SpanLink: `
    id16 trace_id = 1;
    id8 span_id = 2;
    string trace_state = 3;
    repeated KeyValue attributes = 4;
    uint32 dropped_attributes_count = 5;
    fixed32 flags = 6;`,
  Status: `
    string message = 2;
    StatusCode code = 3;`,

  ExportMetricsServiceRequest: 'repeated ResourceMetrics resource_metrics = 1;',
  ResourceMetrics: `
    always Resource resource = 1;
    repeated ScopeMetrics scope_metrics = 2;
    string schema_url = 3;`,
  ScopeMetrics: `
    always InstrumentationScope scope = 1;
    repeated Metric metrics = 2;
    string schema_url = 3;`,
  Metric: `
    string name = 1;
    string description = 2;
    string unit = 3;
    oneof Gauge gauge = 5;
    oneof Sum sum = 7;
    oneof Histogram histogram = 9;
    oneof ExponentialHistogram exponential_histogram = 10;
    oneof Summary summary = 11;
    repeated KeyValue metadata = 12;`,
  Gauge: 'repeated NumberDataPoint data_points = 1;',
  Sum: `
    repeated NumberDataPoint data_points = 1;
    AggregationTemporality aggregation_temporality = 2;
    bool is_monotonic = 3;`,
  Histogram: `
    repeated HistogramDataPoint data_points = 1;
    AggregationTemporality aggregation_temporality = 2;`,
  ExponentialHistogram: `
    repeated ExponentialHistogramDataPoint data_points = 1;
    AggregationTemporality aggregation_temporality = 2;`,
  Summary: 'repeated SummaryDataPoint data_points = 1;',
  NumberDataPoint: `
    fixed64 start_time_unix_nano = 2;
    fixed64 time_unix_nano = 3;
    oneof double as_double = 4;
    repeated Exemplar exemplars = 5;
    oneof sfixed64 as_int = 6;
    repeated KeyValue attributes = 7;
    uint32 flags = 8;`,
  HistogramDataPoint: `
    fixed64 start_time_unix_nano = 2;
    fixed64 time_unix_nano = 3;
    fixed64 count = 4;
    optional double sum = 5;
    repeated fixed64 bucket_counts = 6;
    repeated double explicit_bounds = 7;
    repeated Exemplar exemplars = 8;
    repeated KeyValue attributes = 9;
    uint32 flags = 10;
    optional double min = 11;
    optional double max = 12;`,
  ExponentialHistogramDataPoint: `
    repeated KeyValue attributes = 1;
    fixed64 start_time_unix_nano = 2;
    fixed64 time_unix_nano = 3;
    fixed64 count = 4;
    optional double sum = 5;
    sint32 scale = 6;
    fixed64 zero_count = 7;
    always Buckets positive = 8;
    always Buckets negative = 9;
    uint32 flags = 10;
    repeated Exemplar exemplars = 11;
    optional double min = 12;
    optional double max = 13;
    double zero_threshold = 14;`,
  Buckets: `
    sint32 offset = 1;
    repeated uint64 bucket_counts = 2;`,
  SummaryDataPoint: `
    fixed64 start_time_unix_nano = 2;
    fixed64 time_unix_nano = 3;
    fixed64 count = 4;
    double sum = 5;
    repeated ValueAtQuantile quantile_values = 6;
    repeated KeyValue attributes = 7;
    uint32 flags = 8;`,
  ValueAtQuantile: `
    double quantile = 1;
    double value = 2;`,
  Exemplar: `
    fixed64 time_unix_nano = 2;
    oneof double as_double = 3;
    id8 span_id = 4;
    id16 trace_id = 5;
    oneof sfixed64 as_int = 6;
    repeated KeyValue filtered_attributes = 7;`,

  ExportLogsServiceRequest: 'repeated ResourceLogs resource_logs = 1;',
  ResourceLogs: `
    always Resource resource = 1;
    repeated ScopeLogs scope_logs = 2;
    string schema_url = 3;`,
  ScopeLogs: `
    always InstrumentationScope scope = 1;
    repeated LogRecord log_records = 2;
    string schema_url = 3;`,
  LogRecord: `
    fixed64 time_unix_nano = 1;
    SeverityNumber severity_number = 2;
    string severity_text = 3;
    always AnyValue body = 5;
    repeated KeyValue attributes = 6;
    uint32 dropped_attributes_count = 7;
    fixed32 flags = 8;
    id16 trace_id = 9;
    id8 span_id = 10;
    fixed64 observed_time_unix_nano = 11;
    string event_name = 12;`,

  Resource: `
    repeated KeyValue attributes = 1;
    uint32 dropped_attributes_count = 2;
    repeated EntityRef entity_refs = 3;`,
  EntityRef: `
    string schema_url = 1;
    string type = 2;
    repeated string id_keys = 3;
    repeated string description_keys = 4;`,
  InstrumentationScope: `
    string name = 1;
    string version = 2;
    repeated KeyValue attributes = 3;
    uint32 dropped_attributes_count = 4;`,
  KeyValue: `
    string key = 1;
    always AnyValue value = 2;`,
  AnyValue: `
    oneof string string_value = 1;
    oneof bool bool_value = 2;
    oneof int64 int_value = 3;
    oneof double double_value = 4;
    oneof ArrayValue array_value = 5;
    oneof KeyValueList kvlist_value = 6;
    oneof bytes bytes_value = 7;`,
  ArrayValue: 'repeated AnyValue values = 1;',
  KeyValueList: 'repeated KeyValue values = 1;',

  ExportTraceServiceResponse: 'always ExportTracePartialSuccess partial_success = 1;',
  ExportTracePartialSuccess: `
    int64 rejected_spans = 1;
    string error_message = 2;`,
  ExportMetricsServiceResponse: 'always ExportMetricsPartialSuccess partial_success = 1;',
  ExportMetricsPartialSuccess: `
    int64 rejected_data_points = 1;
    string error_message = 2;`,
  ExportLogsServiceResponse: 'always ExportLogsPartialSuccess partial_success = 1;',
  ExportLogsPartialSuccess: `
    int64 rejected_log_records = 1;
    string error_message = 2;`,

  RpcStatus: `
    int32 code = 1;
    string message = 2;
    repeated Any details = 3;`,
  Any: `
    string type_url = 1;
    bytes value = 2;`,
  RetryInfo: 'always Duration retry_delay = 1;',
  Duration: `
    int64 seconds = 1;
    int32 nanos = 2;`,
} as const;

const WIRE_TYPES = {
  bool: VARINT,
  int32: VARINT,
  int64: VARINT,
  uint64: VARINT,
  uint32: VARINT,
  sint32: VARINT,
  enum: VARINT,
  double: I64,
  fixed64: I64,
  sfixed64: I64,
  fixed32: I32,
  string: LEN,
  bytes: LEN,
  id8: LEN,
  id16: LEN,
  message: LEN,
} as const;

/** What a field's value is. */
export type Kind = keyof typeof WIRE_TYPES;

/** One field of a message. */
export interface Field {
  /** Field number on the wire. */
  readonly number: number;
  /** Wire type of one value; a list of numbers may also come packed. */
  readonly wireType: number;
  /** Name in JSON, for instance `traceId`. */
  readonly name: string;
  /** Name in the .proto file, for instance `trace_id`. */
  readonly protoName: string;
  /** What its value is. */
  readonly kind: Kind;
  /** Whether it is a list. */
  readonly repeated: boolean;
  /** Whether a zero or empty value differs from no value: optional fields, members of a oneof. */
  readonly hasPresence: boolean;
  /** Whether setting it unsets the other members of the message's oneof. */
  readonly oneof: boolean;
  /** Whether it is written even when empty. */
  readonly always: boolean;
  /** The message that a message field holds. */
  readonly message?: Message;
  /** Names of an enum's numbers, in order from 0. */
  readonly enumNames?: readonly string[];
}

/** One message. */
export interface Message {
  /** Its name, for instance `Span`. */
  readonly name: MessageName;
  /** Its fields in order of their numbers. */
  readonly fields: readonly Field[];
  /** Its fields by number. */
  readonly byNumber: readonly (Field | undefined)[];
  /** Its fields by both of their names. */
  readonly byKey: ReadonlyMap<string, Field>;
}

/** The name of a message. */
export type MessageName = keyof typeof PROTO;

interface MessageInMaking extends Message {
  fields: Field[];
  byNumber: (Field | undefined)[];
  byKey: Map<string, Field>;
}

const LINE = /^(?:(repeated|optional|oneof|always) )?(\w+) (\w+) = (\d+)$/;
const MESSAGES = new Map<string, MessageInMaking>();

function fieldOf(line: string): Field {
  const [, label, type, protoName, number] = LINE.exec(line) as RegExpExecArray;
  const message = MESSAGES.get(type);
  const enumNames = ENUMS[type];
  const kind = message !== undefined ? 'message' : enumNames !== undefined ? 'enum' : type as Kind;
  return {
    number: Number(number),
    wireType: WIRE_TYPES[kind],
    name: protoName.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    protoName,
    kind,
    repeated: label === 'repeated',
    hasPresence: label === 'optional' || label === 'oneof',
    oneof: label === 'oneof',
    always: label === 'always',
    message,
    enumNames,
  };
}

function readTable(): void {
  const names = Object.keys(PROTO) as MessageName[];
  for (const name of names) {
    MESSAGES.set(name, { name, fields: [], byNumber: [], byKey: new Map() });
  }
  for (const name of names) {
    const message = messageOf(name) as MessageInMaking;
    message.fields = PROTO[name].split(';').map((line) => line.trim())
      .filter((line) => line !== '').map(fieldOf).sort((a, b) => a.number - b.number);
    for (const field of message.fields) {
      message.byNumber[field.number] = field;
      message.byKey.set(field.name, field).set(field.protoName, field);
    }
  }
}

readTable();

/** All messages. */
export const ALL_MESSAGES: readonly Message[] = [...MESSAGES.values()];

/** The message named `name`. */
export function messageOf(name: MessageName): Message {
  return MESSAGES.get(name) as Message;
}

/** The export request of each signal. */
export const REQUESTS: Readonly<Record<Signal, Message>> = {
  traces: messageOf('ExportTraceServiceRequest'),
  metrics: messageOf('ExportMetricsServiceRequest'),
  logs: messageOf('ExportLogsServiceRequest'),
};

/** The messages that are counted as items of a signal. */
export const ITEMS: ReadonlySet<MessageName> = new Set<MessageName>([
  'Span', 'LogRecord', 'NumberDataPoint', 'HistogramDataPoint', 'ExponentialHistogramDataPoint',
  'SummaryDataPoint',
]);
