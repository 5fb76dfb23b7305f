/** What our exporters make of a peer's answers. The peers are not ours. */
import { createServer, type IncomingHttpHeaders, type Server } from 'http';
import { gunzipSync } from 'zlib';
import * as grpc from '@grpc/grpc-js';
import type { Exporter } from '../component';
import { PermanentError, RetryableError } from '../errors';
import { createPayload } from '../pipeline/payload';
import { HTTP2S, type TestContext, useHttp2 } from '../testing/component-context';
import { loopbackExporter, loopbackReceiver } from '../testing/otlp-loopback';
import { encodeForeignPartialSuccess, encodeForeignStatus } from '../testing/rpc-status';
import { itemsIn, samplePayload } from '../testing/sample-payload';

const NO_RETRY = { retry_on_failure: { enabled: false }, sending_queue: { enabled: false } };
const PAYLOAD = samplePayload('traces', 3);

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

type Failure = Partial<grpc.ServiceError>;

/** A server that gives each answer once, the last one for ever. */
async function grpcPeer(
  answers: readonly (Failure | Buffer)[], port = 0,
): Promise<{ readonly endpoint: string; readonly received: Buffer[]; stop(): void }> {
  const received: Buffer[] = [];
  const bytes = (value: Buffer): Buffer => value;
  const service = {
    Export: {
      path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      requestStream: false as const,
      responseStream: false as const,
      requestSerialize: bytes,
      requestDeserialize: bytes,
      responseSerialize: bytes,
      responseDeserialize: bytes,
    },
  };
  const server = new grpc.Server();
  const handle: grpc.handleUnaryCall<Buffer, Buffer> = (call, callback) => {
    received.push(call.request);
    const answer = answers[Math.min(received.length, answers.length) - 1];
    if (Buffer.isBuffer(answer)) callback(null, answer); else callback(answer);
  };
  server.addService(service, { Export: handle });
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, grpc.ServerCredentials.createInsecure(), (error, got) => {
      if (error) reject(error); else resolve(got);
    });
  });
  const stop = (): void => server.forceShutdown();
  ends.push(stop);
  return { endpoint: `127.0.0.1:${bound}`, received, stop };
}

interface HttpAnswer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

interface HttpPeer {
  readonly endpoint: string;
  readonly received: {
    readonly url: string;
    readonly headers: IncomingHttpHeaders;
    readonly body: Buffer;
  }[];
  readonly server: Server;
}

async function httpPeer(answers: readonly HttpAnswer[]): Promise<HttpPeer> {
  const received: HttpPeer['received'] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { headers, url = '' } = request;
      received.push({ url, headers, body: Buffer.concat(chunks) });
      const answer = answers[Math.min(received.length, answers.length) - 1];
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => { server.closeAllConnections(); server.close(); });
  const { port } = server.address() as { port: number };
  return { endpoint: `http://127.0.0.1:${port}`, received, server };
}

async function started(
  type: 'otlp_grpc' | 'otlp_http', yaml: object,
): Promise<{ readonly exporter: Exporter; readonly context: TestContext }> {
  const made = loopbackExporter(type, yaml, ['traces']);
  await made.exporter.start();
  ends.push(() => made.exporter.stop());
  return made;
}

async function outcome(exporter: Exporter): Promise<unknown> {
  try {
    await exporter.consume(PAYLOAD);
    return 'taken';
  } catch (error) {
    return error;
  }
}

function throttle(seconds: number, nanos = 0): grpc.Metadata {
  const metadata = new grpc.Metadata();
  metadata.set('grpc-status-details-bin', encodeForeignStatus({
    code: 8, message: 'slow down', retryDelay: { seconds, nanos },
  }));
  return metadata;
}

describe.each(HTTP2S)('over %s HTTP/2, the gRPC exporter', (http2) => {
  beforeAll(() => useHttp2(http2));

  it.each([
    [1, 'Canceled', 'later'], [2, 'Unknown', 'never'], [3, 'InvalidArgument', 'never'],
    [4, 'DeadlineExceeded', 'later'], [5, 'NotFound', 'never'], [6, 'AlreadyExists', 'never'],
    [7, 'PermissionDenied', 'never'], [8, 'ResourceExhausted', 'never'],
    [9, 'FailedPrecondition', 'never'], [10, 'Aborted', 'later'], [11, 'OutOfRange', 'later'],
    [12, 'Unimplemented', 'never'], [13, 'Internal', 'never'], [14, 'Unavailable', 'later'],
    [15, 'DataLoss', 'later'], [16, 'Unauthenticated', 'never'],
  ])('after code %d, %s, tries again %s', async (code, name, when) => {
    const { endpoint } = await grpcPeer([{ code, details: 'no' }]);
    const { exporter } = await started('otlp_grpc', { endpoint, ...NO_RETRY });
    const error = await outcome(exporter);
    expect(error).toBeInstanceOf(when === 'later' ? RetryableError : PermanentError);
    const prefix = when === 'later' ? '' : 'Permanent error: ';
    expect(error).toMatchObject({
      code, message: `${prefix}rpc error: code = ${name} desc = no`,
    });
  });

  it('tries again after RESOURCE_EXHAUSTED when told how long to wait', async () => {
    const { endpoint } = await grpcPeer([{ code: 8, details: 'no', metadata: throttle(1, 5e8) }]);
    const { exporter } = await started('otlp_grpc', { endpoint, ...NO_RETRY });
    expect(await outcome(exporter)).toMatchObject({ name: 'RetryableError', delayMs: 1500 });
  });

  it('waits as long as it is told before the next try', async () => {
    const { endpoint, received } = await grpcPeer([
      { code: 14, details: 'no', metadata: throttle(0, 3e8) }, Buffer.alloc(0),
    ]);
    const { exporter } = await started('otlp_grpc', {
      endpoint, sending_queue: { enabled: false },
    });
    const began = performance.now();
    expect(await outcome(exporter)).toBe('taken');
    expect(performance.now() - began).toBeGreaterThanOrEqual(295);
    expect(received.map((bytes) => itemsIn('traces', bytes).length)).toEqual([3, 3]);
  });

  it('takes a partial success for a success, warns and counts', async () => {
    const { endpoint } = await grpcPeer([encodeForeignPartialSuccess(2, 'too old')]);
    const { exporter, context } = await started('otlp_grpc', { endpoint, ...NO_RETRY });
    expect(await outcome(exporter)).toBe('taken');
    const [line] = context.log.lines.filter(({ level }) => level === 'warn');
    expect(line).toMatchObject({
      message: 'Partial success response', fields: { message: 'too old', dropped_spans: 2 },
    });
    expect(context.metrics.value('otelgw_exporter_rejected_spans')).toBe(2);
  });

  it('says nothing about an empty partial success', async () => {
    const { endpoint } = await grpcPeer([encodeForeignPartialSuccess(0, '')]);
    const { exporter, context } = await started('otlp_grpc', { endpoint, ...NO_RETRY });
    expect(await outcome(exporter)).toBe('taken');
    expect(context.log.messages('warn')).toEqual([]);
  });

  it('gives up an attempt at its time-out', async () => {
    const { receiver, consumers } = loopbackReceiver();
    await receiver.start();
    ends.push(() => receiver.stop());
    ends.push(consumers.traces.hold());
    const { exporter } = await started('otlp_grpc', {
      endpoint: `127.0.0.1:${receiver.ports.grpc}`, timeout: '100ms', ...NO_RETRY,
    });
    expect(await outcome(exporter)).toMatchObject({ name: 'RetryableError', code: 4 });
  });

  it('loses nothing and tries nothing again while its connections reach their age', async () => {
    const { receiver, consumers } = loopbackReceiver({
      keepalive: { server_parameters: { max_connection_age: '200ms' } },
    });
    await receiver.start();
    ends.push(() => receiver.stop());
    const { exporter } = await started('otlp_grpc', {
      endpoint: `127.0.0.1:${receiver.ports.grpc}`, ...NO_RETRY,
    });
    let sent = 0;
    const end = performance.now() + 1200;
    while (performance.now() < end) {
      await Promise.all(Array.from({ length: 8 }, () => exporter.consume(PAYLOAD)));
      sent += 8;
    }
    expect(consumers.traces.calls).toBe(sent);
    expect(consumers.traces.items).toBe(sent * PAYLOAD.items);
  });

  it('learns that messages are too large although the peer stops reading them', async () => {
    const { receiver } = loopbackReceiver();
    await receiver.start();
    ends.push(() => receiver.stop());
    const { exporter } = await started('otlp_grpc', {
      endpoint: `127.0.0.1:${receiver.ports.grpc}`, compression: 'none', ...NO_RETRY,
    });
    const large = createPayload('traces', [Buffer.alloc(50_000_000)], 1);
    for (let round = 0; round < 3; round++) {
      const failures = await Promise.all(Array.from({ length: 4 }, async () => {
        try { await exporter.consume(large); } catch (error) { return (error as Error).message; }
        return 'taken';
      }));
      expect(new Set(failures)).toEqual(new Set([
        'Permanent error: rpc error: code = ResourceExhausted desc = '
          + 'grpc: received message larger than max (50000000 vs. 4194304)',
      ]));
    }
  });

  it('says of a peer that is away that it may come back', async () => {
    const { endpoint, stop } = await grpcPeer([Buffer.alloc(0)]);
    stop();
    const { exporter } = await started('otlp_grpc', { endpoint, ...NO_RETRY });
    expect(await outcome(exporter)).toMatchObject({ name: 'RetryableError', code: 14 });
  });

  it('delivers what it was given while its peer was restarted', async () => {
    const first = await grpcPeer([Buffer.alloc(0)]);
    const { exporter } = await started('otlp_grpc', { endpoint: first.endpoint });
    await exporter.consume(PAYLOAD);
    while (first.received.length === 0) await pause(5);
    first.stop();
    for (let i = 0; i < 20; i++) await exporter.consume(PAYLOAD);
    await pause(100);
    const second = await grpcPeer([Buffer.alloc(0)], Number(first.endpoint.split(':')[1]));
    const end = performance.now() + 10_000;
    while (second.received.length < 20 && performance.now() < end) await pause(20);
    expect(second.received).toHaveLength(20);
  });

  it('sends to every address of a name in turn', async () => {
    const dns = jest.requireActual<typeof import('dns')>('dns');
    const { lookup } = dns;
    const first = await grpcPeer([Buffer.alloc(0)]);
    const port = Number(first.endpoint.split(':')[1]);
    const { receiver, consumers } = loopbackReceiver({ endpoint: `127.0.0.2:${port}` });
    await receiver.start();
    ends.push(() => receiver.stop());
    const addresses = ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 }));
    const asked: string[] = [];
    const fake = (name: string, _options: object, found: (...all: unknown[]) => void): void => {
      asked.push(name);
      setImmediate(() => found(null, addresses));
    };
    Object.assign(dns, { lookup: fake });
    ends.push(() => Object.assign(dns, { lookup }));
    const { exporter } = await started('otlp_grpc', {
      endpoint: `dns:///sampler.telemetry.svc:${port}`, ...NO_RETRY,
    });
    await outcome(exporter);
    await pause(50);
    for (let i = 0; i < 10; i++) expect(await outcome(exporter)).toBe('taken');
    expect(asked[0]).toBe('sampler.telemetry.svc');
    expect(consumers.traces.calls).toBeGreaterThanOrEqual(5);
    expect(first.received.length).toBeGreaterThanOrEqual(5);
  });
});

describe('the HTTP exporter', () => {
  it.each([
    [200, 'taken'], [204, 'taken'],
    [400, 'never'], [401, 'never'], [403, 'never'], [404, 'never'], [413, 'never'],
    [500, 'never'], [501, 'never'],
    [429, 'later'], [502, 'later'], [503, 'later'], [504, 'later'],
  ])('after status %d takes the data for %s', async (status, what) => {
    const { endpoint } = await httpPeer([{ status, body: '' }]);
    const { exporter } = await started('otlp_http', { endpoint, ...NO_RETRY });
    const result = await outcome(exporter);
    const kind = { taken: String, never: PermanentError, later: RetryableError }[what];
    const text = 'error exporting items, request to '
      + `${endpoint}/v1/traces responded with HTTP Status Code ${status}`;
    expect(result instanceof Error ? result : Object(result)).toBeInstanceOf(kind);
    expect(String(result)).toContain(what === 'taken' ? 'taken' : text);
  });

  it.each([
    ['proto', encodeForeignStatus({ code: 3, message: 'bad span' }), 'application/x-protobuf'],
    ['json', JSON.stringify({ code: 3, message: 'bad span' }), 'application/json'],
  ])('repeats what its peer says in %s', async (encoding, body, type) => {
    const { endpoint } = await httpPeer([{ status: 400, body, headers: { 'content-type': type } }]);
    const { exporter } = await started('otlp_http', { endpoint, encoding, ...NO_RETRY });
    expect(await outcome(exporter)).toMatchObject({
      code: 3,
      message: expect.stringContaining('HTTP Status Code 400, Message=bad span, Details=[]'),
    });
  });

  it.each([
    [429, '2', 2000],
    [503, 'soon', undefined],
    [502, '2', undefined],
  ])('after status %d with Retry-After %s waits %d ms', async (status, after, delay) => {
    const { endpoint } = await httpPeer([{ status, headers: { 'retry-after': after } }]);
    const { exporter } = await started('otlp_http', { endpoint, ...NO_RETRY });
    const error = await outcome(exporter) as RetryableError;
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.delayMs).toBe(delay);
  });

  it('waits until the date that Retry-After names', async () => {
    const after = new Date(Date.now() + 60_000).toUTCString();
    const { endpoint } = await httpPeer([{ status: 503, headers: { 'retry-after': after } }]);
    const { exporter } = await started('otlp_http', { endpoint, ...NO_RETRY });
    const error = await outcome(exporter) as RetryableError;
    expect(error.delayMs).toBeGreaterThan(50_000);
    expect(error.delayMs).toBeLessThanOrEqual(60_000);
  });

  it.each([
    ['proto', 'application/x-protobuf', encodeForeignPartialSuccess(2, 'too old')],
    ['json', 'application/json',
      JSON.stringify({ partialSuccess: { rejectedSpans: '2', errorMessage: 'too old' } })],
  ])('takes a partial success in %s for a success, and warns', async (encoding, type, body) => {
    const { endpoint, received } = await httpPeer([{ status: 200, body }]);
    const { exporter, context } = await started('otlp_http', { endpoint, encoding, ...NO_RETRY });
    expect(await outcome(exporter)).toBe('taken');
    expect(received[0].headers['content-type']).toBe(type);
    expect(context.log.lines.find(({ level }) => level === 'warn')).toMatchObject({
      fields: { message: 'too old', dropped_spans: 2 },
    });
  });

  it('never sends again what was answered with something that is no answer', async () => {
    const { endpoint } = await httpPeer([{ status: 200, body: '<html>' }]);
    const { exporter } = await started('otlp_http', { endpoint, ...NO_RETRY });
    expect(await outcome(exporter)).toBeInstanceOf(PermanentError);
  });

  it('sends gzip, headers and JSON that another decoder reads', async () => {
    const { endpoint, received } = await httpPeer([{ status: 200, body: '{}' }]);
    const { exporter } = await started('otlp_http', {
      traces_endpoint: `${endpoint}/own/path?a=b`,
      encoding: 'json',
      headers: { 'X-Tenant': 'blue' },
      ...NO_RETRY,
    });
    expect(await outcome(exporter)).toBe('taken');
    const [{ url, headers, body }] = received;
    expect(url).toBe('/own/path?a=b');
    expect(headers).toMatchObject({
      'content-encoding': 'gzip', 'x-tenant': 'blue', 'content-length': String(body.length),
    });
    const json = JSON.parse(gunzipSync(body).toString()) as { resourceSpans: unknown[] };
    expect(json.resourceSpans).toHaveLength(1);
  });

  it('tries again at once when a kept connection had just been closed', async () => {
    const { endpoint, server } = await httpPeer([{ status: 200 }]);
    const { exporter } = await started('otlp_http', { endpoint, ...NO_RETRY });
    expect(await outcome(exporter)).toBe('taken');
    server.closeAllConnections();
    expect(await outcome(exporter)).toBe('taken');
  });

  it('gives up an attempt at its time-out', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ends.push(() => { server.closeAllConnections(); server.close(); });
    const { port } = server.address() as { port: number };
    const { exporter } = await started('otlp_http', {
      endpoint: `http://127.0.0.1:${port}`, timeout: '100ms', ...NO_RETRY,
    });
    expect(await outcome(exporter)).toMatchObject({ name: 'RetryableError', code: 4 });
  });

  it('says of a peer that is away that it may come back', async () => {
    const { exporter } = await started('otlp_http', {
      endpoint: 'http://127.0.0.1:1', ...NO_RETRY,
    });
    expect(await outcome(exporter)).toMatchObject({
      name: 'RetryableError', code: 14, message: expect.stringContaining('ECONNREFUSED'),
    });
  });
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
