import type { Transport } from './receiver-metrics';
import type { ComponentContext } from '../../component';
import { messageOf } from '../../errors';
import { ITEM_NAMES, type Signal } from '../../pipeline/payload';
import { within, type SpanPlace } from '../../telemetry/spans';

/** Tells that the message is taken, or why not. */
export type EndReceive = (error?: unknown) => void;

/** The spans of a receiver for one signal and transport. */
export interface ReceiverSpans {
  /** Begins the span of a message with `items`, below that of the client. */
  begin(items: number, parent: SpanPlace | undefined): {
    /** Calls `work` in the span. */
    readonly within: <T>(work: () => T) => T;
    /** Ends it. */
    readonly end: EndReceive;
  };
}

const OPERATIONS: Readonly<Record<Signal, string>> = {
  traces: 'TraceDataReceived', metrics: 'MetricsReceived', logs: 'LogsReceived',
};

/** The spans of the receiver of `context`, as upstream's; undefined where none are made. */
export function receiverSpans(
  { id, spans }: ComponentContext, signal: Signal, transport: Transport,
): ReceiverSpans | undefined {
  if (spans === undefined) return undefined;
  const name = `receiver/${id}/${OPERATIONS[signal]}`;
  const counted = ITEM_NAMES[signal];
  return {
    begin: (items, parent) => {
      const span = spans.begin({ scope: id, name, attributes: { transport }, parent });
      return {
        within: (work) => within(spans, span.place, work),
        end: (error) => span.end({
          // Upstream says so of JSON as well.
          format: 'protobuf',
          [`accepted_${counted}`]: error === undefined ? items : 0,
          [`refused_${counted}`]: error === undefined ? 0 : items,
          [`failed_${counted}`]: 0,
        }, error === undefined ? undefined : messageOf(error)),
      };
    },
  };
}
