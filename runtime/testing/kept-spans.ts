/** Spans that a test looks at, instead of the SDK. */
import type {
  OwnSpan, SpanHeaders, SpanPlace, Spans, SpanStart, SpanValue,
} from '../telemetry/spans';

/** The span of every client that says `traceparent`, whatever it says of it. */
export const REMOTE: SpanPlace = {
  traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1,
};

/** A span that has ended. */
export interface KeptSpan {
  /** How it began. */
  readonly start: SpanStart;
  /** Where it stands. */
  readonly place: SpanPlace;
  /** What it began and ended with. */
  readonly attributes: Readonly<Record<string, SpanValue>>;
  /** Why it failed, if it did. */
  readonly failure?: string;
}

/** Makes spans with the ids 1, 2, 3 and so on, and keeps them. */
export class KeptSpans implements Spans {
  public current?: SpanPlace;
  /** Those that have ended. */
  public readonly ended: KeptSpan[] = [];
  private begun = 0;

  public parentOf(headers: readonly string[]): SpanPlace | undefined {
    return headers.includes('traceparent') ? REMOTE : undefined;
  }

  public headersOf({ spanId }: SpanPlace): SpanHeaders {
    return [['traceparent', spanId]];
  }

  public begin(start: SpanStart): OwnSpan {
    this.begun += 1;
    const place = placeOf(this.begun);
    return {
      place,
      event: () => undefined,
      end: (last, failure) => {
        this.ended.push({ start, place, attributes: { ...start.attributes, ...last }, failure });
      },
    };
  }
}

/** Where the span number `id` stands. */
export function placeOf(id: number): SpanPlace {
  return { traceId: 'c'.repeat(32), spanId: String(id).padStart(16, '0'), traceFlags: 1 };
}
