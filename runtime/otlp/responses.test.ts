import { readFileSync } from 'fs';
import { join } from 'path';
import {
  decodeStatus, encodeStatus, exportResponse, partialSuccessResponse, readPartialSuccess,
} from './responses';
import { MalformedError } from '../errors';
import { SIGNALS } from '../pipeline/payload';
import { decodeProto, encodeProto } from '../testing/otlp-proto';

interface Answer {
  readonly case: string;
  readonly status: number;
  readonly body?: string;
  readonly body_hex?: string;
  readonly response_content_type?: string;
}

const ANSWERS = readFileSync(
  join(__dirname, '../testing/oracle/otlp_receiver_responses.jsonl'), 'utf8',
).split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Answer);

const JSON_STATUSES = ANSWERS.filter(({ status, response_content_type: type }) =>
  status >= 400 && type === 'application/json').map(({ body }) => body as string);
const PROTO_STATUSES = ANSWERS.filter(({ status, body_hex: hex }) =>
  status >= 400 && hex !== undefined).map(({ body_hex: hex }) => hex as string);

describe('answers of the Go receiver', () => {
  test('a request that was taken is answered with the same bytes', () => {
    const taken = ANSWERS.filter(({ status }) => status === 200);
    expect(new Set(taken.map(({ body, body_hex: hex }) => body ?? hex))).toEqual(
      new Set([exportResponse('json').toString(), exportResponse('proto').toString('hex')]));
  });

  test.each(JSON_STATUSES)('status %s is read and written as JSON', (body) => {
    const status = decodeStatus(Buffer.from(body), 'json');
    expect(JSON.parse(encodeStatus(status, 'json').toString())).toEqual(JSON.parse(body));
  });

  test.each(PROTO_STATUSES)('status %s is read and written as protobuf', (hex) => {
    const status = decodeStatus(Buffer.from(hex, 'hex'), 'proto');
    expect(encodeStatus(status, 'proto').toString('hex')).toBe(hex);
  });
});

describe('a status', () => {
  test.each([
    [0, '0s'], [200, '0.200s'], [1500, '1.500s'], [13_000, '13s'], [0.5, '0.000500s'],
    [0.000001, '0.000000001s'],
  ])('asks to wait %d ms as %s', (retryDelayMs, text) => {
    const status = { code: 8, message: 'später', retryDelayMs };
    const json = encodeStatus(status, 'json');
    expect(JSON.parse(json.toString())).toMatchObject({ details: [{ retryDelay: text }] });
    expect(decodeStatus(json, 'json')).toEqual(status);
    expect(decodeStatus(encodeStatus(status, 'proto'), 'proto')).toEqual(status);
  });

  test('of another encoder is read, details that are not RetryInfo are passed over', () => {
    const bytes = encodeProto('RpcStatus', {
      code: 14,
      message: 'too much',
      details: [
        { typeUrl: 'type.googleapis.com/google.rpc.Help', value: Buffer.from([1, 2]) },
        {
          typeUrl: 'type.googleapis.com/google.rpc.RetryInfo',
          value: encodeProto('RetryInfo', { retryDelay: { seconds: 2, nanos: 5e8 } }),
        },
      ],
    });
    expect(decodeStatus(bytes, 'proto')).toEqual({
      code: 14, message: 'too much', retryDelayMs: 2500,
    });
  });

  test.each([
    ['proto', Buffer.from([0x12, 0x05])], ['json', Buffer.from('<html>')],
  ] as const)('that is broken %s is refused', (encoding, body) => {
    expect(() => decodeStatus(body, encoding)).toThrow(MalformedError);
  });
});

describe('partial success', () => {
  test.each(SIGNALS)('of %s is read back from both encodings', (signal) => {
    const partial = { rejected: 7, message: 'zu groß' };
    const proto = partialSuccessResponse(signal, partial, 'proto');
    expect(readPartialSuccess(signal, proto, 'proto')).toEqual(partial);
    expect(decodeProto('ExportServiceResponse', proto))
      .toEqual({ partialSuccess: { rejected: '7', errorMessage: 'zu groß' } });
    const json = partialSuccessResponse(signal, partial, 'json');
    expect(readPartialSuccess(signal, json, 'json')).toEqual(partial);
  });

  test.each([
    ['proto', Buffer.alloc(0)], ['proto', Buffer.from('0a00', 'hex')],
    ['json', Buffer.from('{}')], ['json', Buffer.from('{"partialSuccess":{"rejectedSpans":0}}')],
  ] as const)('there is none in an empty %s answer', (encoding, body) => {
    expect(readPartialSuccess('traces', body, encoding)).toBeUndefined();
  });
});
