import { callsOf, spanCalls } from './call-spans';
import { createCalls, type HttpCall, type HttpRequestSeen } from './calls';
import { PrometheusMetrics } from './prometheus-metrics';
import { FakeClock } from '../testing/fake-clock';
import { KeptSpans, placeOf, REMOTE, type KeptSpan } from '../testing/kept-spans';

const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const GRPC = 'go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc';
const HTTP = 'go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp';
const OWN = placeOf(1);

function only({ ended }: KeptSpans): Omit<KeptSpan, 'place'> {
  expect(ended).toHaveLength(1);
  const { place, ...span } = ended[0];
  expect(place).toEqual(OWN);
  return span;
}

const CALL: HttpCall = { method: 'POST', scheme: 'http', address: '127.0.0.1', port: 24318 };
const SEEN: HttpRequestSeen = {
  target: '/v1/traces?x=1',
  headers: { 'host': 'localhost:24318', 'user-agent': 'curl/7.88.1' },
  rawHeaders: ['traceparent', 'told'],
  peer: '127.0.0.1',
  peerPort: 43448,
};

// As the Go collector 0.160 wrote them of the same requests.
const SERVED = {
  'server.address': 'localhost',
  'http.request.method': 'POST',
  'url.scheme': 'http',
  'server.port': 24318,
  'network.peer.address': '127.0.0.1',
  'network.peer.port': 43448,
  'user_agent.original': 'curl/7.88.1',
  'client.address': '127.0.0.1',
  'url.path': '/v1/traces',
  'network.protocol.version': '1.1',
};

describe('the span of a request that came over HTTP', () => {
  it('has what upstream\'s has', () => {
    const spans = new KeptSpans();
    const told = spanCalls(spans).httpServer({ ...CALL, route: '/v1/traces' }, SEEN);
    expect(told.place).toEqual(OWN);
    told.end(200, 134, 21);
    expect(only(spans)).toEqual({
      start: expect.objectContaining({
        scope: HTTP, name: 'POST /v1/traces', kind: 'server', parent: REMOTE,
      }),
      attributes: {
        ...SERVED,
        'http.request.body.size': 134,
        'http.response.body.size': 21,
        'http.response.status_code': 200,
      },
      failure: undefined,
    });
  });

  it.each([
    ['GET', '/v1/logs', 'GET /v1/logs', { 'http.request.method': 'GET' }],
    ['GET', undefined, 'GET', { 'http.request.method': 'GET' }],
    ['BREW', '/v1/logs', 'HTTP /v1/logs', {
      'http.request.method': '_OTHER', 'http.request.method_original': 'BREW',
    }],
    ['get', undefined, 'GET', {
      'http.request.method': 'GET', 'http.request.method_original': 'get',
    }],
  ])('of the method %s and the route %s is called "%s"', (method, route, name, attributes) => {
    const spans = new KeptSpans();
    spanCalls(spans).httpServer({ ...CALL, method, route }, SEEN).end(405, 0, 41);
    const { start, attributes: all } = only(spans);
    expect(start.name).toBe(name);
    expect(all).toMatchObject(attributes);
    expect(all).not.toHaveProperty('http.request.body.size');
    expect(all).not.toHaveProperty('http.route');
  });

  it.each([[200, undefined], [404, undefined], [429, undefined], [500, ''], [503, '']])(
    'that was answered %i has the failure %j', (status, failure) => {
      const spans = new KeptSpans();
      spanCalls(spans).httpServer(CALL, SEEN).end(status, 0, 0);
      expect(only(spans).failure).toBe(failure);
    });

  it.each([
    ['http', 'h', { 'server.address': 'h' }],
    ['http', 'h:80', { 'server.address': 'h' }],
    ['https', 'h:443', { 'server.address': 'h' }],
    ['https', 'h:80', { 'server.address': 'h', 'server.port': 80 }],
    ['http', '[::1]:4318', { 'server.address': '::1', 'server.port': 4318 }],
    ['http', '[::1]', { 'server.address': '::1' }],
    ['http', undefined, { 'server.address': '' }],
  ])('over %s to the host %s knows the server %j', (scheme, host, expected) => {
    const spans = new KeptSpans();
    const request = { ...SEEN, headers: { host } };
    spanCalls(spans).httpServer({ ...CALL, scheme }, request).end(200, 0, 0);
    const told = Object.entries(only(spans).attributes)
      .filter(([name]) => name.startsWith('server.'));
    expect(Object.fromEntries(told)).toEqual(expected);
  });

  it('knows the client that a proxy names', () => {
    const spans = new KeptSpans();
    const headers = { ...SEEN.headers, 'x-forwarded-for': '10.0.0.1, 10.0.0.2' };
    spanCalls(spans).httpServer(CALL, { ...SEEN, headers }).end(200, 0, 0);
    expect(only(spans).attributes).toMatchObject({
      'client.address': '10.0.0.1', 'network.peer.address': '127.0.0.1',
    });
  });
});

const SENT = {
  'http.request.method': 'POST',
  'url.full': 'http://localhost:25318/v1/logs',
  'server.address': 'localhost',
  'server.port': 25318,
  'network.protocol.version': '1.1',
};
const NO_WAY = {
  type: 'ECONNREFUSED', message: 'dial tcp 127.0.0.1:25318: connect: connection refused',
};

describe('the span of a request that goes out over HTTP', () => {
  it.each([
    [200, undefined, { 'http.response.status_code': 200 }, undefined],
    [404, undefined, { 'http.response.status_code': 404, 'error.type': '404' }, ''],
    [503, undefined, { 'http.response.status_code': 503, 'error.type': '503' }, ''],
    [0, NO_WAY, { 'error.type': 'ECONNREFUSED' }, NO_WAY.message],
  ])('with the status %i and the failure %j has what upstream\'s has', (
    status, failure, attributes, said,
  ) => {
    const spans = new KeptSpans();
    const url = new URL('http://me:secret@localhost:25318/v1/logs');
    const told = spanCalls(spans).httpClient(CALL, url, REMOTE);
    expect(told).toMatchObject({ place: OWN, headers: [['traceparent', OWN.spanId]] });
    told.end(status, 10, 0, failure);
    expect(only(spans)).toEqual({
      start: expect.objectContaining({
        scope: HTTP, name: 'HTTP POST', kind: 'client', parent: REMOTE,
      }),
      attributes: { ...SENT, ...attributes },
      failure: said,
    });
  });
});

describe('the span of a call over gRPC', () => {
  const called = { 'rpc.method': EXPORT.slice(1), 'rpc.system.name': 'grpc' };

  it('that came in has what upstream\'s has', () => {
    const spans = new KeptSpans();
    const told = spanCalls(spans).grpcServer({
      path: EXPORT,
      isTaken: true,
      local: { address: '127.0.0.1', port: 4317 },
      headers: () => ['traceparent', 'told'],
    });
    expect(told.place).toEqual(OWN);
    told.end(0);
    expect(only(spans)).toEqual({
      start: expect.objectContaining({
        scope: GRPC, name: EXPORT.slice(1), kind: 'server', parent: REMOTE,
      }),
      attributes: {
        ...called,
        'server.address': '127.0.0.1',
        'server.port': 4317,
        'rpc.response.status_code': 'OK',
      },
      failure: undefined,
    });
  });

  // Of what its clients do wrong, a server is not to blame.
  it.each([
    [1, 'CANCELLED', undefined], [2, 'UNKNOWN', 'so'], [3, 'INVALID_ARGUMENT', undefined],
    [4, 'DEADLINE_EXCEEDED', 'so'], [8, 'RESOURCE_EXHAUSTED', undefined],
    [12, 'UNIMPLEMENTED', 'so'], [13, 'INTERNAL', 'so'], [14, 'UNAVAILABLE', 'so'],
    [15, 'DATA_LOSS', 'so'], [16, 'UNAUTHENTICATED', undefined],
  ])('that came in and ends with code %i (%s) has the failure %j', (code, name, failure) => {
    const spans = new KeptSpans();
    spanCalls(spans).grpcServer({ path: '/a/B', isTaken: false, headers: () => [] })
      .end(code, 'so');
    expect(only(spans)).toMatchObject({
      start: { name: 'a/B' }, attributes: { 'rpc.response.status_code': name }, failure,
    });
  });

  it.each([
    [0, '', { address: '127.0.0.1', port: 25317 }, {
      'server.address': '127.0.0.1', 'server.port': 25317, 'rpc.response.status_code': 'OK',
    }, undefined],
    [3, 'bad', { address: '/run/s', port: 0 }, {
      'server.address': '/run/s', 'rpc.response.status_code': 'INVALID_ARGUMENT',
    }, 'bad'],
    [14, 'refused', undefined, { 'rpc.response.status_code': 'UNAVAILABLE' }, 'refused'],
  ])('that goes out and ends with code %i has what upstream\'s has', (
    code, message, peer, attributes, failure,
  ) => {
    const spans = new KeptSpans();
    const told = spanCalls(spans).grpcClient(EXPORT, { address: 'localhost', port: 1 }, REMOTE);
    expect(told.headers).toEqual([['traceparent', OWN.spanId]]);
    told.end(code, message, peer);
    expect(only(spans)).toEqual({
      start: expect.objectContaining({
        scope: GRPC, name: EXPORT.slice(1), kind: 'client', parent: REMOTE,
      }),
      attributes: { ...called, ...attributes },
      failure,
    });
  });
});

test('calls are told to those who count and those who trace, to one of them, or to nobody', () => {
  const metrics = new PrometheusMetrics({ level: 'detailed' });
  const spans = new KeptSpans();
  const counted = createCalls(metrics, new FakeClock());
  const traced = spanCalls(spans);
  expect(callsOf(undefined, undefined)).toBeUndefined();
  expect(callsOf(counted, undefined)).toBe(counted);
  expect(callsOf(undefined, traced)).toBe(traced);
  const told = callsOf(counted, traced)!.grpcServer({
    path: EXPORT, isTaken: true, headers: () => [],
  });
  expect(told.place).toEqual(OWN);
  told.end(0);
  expect(spans.ended).toHaveLength(1);
  expect(metrics.value('rpc.server.call.duration', {
    'rpc.method': EXPORT.slice(1), 'rpc.response.status_code': 'OK', 'rpc.system.name': 'grpc',
  })).toBe(1);
});
