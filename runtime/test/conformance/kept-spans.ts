/** What samplers passed on, spans and records, as texts that can be compared. */
import type { KeptRequest } from './path-sink';
import { decodeProto } from '../../testing/otlp-proto';

interface Attribute {
  readonly key: string;
}
/** What has attributes. */
interface Scope {
  readonly attributes?: readonly Attribute[];
}
interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState?: string;
}
interface Request {
  readonly resourceSpans?: readonly {
    readonly resource?: object;
    readonly scopeSpans?: readonly { readonly scope?: Scope; readonly spans?: readonly Span[] }[];
  }[];
}

/** A span that was passed on. */
export interface PassedSpan {
  /** Its trace. */
  readonly traceId: string;
  /** Its id. */
  readonly spanId: string;
  /** Its trace state. */
  readonly traceState: string;
  /** What the sampler wrote on its scope. */
  readonly marks: string;
  /** All else, with its resource and scope. */
  readonly rest: string;
}

/** What the real collector writes as an empty message where nothing was. */
const PERHAPS_EMPTY = new Set([
  'resource', 'scope', 'status', 'traceId', 'spanId', 'parentSpanId', 'attributes', 'key', 'value',
]);

/** An id of zeros is none, as the real collector writes it. */
function isNoId(id: string): boolean {
  return /^0*$/.test(id);
}

function tidied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidied);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value)
    .map(([key, held]): [string, unknown] => [key, tidied(held)])
    .filter(([key, held]) => !PERHAPS_EMPTY.has(key) || JSON.stringify(held).length > 2)
    .filter(([key, held]) => !key.endsWith('Id') || !isNoId(String(held))));
}

/** All spans in some requests. */
export function passedSpans(requests: readonly KeptRequest[]): PassedSpan[] {
  return requests.flatMap(({ body }) => {
    const { resourceSpans = [] } = decodeProto('ExportTraceServiceRequest', body) as Request;
    return resourceSpans.flatMap(({ resource = {}, scopeSpans = [] }) =>
      scopeSpans.flatMap(({ scope = {}, spans = [] }) => spans.map((span) =>
        passedSpan(resource, scope, span))));
  });
}

function passedSpan(resource: object, scope: Scope, span: Span): PassedSpan {
  const { traceId, spanId, traceState = '', ...rest } = span;
  const isMark = ({ key }: Attribute): boolean => key.startsWith('tailsampling.');
  const attributes = scope.attributes ?? [];
  const bare = { ...scope, attributes: attributes.filter((one) => !isMark(one)) };
  return {
    traceId: isNoId(traceId) ? '' : traceId,
    spanId,
    traceState,
    marks: JSON.stringify(attributes.filter(isMark)),
    rest: JSON.stringify(tidied([resource, bare, rest])),
  };
}

interface LogsRequest {
  readonly resourceLogs?: readonly {
    readonly resource?: object;
    readonly scopeLogs?: readonly {
      readonly scope?: object; readonly logRecords?: readonly Scope[];
    }[];
  }[];
}

/** The order of attributes means nothing, and changes where one is written anew. */
function withOrder<Held extends Scope>(record: Held): Held {
  const texts = (record.attributes ?? []).map((attribute) => JSON.stringify(attribute)).sort();
  const attributes = texts.map((text) => JSON.parse(text) as Attribute);
  return { ...record, attributes };
}

/** All log records in some requests, each as a text with its resource and scope. */
export function passedRecords(requests: readonly KeptRequest[]): string[] {
  return requests.flatMap(({ body }) => {
    const { resourceLogs = [] } = decodeProto('ExportLogsServiceRequest', body) as LogsRequest;
    return resourceLogs.flatMap(({ resource = {}, scopeLogs = [] }) =>
      scopeLogs.flatMap(({ scope = {}, logRecords = [] }) => logRecords.map((record) =>
        JSON.stringify(tidied([resource, scope, withOrder(record)])))));
  });
}
