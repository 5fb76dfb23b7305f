/** Every field on a line of its own: verbosity `detailed`. */
import { metricLines } from './describe-metric';
import { attributeLines, count, enumName, timeOf, valueOf, word } from './describe-values';
import { listOf, type MessageValue } from './message-value';
import type { Signal } from '../pipeline/payload';

/** Where a signal keeps its resources, scopes and items, and what their headings say. */
interface Shape {
  readonly resources: string;
  readonly resourceTitle: string;
  readonly scopes: string;
  readonly scopeTitle: string;
  readonly items: string;
  readonly itemTitle: string;
  readonly lines: (item: MessageValue) => string[];
}

const SHAPES: Readonly<Record<Signal, Shape>> = {
  traces: {
    resources: 'resourceSpans',
    resourceTitle: 'ResourceSpans',
    scopes: 'scopeSpans',
    scopeTitle: 'ScopeSpans',
    items: 'spans',
    itemTitle: 'Span',
    lines: spanLines,
  },
  metrics: {
    resources: 'resourceMetrics',
    resourceTitle: 'ResourceMetrics',
    scopes: 'scopeMetrics',
    scopeTitle: 'ScopeMetrics',
    items: 'metrics',
    itemTitle: 'Metric',
    lines: metricLines,
  },
  logs: {
    resources: 'resourceLogs',
    resourceTitle: 'ResourceLog',
    scopes: 'scopeLogs',
    scopeTitle: 'ScopeLogs',
    items: 'logRecords',
    itemTitle: 'LogRecord',
    lines: recordLines,
  },
};

const LABEL_WIDTH = 15;

/** The lines of an export request. */
export function describeDetailed(signal: Signal, request: MessageValue): string[] {
  const shape = SHAPES[signal];
  return listOf(request, shape.resources).flatMap((resource, i) => [
    `${shape.resourceTitle} #${i}`,
    `Resource SchemaURL: ${word(resource.schemaUrl)}`,
    ...attributeLines('Resource attributes', resource.resource as MessageValue | undefined),
    ...entityLines(resource.resource as MessageValue | undefined),
    ...listOf(resource, shape.scopes).flatMap((scope, j) => [
      `${shape.scopeTitle} #${j}`,
      `${shape.scopeTitle} SchemaURL: ${word(scope.schemaUrl)}`,
      ...scopeLines((scope.scope ?? {}) as MessageValue),
      ...listOf(scope, shape.items).flatMap((item, k) => [
        `${shape.itemTitle} #${k}`, ...shape.lines(item),
      ]),
    ]),
  ]);
}

function scopeLines(scope: MessageValue): string[] {
  return [
    `InstrumentationScope ${word(scope.name)} ${word(scope.version)}`,
    ...attributeLines('InstrumentationScope attributes', scope),
  ];
}

function entityLines(resource: MessageValue | undefined): string[] {
  const refs = listOf(resource ?? {}, 'entityRefs');
  if (refs.length === 0) return [];
  return ['Resource entity refs:', ...refs.flatMap((ref, i) => [
    `     -> Entity ref #${i}:`,
    `          -> Type: ${word(ref.type)}`,
    ...word(ref.schemaUrl) === '' ? [] : [`          -> Schema URL: ${word(ref.schemaUrl)}`],
    ...keyLines('ID keys', ref.idKeys),
    ...keyLines('Description keys', ref.descriptionKeys),
  ])];
}

function keyLines(heading: string, keys: unknown): string[] {
  const list = (keys ?? []) as string[];
  return list.length === 0
    ? []
    : [`          -> ${heading}:`, ...list.map((key) => `               -> ${key}`)];
}

function labelled(label: string, value: string): string {
  return `    ${label.padEnd(LABEL_WIDTH)}: ${value}`;
}

function spanLines(span: MessageValue): string[] {
  const status = (span.status ?? {}) as MessageValue;
  const traceState = word(span.traceState);
  return [
    labelled('Trace ID', word(span.traceId)),
    labelled('Parent ID', word(span.parentSpanId)),
    labelled('ID', word(span.spanId)),
    labelled('Name', word(span.name)),
    labelled('Kind', enumName('Span', 'kind', span.kind)),
    ...traceState === '' ? [] : [labelled('TraceState', traceState)],
    labelled('Start time', timeOf(span.startTimeUnixNano)),
    labelled('End time', timeOf(span.endTimeUnixNano)),
    labelled('Status code', enumName('Status', 'code', status.code)),
    labelled('Status message', word(status.message)),
    labelled('DroppedAttributesCount', count(span.droppedAttributesCount)),
    labelled('DroppedEventsCount', count(span.droppedEventsCount)),
    labelled('DroppedLinksCount', count(span.droppedLinksCount)),
    ...attributeLines('Attributes', span),
    ...eventLines(listOf(span, 'events')),
    ...linkLines(listOf(span, 'links')),
  ];
}

function eventLines(events: readonly MessageValue[]): string[] {
  if (events.length === 0) return [];
  return ['Events:', ...events.flatMap((event, i) => [
    `SpanEvent #${i}`,
    `     -> Name: ${word(event.name)}`,
    `     -> Timestamp: ${timeOf(event.timeUnixNano)}`,
    `     -> DroppedAttributesCount: ${count(event.droppedAttributesCount)}`,
    ...attributeLines('     -> Attributes:', event),
  ])];
}

function linkLines(links: readonly MessageValue[]): string[] {
  if (links.length === 0) return [];
  return ['Links:', ...links.flatMap((link, i) => [
    `SpanLink #${i}`,
    `     -> Trace ID: ${word(link.traceId)}`,
    `     -> ID: ${word(link.spanId)}`,
    `     -> TraceState: ${word(link.traceState)}`,
    `     -> DroppedAttributesCount: ${count(link.droppedAttributesCount)}`,
    ...attributeLines('     -> Attributes:', link),
  ])];
}

function recordLines(record: MessageValue): string[] {
  const body = valueOf(record.body as MessageValue | undefined);
  const severity = enumName('LogRecord', 'severityNumber', record.severityNumber);
  const eventName = word(record.eventName);
  return [
    `ObservedTimestamp: ${timeOf(record.observedTimeUnixNano)}`,
    `Timestamp: ${timeOf(record.timeUnixNano)}`,
    `SeverityText: ${word(record.severityText)}`,
    `SeverityNumber: ${severity}(${count(record.severityNumber)})`,
    ...eventName === '' ? [] : [`EventName: ${eventName}`],
    `Body: ${body.type}(${body.text})`,
    ...attributeLines('Attributes', record),
    `Trace ID: ${word(record.traceId)}`,
    `Span ID: ${word(record.spanId)}`,
    `Flags: ${count(record.flags)}`,
  ];
}
