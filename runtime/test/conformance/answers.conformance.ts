/** Every answer of ours beside that of the real collector to the same bytes. */
import { readFileSync } from 'fs';
import { join } from 'path';
import { deflateSync, gzipSync } from 'zlib';
import { askGrpc, askHttp, framed, type Answer, type RawRequest } from './raw-request';
import {
  httpRequest, MAX_BODY, spanRequest, startTwoSides, TOKEN, type ReceiverName, type TwoSides,
} from './two-sides';

const PROTO = { 'content-type': 'application/x-protobuf' };
const JSON_TYPE = { 'content-type': 'application/json' };
const GRPC = { 'content-type': 'application/grpc', 'te': 'trailers' };
const TRACES = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const BODY = spanRequest('a span');
const JSON_BODY = Buffer.from(JSON.stringify({
  resourceSpans: [{
    scopeSpans: [{ spans: [{ traceId: '07'.repeat(16), spanId: '07'.repeat(8), name: 'a span' }] }],
  }],
}));
const BIG = spanRequest('x'.repeat(MAX_BODY));
const HUGE = spanRequest('x'.repeat(1024 * 1024));

type Row = readonly [name: string, receiver: ReceiverName, change: Partial<RawRequest>];

const HTTP_ROWS: readonly Row[] = [
  ['protobuf', 'plain', {}],
  ['JSON', 'plain', { headers: JSON_TYPE, body: JSON_BODY }],
  ['protobuf without spans', 'plain', { body: Buffer.alloc(0) }],
  ['JSON without spans', 'plain', { headers: JSON_TYPE, body: Buffer.from('{}') }],
  ['nothing as JSON', 'plain', { headers: JSON_TYPE, body: Buffer.alloc(0) }],
  ['broken JSON', 'plain', { headers: JSON_TYPE, body: Buffer.from('{"resourceSpans": [') }],
  ['JSON that is a list', 'plain', { headers: JSON_TYPE, body: Buffer.from('[]') }],
  ['JSON with a bad id', 'plain', {
    headers: JSON_TYPE,
    body: Buffer.from('{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"zz"}]}]}]}'),
  }],
  ['broken protobuf', 'plain', { body: Buffer.from([0x0a, 0x7f, 0x00]) }],
  ['protobuf with a group', 'plain', { body: Buffer.from([0x0b]) }],
  ['text as protobuf', 'plain', { body: Buffer.from('GET / HTTP/1.1') }],
  ...['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'].map((method): Row => (
    [method, 'plain', { method }])),
  ...[
    'application/json; charset=utf-8', 'APPLICATION/X-PROTOBUF', 'application/x-protobuf; a=b',
    'application/protobuf', 'application/grpc', 'text/plain', 'application/json;;', 'json', '*/*',
  ].map((type): Row => [`the content type ${type}`, 'plain', {
    headers: { 'content-type': type }, body: /json/.test(type) ? JSON_BODY : BODY,
  }]),
  ['no content type', 'plain', { headers: {} }],
  ['gzip', 'plain', { headers: { ...PROTO, 'content-encoding': 'gzip' }, body: gzipSync(BODY) }],
  ['zlib', 'plain', { headers: { ...PROTO, 'content-encoding': 'zlib' }, body: deflateSync(BODY) }],
  ['deflate', 'plain', {
    headers: { ...PROTO, 'content-encoding': 'deflate' }, body: deflateSync(BODY),
  }],
  ...['identity', 'br', 'GZIP', 'gzip, gzip', 'none'].map((name): Row => (
    [`the content encoding ${name}`, 'plain', {
      headers: { ...PROTO, 'content-encoding': name }, body: gzipSync(BODY),
    }])),
  ...['gzip', 'zlib', 'deflate', 'zstd', 'snappy', 'lz4', 'x-snappy-framed'].map((name): Row => (
    [`broken ${name}`, 'plain', {
      headers: { ...PROTO, 'content-encoding': name }, body: Buffer.from('not compressed'),
    }])),
  ['gzip that ends early', 'plain', {
    headers: { ...PROTO, 'content-encoding': 'gzip' }, body: gzipSync(BODY).subarray(0, 20),
  }],
  ['an unknown encoding of JSON', 'plain', {
    headers: { ...JSON_TYPE, 'content-encoding': 'br' }, body: JSON_BODY,
  }],
  ['broken gzip of JSON', 'plain', {
    headers: { ...JSON_TYPE, 'content-encoding': 'gzip' }, body: Buffer.from('not compressed'),
  }],
  ['a body that is too large', 'plain', { body: BIG }],
  ['a body of JSON that is too large', 'plain', {
    headers: JSON_TYPE, body: Buffer.concat([JSON_BODY, Buffer.alloc(MAX_BODY, ' ')]),
  }],
  ['a body that is too large once it is inflated', 'plain', {
    headers: { ...PROTO, 'content-encoding': 'gzip' }, body: gzipSync(BIG),
  }],
  ['/v1/logs without a pipeline', 'plain', { path: '/v1/logs' }],
  ...['/v1/nope', '/v1/traces/', '/', '//v1/traces', '/V1/TRACES', '/v1/traces?a=b',
    '/v1/../v1/traces', '/v1development/profiles'].map((path): Row => (
    [`the path ${path}`, 'plain', { path }])),
  ['GET of an unknown path', 'plain', { method: 'GET', path: '/v1/nope' }],
  ['no token', 'guarded', {}],
  ['no token at an unknown path', 'guarded', { path: '/v1/nope' }],
  ['no token and no content type', 'guarded', { headers: {} }],
  ['a wrong token', 'guarded', { headers: { ...PROTO, authorization: 'Bearer no' } }],
  ['a wrong token for JSON', 'guarded', {
    headers: { ...JSON_TYPE, authorization: 'Bearer no' }, body: JSON_BODY,
  }],
  ['a token of another scheme', 'guarded', {
    headers: { ...PROTO, authorization: `Basic ${TOKEN}` },
  }],
  ['the right token', 'guarded', { headers: { ...PROTO, authorization: `Bearer ${TOKEN}` } }],
  ['a memory limiter that refuses', 'limited', {}],
  ['a memory limiter that refuses JSON', 'limited', { headers: JSON_TYPE, body: JSON_BODY }],
  ['a full queue', 'full', {}],
  ['a backend that is not there', 'unreachable', {}],
];

const HTTP_ANSWERS = [
  '200', '202', '204', '301', '400', '401', '403', '404', '413', '429', '429 retry 7', '500', '501',
  '502', '503', '503 retry 7', '504',
];
const GRPC_ANSWERS = [
  ...Array.from({ length: 16 }, (_, code) => String(code + 1)), '8 retry 2', '8 retry 0.3',
  '14 retry 2', '14 retry 1.5', '3 retry 2',
];

const GRPC_ROWS: readonly Row[] = [
  ['a request', 'plain', {}],
  ['a request without spans', 'plain', { body: framed(Buffer.alloc(0)) }],
  ['no message', 'plain', { body: Buffer.alloc(0) }],
  ['half a prefix', 'plain', { body: Buffer.alloc(3) }],
  ['half a message', 'plain', { body: framed(BODY).subarray(0, 20) }],
  ['two messages', 'plain', { body: Buffer.concat([framed(BODY), framed(BODY)]) }],
  ['broken protobuf', 'plain', { body: framed(Buffer.from([0x0a, 0x7f, 0x00])) }],
  ['a message that is too large', 'plain', { body: framed(HUGE) }],
  ['a message that is too large once it is inflated', 'plain', {
    headers: { ...GRPC, 'grpc-encoding': 'gzip' }, body: framed(gzipSync(HUGE), true),
  }],
  ['gzip', 'plain', {
    headers: { ...GRPC, 'grpc-encoding': 'gzip' }, body: framed(gzipSync(BODY), true),
  }],
  ['a plain message where gzip may be', 'plain', {
    headers: { ...GRPC, 'grpc-encoding': 'gzip' }, body: framed(BODY),
  }],
  ['broken gzip', 'plain', {
    headers: { ...GRPC, 'grpc-encoding': 'gzip' }, body: framed(Buffer.from('no'), true),
  }],
  ['gzip that ends early', 'plain', {
    headers: { ...GRPC, 'grpc-encoding': 'gzip' },
    body: framed(gzipSync(BODY).subarray(0, 20), true),
  }],
  ['an unknown encoding', 'plain', {
    headers: { ...GRPC, 'grpc-encoding': 'br' }, body: framed(BODY, true),
  }],
  ['an unknown encoding of a plain message', 'plain', {
    headers: { ...GRPC, 'grpc-encoding': 'br' },
  }],
  ['the encoding identity', 'plain', { headers: { ...GRPC, 'grpc-encoding': 'identity' } }],
  ['a compressed message without an encoding', 'plain', { body: framed(gzipSync(BODY), true) }],
  ['a flag that gRPC does not have', 'plain', {
    body: Buffer.concat([Buffer.from([2]), framed(BODY).subarray(1)]),
  }],
  ['a signal without a pipeline', 'plain', {
    path: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  }],
  ['an unknown service', 'plain', { path: '/a.b.C/Export' }],
  ['an unknown method', 'plain', { path: TRACES.replace('Export', 'Import') }],
  ...['/', '/Export', `${TRACES}/`, `/${TRACES}`, `${TRACES}?a=b`].map((path): Row => (
    [`the path ${path}`, 'plain', { path }])),
  ...['application/grpc+proto', 'application/grpc;charset=utf-8', 'application/grpc+json',
    'application/grpcx', 'application/json', 'Application/gRPC'].map((type): Row => (
    [`the content type ${type}`, 'plain', { headers: { ...GRPC, 'content-type': type } }])),
  ['no content type', 'plain', { headers: { te: 'trailers' } }],
  ['no te', 'plain', { headers: { 'content-type': 'application/grpc' } }],
  ...['GET', 'PUT', 'OPTIONS'].map((method): Row => [method, 'plain', { method }]),
  ...['1S', '100m', '99999999H', '0S', '1', 'S', '1x', '-1S', '123456789S'].map((time): Row => (
    [`the time-out ${time}`, 'plain', { headers: { ...GRPC, 'grpc-timeout': time } }])),
  ['metadata that is no base64', 'plain', { headers: { ...GRPC, 'x-bin': '%%%' } }],
  ['no token', 'guarded', {}],
  ['no token at an unknown service', 'guarded', { path: '/a.b.C/Export' }],
  ['a wrong token', 'guarded', { headers: { ...GRPC, authorization: 'Bearer no' } }],
  ['the right token', 'guarded', { headers: { ...GRPC, authorization: `Bearer ${TOKEN}` } }],
  ['a memory limiter that refuses', 'limited', {}],
  ['a full queue', 'full', {}],
  ['a backend that is not there', 'unreachable', {}],
];

/** What is told to differ: names of requests, and the parts of their answers. */
const CHOSEN: ReadonlyMap<string, readonly string[]> = new Map(
  readFileSync(join(__dirname, '../../../docs/compatibility.md'), 'utf8').split('\n')
    .filter((line) => /^\| `(HTTP|gRPC): /.test(line))
    .flatMap((line) => {
      const [names, parts] = line.split(' | ').map(quoted);
      return names.map((name): [string, string[]] => [name, parts]);
    }));

function quoted(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text);
}

/** Expects the answers to be equal but for the parts that are told to differ, which must. */
function expectAlike(name: string, ours: Answer, theirs: Answer): void {
  const parts = CHOSEN.get(name) ?? [];
  const rest = (answer: Answer): Answer => (
    Object.fromEntries(Object.entries(answer).filter(([part]) => !parts.includes(part))));
  expect(rest(ours)).toEqual(rest(theirs));
  for (const part of parts) expect([part, ours[part]]).not.toEqual([part, theirs[part]]);
}

const ANSWERS = (ask: (said: string) => Partial<RawRequest>): Row[] => [
  ...HTTP_ANSWERS.map((said): Row => (
    [`an HTTP backend that says ${said}`, 'http-backend', ask(`answer ${said};`)])),
  ['an HTTP backend that says 200 in words that are none', 'http-backend',
    ask('answer 200; with a status')],
  ['an HTTP backend that leaves something out', 'http-backend', ask('partial')],
  ...GRPC_ANSWERS.map((said): Row => (
    [`a gRPC backend that says ${said}`, 'grpc-backend', ask(`answer ${said};`)])),
];
const ALL_HTTP = [...HTTP_ROWS, ...ANSWERS(httpRequest)];
const ALL_GRPC = [...GRPC_ROWS, ...ANSWERS((said) => ({ body: framed(spanRequest(said)) }))];

let sides: TwoSides;

beforeAll(async () => {
  sides = await startTwoSides();
}, 60_000);

afterAll(() => sides?.stop());

it('every request that is told to be answered differently is asked', () => {
  const asked = new Set([
    ...ALL_HTTP.map(([name]) => `HTTP: ${name}`), ...ALL_GRPC.map(([name]) => `gRPC: ${name}`),
  ]);
  expect(CHOSEN.size).toBeGreaterThan(0);
  expect([...CHOSEN.keys()].filter((name) => !asked.has(name))).toEqual([]);
});

describe('over HTTP ours answers as the real one to', () => {
  it.each(ALL_HTTP)('%s', async (name, receiver, change) => {
    const request = { ...httpRequest('a span'), ...change };
    const [ours, theirs] = await Promise.all([
      askHttp(sides.portsOf('ours', receiver).http, request),
      askHttp(sides.portsOf('upstream', receiver).http, request),
    ]);
    expectAlike(`HTTP: ${name}`, ours, theirs);
  });
});

describe('over gRPC ours answers as the real one to', () => {
  it.each(ALL_GRPC)('%s', async (name, receiver, change) => {
    const request = { path: TRACES, headers: GRPC, body: framed(BODY), ...change };
    const [ours, theirs] = await Promise.all([
      askGrpc(sides.portsOf('ours', receiver).grpc, request),
      askGrpc(sides.portsOf('upstream', receiver).grpc, request),
    ]);
    expectAlike(`gRPC: ${name}`, ours, theirs);
  });
});
