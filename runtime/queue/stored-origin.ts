/** The span by which a request came into its queue, kept with it on disk as upstream does. */
import { withMetadata, type Payload } from '../pipeline/payload';
import type { SpanPlace } from '../telemetry/spans';

/** No client can send metadata of this name. */
const KEY = ':traceparent';

/** `payload` as it is kept when it came by the span `place`. */
export function withOrigin(payload: Payload, place: SpanPlace | undefined): Payload {
  if (place === undefined) return payload;
  const { spanId, traceFlags, traceId } = place;
  const text = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  return withMetadata(payload, { ...payload.metadata, [KEY]: [text] });
}

/** `stored` as it came, and by which span, if that is known. */
export function takeOrigin(stored: Payload): { payload: Payload; place?: SpanPlace } {
  const told = stored.metadata?.[KEY];
  if (told === undefined) return { payload: stored };
  const { [KEY]: _told, ...metadata } = { ...stored.metadata };
  const isNone = Object.keys(metadata).length === 0;
  const [, traceId, spanId, flags] = told[0].split('-');
  return {
    payload: withMetadata(stored, isNone ? undefined : metadata),
    place: { traceId, spanId, traceFlags: parseInt(flags, 16) },
  };
}
