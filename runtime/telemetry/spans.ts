/**
 * Spans of the process itself, as receivers and exporters know them. There are none unless
 * `service.telemetry.traces` sends them somewhere, so whoever could make one asks once whether
 * there is somebody to tell.
 */

/** A value of an attribute. */
export type SpanValue = string | number;

/** Where a span stands; what comes below it, or is linked to it, names this. */
export interface SpanPlace {
  /** Its trace, 32 hexadecimal digits. */
  readonly traceId: string;
  /** The span, 16 hexadecimal digits. */
  readonly spanId: string;
  /** 1 when the trace is kept, 0 when it is not. */
  readonly traceFlags: number;
}

/** Headers that tell a peer of a span, in order. */
export type SpanHeaders = readonly (readonly [name: string, value: string])[];

/** How a span begins. */
export interface SpanStart {
  /** Who makes it. */
  readonly scope: string;
  /** Its name. */
  readonly name: string;
  /**
   * Whether it is one side of a call.
   * @default - neither
   */
  readonly kind?: 'server' | 'client';
  /**
   * What is known when it begins.
   * @default - nothing
   */
  readonly attributes?: Readonly<Record<string, SpanValue>>;
  /** What it stands below; a trace of its own begins without one. */
  readonly parent?: SpanPlace;
  /**
   * What it comes from beside that.
   * @default - nothing
   */
  readonly links?: readonly SpanPlace[];
}

/** A span that has begun. It ends once. */
export interface OwnSpan {
  /** Where it stands. */
  readonly place: SpanPlace;
  /** Something that happened in it. */
  event(name: string, attributes?: Readonly<Record<string, SpanValue>>): void;
  /** Ends it; it has failed when there is a `failure`. */
  end(attributes?: Readonly<Record<string, SpanValue>>, failure?: string): void;
}

/** Makes spans. */
export interface Spans {
  /**
   * The span in which the caller is called, for as long as that call lasts: a receiver sets it
   * around `consume`, and an exporter that is called from there reads it.
   */
  current?: SpanPlace;
  /**
   * The span of the client that sent these headers (name, value, name, value and so on), when it
   * told one in a way that the configuration knows.
   */
  parentOf(headers: readonly string[]): SpanPlace | undefined;
  /** Headers that tell a peer of the span, in the ways that the configuration knows. */
  headersOf(place: SpanPlace): SpanHeaders;
  /** Begins a span. */
  begin(start: SpanStart): OwnSpan;
}

/** Calls `work` in the span `place`, or in none. */
export function within<T>(spans: Spans, place: SpanPlace | undefined, work: () => T): T {
  const before = spans.current;
  spans.current = place;
  try {
    return work();
  } finally {
    spans.current = before;
  }
}
