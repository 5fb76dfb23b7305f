/** The spans of one exporter and signal, as upstream's exporters make them. */
import type { ExporterContext } from '../component';
import { messageOf } from '../errors';
import type { Payload, Signal } from '../pipeline/payload';
import type { OwnSpan, SpanPlace, Spans } from '../telemetry/spans';

const SCOPE = 'go.opentelemetry.io/collector/exporter/exporterhelper';

/** What a payload came from: one span, or several whose payloads were merged. */
type Origin = readonly SpanPlace[];

/** A payload on its way to the peer. */
export interface DeliverySpan {
  /** Where it stands. */
  readonly place: SpanPlace;
  /** An attempt begins; 0 is the first. */
  attempt(retry: number): void;
  /** An attempt failed, and the next one begins after `interval`. */
  failed(interval: string, error: unknown): void;
  /** It is over. */
  end(items: number, error?: unknown): void;
}

/** Knows which span each payload came in by, between its queue and its sender. */
export class DeliverySpans {
  private readonly origins = new WeakMap<Payload, Origin>();

  public constructor(
    private readonly spans: Spans, private readonly exporter: string,
    private readonly signal: Signal,
  ) {}

  /** Gives `payload` to a queue by `offer`. */
  public enqueue(payload: Payload, offer: () => void | Promise<void>): void | Promise<void> {
    const span = this.spans.begin({
      scope: SCOPE, name: 'exporter/enqueue', parent: this.spans.current,
    });
    this.origins.set(payload, [span.place]);
    const taken = (): void => ended(span, 'Enqueued item.');
    const refused = (error: unknown): never => {
      ended(span, 'Failed to enqueue item.');
      throw error;
    };
    try {
      const offered = offer();
      if (offered !== undefined) return offered.then(taken, refused);
    } catch (error) {
      return refused(error);
    }
    return taken();
  }

  /** `payload` goes to the sender in the caller's span. */
  public pass(payload: Payload): void {
    if (this.spans.current !== undefined) this.origins.set(payload, [this.spans.current]);
  }

  /** The span by which `payload` came into the queue. */
  public originOf(payload: Payload): SpanPlace | undefined {
    return this.origins.get(payload)?.[0];
  }

  /** `payload` was read from a disk, and had come into the queue by the span `place`. */
  public restore(payload: Payload, place: SpanPlace): void {
    this.origins.set(payload, [place]);
  }

  /** `payload` was made of `parts`. */
  public derive(payload: Payload, parts: readonly Payload[]): void {
    const origin = parts.flatMap((part) => this.origins.get(part) ?? []);
    if (origin.length > 0) this.origins.set(payload, origin);
  }

  /** Begins to send `payload`. What was merged has no parent, but is linked to all it is of. */
  public begin(payload: Payload): DeliverySpan {
    const origin = this.origins.get(payload) ?? [];
    const span = this.spans.begin({
      scope: SCOPE,
      name: `exporter/${this.exporter}/${this.signal}`,
      attributes: { exporter: this.exporter, data_type: this.signal },
      ...origin.length === 1 ? { parent: origin[0] } : { links: origin },
    });
    return {
      place: span.place,
      attempt: (retry) => span.event('Sending request.', { retry_num: retry }),
      failed: (interval, error) => span.event(
        'Exporting failed. Will retry the request after interval.',
        { interval, error: messageOf(error) }),
      end: (items, error) => {
        const isSent = error === undefined;
        span.end({ 'items.sent': isSent ? items : 0, 'items.failed': isSent ? 0 : items },
          isSent ? undefined : messageOf(error));
      },
    };
  }
}

/** The spans of the exporter of `context`; undefined where none are made. */
export function deliverySpans(
  { id, spans }: ExporterContext, signal: Signal,
): DeliverySpans | undefined {
  return spans === undefined ? undefined : new DeliverySpans(spans, id, signal);
}

function ended(span: OwnSpan, how: string): void {
  span.event(how);
  span.end();
}
