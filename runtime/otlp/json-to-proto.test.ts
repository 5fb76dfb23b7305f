import { readFileSync } from 'fs';
import { join } from 'path';
import { countItems } from './count-items';
import { jsonToProto } from './json-to-proto';
import { protoToJson } from './proto-to-json';
import { MalformedError } from '../errors';
import type { Signal } from '../pipeline/payload';
import { protoType } from '../testing/otlp-proto';

interface Case {
  readonly signal: Signal;
  readonly case: string;
  readonly input: string;
  readonly error?: string;
  readonly reencoded_json: string;
  readonly protobuf_hex: string;
}

const REQUEST_NAMES: Readonly<Record<Signal, string>> = {
  traces: 'ExportTraceServiceRequest',
  metrics: 'ExportMetricsServiceRequest',
  logs: 'ExportLogsServiceRequest',
};

const CASES = readFileSync(join(__dirname, '../testing/oracle/otlp_json.jsonl'), 'utf8')
  .split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Case);

/** As protobufjs reads it; an empty id and a missing one are the same. */
function decoded(signal: Signal, bytes: Uint8Array): object {
  const type = protoType(REQUEST_NAMES[signal]);
  return type.toObject(type.decode(bytes), {
    longs: String, bytes: String, defaults: true, arrays: true,
  });
}

describe('OTLP/JSON is read as the Go collector reads it', () => {
  test.each(CASES.filter(({ error }) => error === undefined))('$signal: $case', (row) => {
    const proto = jsonToProto(row.signal, Buffer.from(row.input));
    const upstream = Buffer.from(row.protobuf_hex, 'hex');
    expect(decoded(row.signal, proto)).toEqual(decoded(row.signal, upstream));
    const expected: unknown = JSON.parse(row.reencoded_json);
    expect(JSON.parse(protoToJson(row.signal, [proto]).toString())).toEqual(expected);
    expect(JSON.parse(protoToJson(row.signal, [upstream]).toString())).toEqual(expected);
    expect(countItems(row.signal, proto)).toBe(countItems(row.signal, upstream));
  });

  test.each(CASES.filter(({ error }) => error !== undefined))('refused: $signal: $case', (row) => {
    expect(() => jsonToProto(row.signal, Buffer.from(row.input))).toThrow(MalformedError);
  });
});
