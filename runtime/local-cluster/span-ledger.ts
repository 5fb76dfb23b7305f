/** What a backend has received: every span once, and from whom the spans of each trace came. */
import { SPAN_SPAN_ID } from '../otlp/fields';
import { SpanIndex } from '../otlp/span-index';
import { position, readTag, skipValue } from '../wire/reader';

/** What arrived of one trace. */
export interface ReceivedTrace {
  /** How often each span arrived, by span id. */
  readonly spans: Map<string, number>;
  /** Addresses that its spans came from. */
  readonly senders: Set<string>;
}

const SPAN_ID_LENGTH = 8;

/** Spans by trace. */
export class SpanLedger {
  /** What arrived, by trace id in hexadecimal. */
  public readonly traces = new Map<string, ReceivedTrace>();
  /** Number of spans that arrived, each arrival counted. */
  public spanCount = 0;
  private readonly index = new SpanIndex();

  /**
   * Counts an ExportTraceServiceRequest that came from `sender`.
   *
   * @throws MalformedError when it is none; nothing of it is then counted.
   */
  public addMessage(bytes: Uint8Array, sender: string): void {
    const { index } = this;
    index.read(bytes);
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let span = 0; span < index.spanCount; span++) {
      const at = index.traceIdAt[span];
      const traceId = at < 0 ? '' : view.toString('hex', at, at + 16);
      const spanId = spanIdOf(view, index.spanBody[span], index.spanEnd[span]);
      this.add(traceId, spanId, sender);
    }
  }

  /** Counts one span that came from `sender`. */
  public add(traceId: string, spanId: string, sender: string): void {
    let trace = this.traces.get(traceId);
    if (trace === undefined) {
      trace = { spans: new Map(), senders: new Set() };
      this.traces.set(traceId, trace);
    }
    trace.spans.set(spanId, (trace.spans.get(spanId) ?? 0) + 1);
    trace.senders.add(sender);
    this.spanCount++;
  }
}

function spanIdOf(bytes: Buffer, body: number, end: number): string {
  for (let at = body; at < end;) {
    const tag = readTag(bytes, at, end);
    const valueAt = position;
    at = skipValue(bytes, valueAt, end, tag);
    if (tag === SPAN_SPAN_ID && at - valueAt === SPAN_ID_LENGTH + 1) {
      return bytes.toString('hex', valueAt + 1, at);
    }
  }
  return '';
}
