/** What samplers passed on, as texts that can be compared. */
import type { KeptRequest } from './path-sink';
import { decodeProto } from '../../testing/otlp-proto';

interface Attribute {
  readonly key: string;
}
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
const PERHAPS_EMPTY = new Set(['resource', 'scope', 'status', 'parentSpanId', 'attributes']);

function tidied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidied);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value)
    .map(([key, held]): [string, unknown] => [key, tidied(held)])
    .filter(([key, held]) => !PERHAPS_EMPTY.has(key) || JSON.stringify(held).length > 2));
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
    traceId,
    spanId,
    traceState,
    marks: JSON.stringify(attributes.filter(isMark)),
    rest: JSON.stringify(tidied([resource, bare, rest])),
  };
}
