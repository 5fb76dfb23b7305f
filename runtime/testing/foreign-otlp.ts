/**
 * OTLP bytes from an encoder that is not ours: protobufjs over the published field numbers.
 *
 * Every message has one field more than OTLP has today, `future`, so that tests can ask whether
 * what a later version adds survives its way through us.
 */
import { parse, Type } from 'protobufjs';
import { PROTO } from './otlp-proto';
import { createPayload, Payload, Signal } from '../pipeline/payload';

const FUTURE = 'string future = 2000;';
const { root } = parse(PROTO.replace(/(message \w+ \{)/g, `$1 ${FUTURE}`), { keepCase: true });

const REQUESTS: Readonly<Record<Signal, Type>> = {
  traces: root.lookupType('ExportTraceServiceRequest'),
  metrics: root.lookupType('ExportMetricsServiceRequest'),
  logs: root.lookupType('ExportLogsServiceRequest'),
};

/** A request as protobufjs takes it: snake_case names, bytes as Buffer, long numbers as strings. */
export type ForeignRequest = Readonly<Record<string, unknown>>;

/** The bytes of an export request. */
export function encodeForeign(signal: Signal, request: ForeignRequest): Uint8Array {
  const type = REQUESTS[signal];
  return type.encode(type.fromObject(request)).finish();
}

/** What is in the bytes of an export request; ids as base64, long numbers as strings. */
export function decodeForeign(signal: Signal, bytes: Uint8Array): ForeignRequest {
  const type = REQUESTS[signal];
  return type.toObject(type.decode(bytes), { longs: String, bytes: String }) as ForeignRequest;
}

/** A payload of `request`, which holds `items` items. */
export function foreignPayload(signal: Signal, request: ForeignRequest, items: number): Payload {
  return createPayload(signal, [encodeForeign(signal, request)], items);
}
