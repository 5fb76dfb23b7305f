/** Every answer that the real collector was seen to give, given by ours to the same request. */
import { readFileSync } from 'fs';
import { gzipSync } from 'zlib';
import * as grpc from '@grpc/grpc-js';
import { systemClock } from '../clock';
import type { Http2 } from '../component';
import { otlpReceiver } from '../config';
import { PermanentError, RetryableError } from '../errors';
import { codeName } from '../net/status';
import { createOtlpReceiver, type OtlpReceiver } from '../receivers/otlp/otlp';
import { HTTP2S, receiverContext } from '../testing/component-context';
import { HTTP_CARRIERS } from '../testing/http-carriers';
import { oracleLines } from '../testing/oracle-lines';
import { RecordingConsumer } from '../testing/recording-consumer';
import { decodeForeignStatus } from '../testing/rpc-status';
import { samplePayload } from '../testing/sample-payload';
import { makeTestCertificates, type TestCertificates } from '../testing/test-certificates';

interface HttpLine {
  readonly protocol: 'http';
  readonly case: string;
  readonly method: string;
  readonly path: string;
  readonly request_content_type: string;
  readonly request_content_encoding: string;
  readonly pipeline_error?: string;
  readonly status: number;
  readonly response_content_type: string;
  readonly retry_after?: string;
  readonly body?: string;
  readonly body_hex?: string;
  readonly consumer_called: number;
}

interface GrpcLine {
  readonly protocol: 'grpc';
  readonly case: string;
  readonly code: string;
  readonly message: string;
  readonly retry_info?: string;
  readonly response_hex?: string;
  readonly consumer_called?: number;
}

const LINES = oracleLines<HttpLine | GrpcLine>('otlp_receiver_responses');
const HTTP = LINES.filter((line) => line.protocol === 'http');
const GRPC = LINES.filter((line) => line.protocol === 'grpc');

const PROTO = samplePayload('traces', 1).chunks[0];
const JSON_BODY = Buffer.from(JSON.stringify({
  resourceSpans: [{
    scopeSpans: [{
      spans: [{
        traceId: '0102030405060708090a0b0c0d0e0f10', spanId: '0102030405060708', name: 'GET /',
      }],
    }],
  }],
}));
const LIMIT = 4096;

/** Bodies by case; the others send a good request in the encoding that their header says. */
const BODIES: Readonly<Record<string, Uint8Array>> = {
  'empty json object': Buffer.from('{}'),
  'empty json body': Buffer.alloc(0),
  'broken json': Buffer.from('{"resourceSpans": ['),
  'ok gzip': gzipSync(PROTO),
  'corrupt gzip': Buffer.from('not gzip'),
  'body over max_request_body_size, protobuf': Buffer.alloc(LIMIT + 963, 0x0a),
  'decompressed body over the limit': gzipSync(Buffer.alloc(LIMIT + 1)),
};

/** What the pipeline failed with, in the words of the oracle, as our components say it. */
const FAILURES: readonly (readonly [RegExp, (match: RegExpExecArray) => Error])[] = [
  [/^memory limiter: "(.*)"$/, ([, text]) => new RetryableError(text)],
  [/^queue full: "(.*)"$/, ([, text]) => new RetryableError(text)],
  [/^plain error: errors\.New\("(.*)"\)$/, ([, text]) => new RetryableError(text)],
  [/^(context canceled|context deadline exceeded)$/, ([, text]) => new RetryableError(text)],
  [/^permanent$/, () => new PermanentError('boom')],
  [/^permanent wrapping a status RESOURCE_EXHAUSTED$/, () => new PermanentError(
    'Permanent error: rpc error: code = ResourceExhausted desc = rl', { code: 8 })],
  [/^fmt-wrapped status INVALID_ARGUMENT$/, () => new PermanentError(
    'wrap: rpc error: code = InvalidArgument desc = bad', { code: 3 })],
  [/^(RESOURCE_EXHAUSTED|UNAVAILABLE) with RetryInfo (\d+)(ms|s)$/, ([, name, time, unit]) => (
    new RetryableError('throttled', {
      code: name === 'UNAVAILABLE' ? 14 : 8, delayMs: Number(time) * (unit === 's' ? 1000 : 1),
    }))],
  [/^status (\w+)$/, ([, name]) => new PermanentError('msg', { code: codeOf(name) })],
];

function codeOf(name: string): number {
  return Array.from({ length: 17 }, (_, code) => code).find((code) => codeName(code) === name)!;
}

function failureOf(text: string): Error {
  for (const [pattern, make] of FAILURES) {
    const match = pattern.exec(text);
    if (match !== null) return make(match);
  }
  throw new Error(`table: must know every failure of the oracle, got "${text}"`);
}

const traces = new RecordingConsumer();
const receivers = new Map<string, OtlpReceiver>();
let certificates: TestCertificates;
let ca: string;

async function start(name: string, http2: Http2, http: object = {}): Promise<void> {
  const { settings, problems } = otlpReceiver.read({
    protocols: {
      http: { endpoint: '127.0.0.1:0', max_request_body_size: LIMIT, ...http },
      grpc: { endpoint: '127.0.0.1:0', max_recv_msg_size_mib: 1 },
    },
  });
  expect(problems).toEqual([]);
  const context = { ...receiverContext('otlp', { traces }), clock: systemClock, http2 };
  const receiver = createOtlpReceiver(settings!, context);
  receivers.set(name, receiver);
  await receiver.start();
}

beforeAll(async () => {
  for (const http2 of HTTP2S) await start(http2, http2);
  certificates = makeTestCertificates();
  ca = readFileSync(certificates.caFile, 'utf8');
  const { certFile, keyFile } = certificates.server;
  await start('TLS', 'own', { tls: { cert_file: certFile, key_file: keyFile } });
}, 60_000);

afterAll(async () => {
  await Promise.all([...receivers.values()].map((each) => each.stop()));
  certificates.remove();
});

beforeEach(() => {
  traces.accept();
  traces.calls = 0;
});

/** The oracle's JSON without the white space that protojson puts in by chance. */
function parsed(body: string): unknown {
  return JSON.parse(body);
}

describe.each(HTTP_CARRIERS)('over %s, the answer is that of the real collector to', (
  _carrier, carrier,
) => {
  const named = HTTP.map((line): [string, HttpLine] => [
    line.pipeline_error === undefined ? line.case : `a pipeline that fails: ${line.pipeline_error}`,
    line,
  ]);

  it.each(named)('%s', async (_name, line) => {
    if (line.pipeline_error !== undefined) {
      const error = failureOf(line.pipeline_error);
      traces.refuse(() => error);
    }
    const isJson = line.request_content_type.startsWith('application/json');
    const body = BODIES[line.case] ?? (isJson ? JSON_BODY : PROTO);
    const response = await carrier.send({
      port: receivers.get(carrier.isSecure ? 'TLS' : 'own')?.ports.http ?? 0,
      path: line.path,
      method: line.method,
      ca,
      body,
      headers: {
        'content-type': line.request_content_type,
        ...line.request_content_encoding && { 'content-encoding': line.request_content_encoding },
      },
    });
    const answer = response.body;
    expect(response.status).toBe(line.status);
    expect(response.headers['content-type']).toBe(line.response_content_type);
    expect(response.headers['retry-after']).toBe(line.retry_after);
    expect(Date.parse(String(response.headers.date))).toBeGreaterThan(0);
    expect(traces.calls).toBe(line.consumer_called);
    if (line.body_hex !== undefined) {
      expect(answer.toString('hex')).toBe(line.body_hex);
    } else if (line.response_content_type !== 'application/json') {
      expect(answer.toString()).toBe(line.body);
    } else if (line.case.includes('json') && line.status === 400) {
      // The sentence is that of a Go decoder; the code is what counts.
      expect(JSON.parse(answer.toString())).toMatchObject({ code: 3 });
    } else {
      expect(parsed(answer.toString())).toEqual(parsed(line.body ?? ''));
    }
  });
});

interface GrpcAnswer {
  readonly error: grpc.ServiceError | null;
  readonly answer?: Buffer;
}

function call(client: grpc.Client, path: string, message: Uint8Array): Promise<GrpcAnswer> {
  const bytes = (value: Buffer): Buffer => value;
  const options = { deadline: Date.now() + 5000 };
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      path, bytes, bytes, Buffer.from(message), new grpc.Metadata(), options,
      (error, answer) => resolve({ error, answer }),
    );
  });
}

function retryInfoOf(error: grpc.ServiceError | null): string | undefined {
  const details = error?.metadata.get('grpc-status-details-bin')[0];
  if (!(details instanceof Uint8Array)) return undefined;
  const delay = decodeForeignStatus(details).retryDelay;
  return delay && (delay.nanos === 0 ? `${delay.seconds}s` : `${delay.nanos / 1e6}ms`);
}

describe.each(HTTP2S)('over gRPC and %s HTTP/2, the answer of the real collector to', (http2) => {
  it.each(GRPC.map((line): [string, GrpcLine] => [line.case, line]))('%s', async (_name, line) => {
    const failure = /^pipeline error: (.*)$/.exec(line.case);
    if (failure !== null) {
      const error = failureOf(failure[1]);
      traces.refuse(() => error);
    }
    const client = new grpc.Client(
      `127.0.0.1:${receivers.get(http2)?.ports.grpc}`, grpc.credentials.createInsecure());
    const service = line.case.startsWith('logs') ? 'logs.v1.LogsService' : 'trace.v1.TraceService';
    const body = line.case.startsWith('message over') ? Buffer.alloc(1_048_640, 0x0a) : PROTO;
    const { error, answer } = await call(
      client, `/opentelemetry.proto.collector.${service}/Export`, body);
    client.close();
    expect(codeName(error?.code ?? 0)).toBe(line.code);
    expect(error?.details ?? '').toBe(line.message);
    expect(retryInfoOf(error)).toBe(line.retry_info);
    expect(answer?.toString('hex')).toBe(line.response_hex);
    expect(traces.calls).toBe(line.consumer_called ?? 0);
  });
});
