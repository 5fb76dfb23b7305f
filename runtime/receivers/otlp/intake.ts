/** What happens to one message: counted, given to the pipeline, answered when that has it. */
import type { ReceiverCounters, Transport } from './receiver-metrics';
import type { ReceiverSpans } from './receiver-spans';
import type { Consumer } from '../../component';
import { MalformedError, PermanentError, RetryableError } from '../../errors';
import { Code, OK, statusOf, type Status } from '../../net/status';
import type { Encoding, OnMessage, Respond } from '../../net/transport';
import { countItems } from '../../otlp/count-items';
import { jsonToProto } from '../../otlp/json-to-proto';
import { receivedPayload, type Payload, type Signal } from '../../pipeline/payload';

/** An empty `partial_success`, which is what upstream answers when all was taken. */
const TAKEN: Readonly<Record<Encoding, Uint8Array>> = {
  proto: new Uint8Array([0x0a, 0x00]),
  json: Buffer.from('{"partialSuccess":{}}'),
};

/** Gives each message of one signal to the pipeline, and answers when the pipeline has it. */
export function intake(
  signal: Signal, transport: Transport, consumer: Consumer, counters: ReceiverCounters,
  spans?: ReceiverSpans,
): OnMessage {
  return (arena, offset, length, encoding, respond, metadata, parent) => {
    let bytes = arena.subarray(offset, offset + length);
    let items = 0;
    try {
      if (encoding === 'json') bytes = jsonToProto(signal, bytes);
      items = countItems(signal, bytes);
    } catch (error) {
      respond(statusOfMalformed(error, transport));
      return;
    }
    if (items === 0) {
      respond(OK, TAKEN[encoding]);
      return;
    }
    const span = spans?.begin(items, parent);
    const taken = (): void => {
      counters.accepted.add(items);
      span?.end();
      respond(OK, TAKEN[encoding]);
    };
    const refused = (error: unknown): void => {
      counters.refused.add(items);
      span?.end(error);
      refuse(error, respond);
    };
    const payload = receivedPayload(signal, bytes, items, metadata);
    if (span === undefined) consume(consumer, payload, taken, refused);
    else span.within(() => consume(consumer, payload, taken, refused));
  };
}

function consume(
  consumer: Consumer, payload: Payload, taken: () => void,
  refused: (error: unknown) => void,
): void {
  let result: void | Promise<void>;
  try {
    result = consumer.consume(payload);
  } catch (error) {
    refused(error);
    return;
  }
  if (result === undefined) taken(); else void result.then(taken, refused);
}

function refuse(error: unknown, respond: Respond): void {
  respond(statusOf(error));
  // The sender keeps its data and tries elsewhere, but a bug is not an answer: it ends the process.
  if (!(error instanceof RetryableError) && !(error instanceof PermanentError)) {
    queueMicrotask(() => { throw error; });
  }
}

/** gRPC decodes before its handlers run, so upstream answers there with another code. */
function statusOfMalformed(error: unknown, transport: Transport): Status {
  if (!(error instanceof MalformedError)) throw error;
  return transport === 'http'
    ? { code: Code.invalidArgument, message: error.message }
    : { code: Code.internal, message: `grpc: error unmarshalling request: ${error.message}` };
}
