/** The spans of a whole process: their names, attributes and parents, at a peer that takes OTLP. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, credentials, Metadata, Server, ServerCredentials } from '@grpc/grpc-js';
import { CollectorProcess, freePorts, until } from '../testing/collector-process';
import { decodeForeign, encodeForeign } from '../testing/foreign-otlp';
import { loopbackReceiver, type LoopbackReceiver } from '../testing/otlp-loopback';

interface Span {
  readonly name: string;
  readonly scope: string;
  readonly trace: string;
  readonly id: string;
  readonly parent: string;
  readonly links: readonly string[];
  readonly events: readonly string[];
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly kind: number;
  readonly schema: string;
  readonly failure?: string;
}

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const CLIENT_SPAN = 'b7ad6b7169203331';
const SCOPE = 'go.opentelemetry.io/collector/exporter/exporterhelper';
const METHOD = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.40.0';
const [INTERNAL, SERVER, CLIENT] = [1, 2, 3];
const TRACE = {
  resource_spans: [{
    scope_spans: [{
      spans: [{ trace_id: Buffer.alloc(16, 1), span_id: Buffer.alloc(8, 2), name: 'GET /' }],
    }],
  }],
};

let sink: LoopbackReceiver;
let otlp: number;
let grpc: number;

beforeEach(async () => {
  sink = loopbackReceiver();
  await sink.receiver.start();
  [otlp, grpc] = await freePorts(2);
});

afterEach(() => sink.receiver.stop());

afterAll(() => CollectorProcess.killAll());

/** A process whose data goes nowhere, so that the sink gets its spans only. */
function started(
  traces: object, exporters: object = { nop: {} }, words: readonly string[] = [],
  resource: object = {},
): CollectorProcess {
  const protocols = {
    http: { endpoint: `127.0.0.1:${otlp}` }, grpc: { endpoint: `127.0.0.1:${grpc}` },
  };
  return new CollectorProcess(['run', ...words, '--config', `yaml:${JSON.stringify({
    receivers: { otlp: { protocols } },
    exporters,
    service: {
      telemetry: { metrics: { level: 'none' }, traces, resource },
      pipelines: { traces: { receivers: ['otlp'], exporters: Object.keys(exporters) } },
    },
  })}`]);
}

function to(protocol: string, processor = 'batch'): object[] {
  const port = sink.receiver.ports[protocol === 'grpc' ? 'grpc' : 'http'];
  const exporter = { otlp: { protocol, endpoint: `http://127.0.0.1:${port}` } };
  return [{ [processor]: { exporter } }];
}

function post(headers: Record<string, string> = {}): Promise<number> {
  return fetch(`http://127.0.0.1:${otlp}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', ...headers },
    body: encodeForeign('traces', TRACE),
  }).then(({ status }) => status, () => 0);
}

async function ended(collector: CollectorProcess): Promise<Span[]> {
  collector.signal('SIGTERM');
  expect((await collector.ended).code).toBe(0);
  return spansAt(sink);
}

async function ready(collector: CollectorProcess): Promise<void> {
  await until('readiness', () => collector.stderr.includes('Everything is ready.'));
}

function hex(base64: unknown): string {
  return Buffer.from(typeof base64 === 'string' ? base64 : '', 'base64').toString('hex');
}

interface Sent {
  readonly name: string;
  readonly kind: number;
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent_span_id?: string;
  readonly links?: { readonly span_id: string }[];
  readonly events?: { readonly name: string }[];
  readonly attributes?: {
    readonly key: string;
    readonly value: { readonly string_value?: string; readonly int_value?: string };
  }[];
  readonly status?: { readonly code?: number; readonly message?: string };
}

function spansAt({ consumers }: LoopbackReceiver): Span[] {
  return consumers.traces.payloads.flatMap(({ chunks }) => {
    const request = decodeForeign('traces', Buffer.concat(chunks)) as {
      resource_spans: {
        schema_url: string;
        scope_spans: { scope: { name: string }; spans: Sent[] }[];
      }[];
    };
    return request.resource_spans.flatMap(({ schema_url, scope_spans }) => scope_spans.flatMap(
      ({ scope, spans }) => spans.map((span) => readable(scope.name, schema_url, span))));
  });
}

function readable(scope: string, schema: string, span: Sent): Span {
  const { attributes = [], events = [], kind, links = [], name, status } = span;
  return {
    name,
    kind,
    scope,
    schema,
    trace: hex(span.trace_id),
    id: hex(span.span_id),
    parent: hex(span.parent_span_id),
    links: links.map((link) => hex(link.span_id)),
    events: events.map((event) => event.name),
    attributes: Object.fromEntries(attributes.map(({ key, value }) =>
      [key, value.string_value ?? Number(value.int_value)])),
    ...status?.message && { failure: status.message },
  };
}

function named(spans: readonly Span[], name: string): Span {
  const found = spans.find((span) => span.name === name);
  if (found === undefined) {
    throw new Error(`spans: must hold ${name}, got ${spans.map(
      (span) => span.name).join(', ')}`);
  }
  return found;
}

test.each([
  ['grpc', 'batch'], ['http/protobuf', 'batch'], ['http/json', 'simple'],
])('a request is one trace from receiver to exporter, sent over %s by %s', async (
  protocol, processor,
) => {
  const away = `127.0.0.1:${(await freePorts(1))[0]}`;
  const collector = started({ processors: to(protocol, processor) }, {
    'otlp_grpc/away': {
      endpoint: away,
      tls: { insecure: true },
      retry_on_failure: { enabled: false },
    },
  });
  await ready(collector);
  expect(await post()).toBe(200);
  await until('the loss', () => collector.stderr.includes('Dropping data'));
  const spans = await ended(collector);
  const [served, received, enqueued, sent, called] = [
    'POST /v1/traces', 'receiver/otlp/TraceDataReceived', 'exporter/enqueue',
    'exporter/otlp_grpc/away/traces', METHOD.slice(1),
  ].map((name) => named(spans, name));
  expect(spans).toHaveLength(5);
  expect(served).toMatchObject({ kind: SERVER, parent: '', schema: SCHEMA_URL });
  expect(received).toMatchObject({
    scope: 'otlp',
    kind: INTERNAL,
    parent: served.id,
    attributes: {
      transport: 'http', format: 'protobuf', accepted_spans: 1, refused_spans: 0, failed_spans: 0,
    },
  });
  expect(enqueued).toMatchObject({
    scope: SCOPE, trace: received.trace, parent: received.id, events: ['Enqueued item.'],
  });
  expect(sent).toMatchObject({
    scope: SCOPE,
    trace: received.trace,
    parent: enqueued.id,
    links: [],
    attributes: {
      'exporter': 'otlp_grpc/away', 'data_type': 'traces', 'items.sent': 0, 'items.failed': 1,
    },
  });
  expect(sent.events[0]).toBe('Sending request.');
  expect(sent.failure).toContain(away);
  expect(called).toMatchObject({
    kind: CLIENT,
    parent: sent.id,
    failure: sent.failure?.split(' desc = ')[1],
    attributes: { 'rpc.system.name': 'grpc', 'rpc.response.status_code': 'UNAVAILABLE' },
  });
});

const TRACEPARENT = { traceparent: `00-${TRACE_ID}-${CLIENT_SPAN}-01` };

/** Takes requests over both protocols, and keeps which span each of them told. */
async function backend() {
  const told: string[] = [];
  const http = createServer((request, response) => {
    told.push(String(request.headers.traceparent));
    request.resume().on('end', () => response.end());
  });
  await new Promise<void>((resolve) => { http.listen(0, '127.0.0.1', resolve); });
  const server = new Server();
  const same = (bytes: Buffer): Buffer => bytes;
  server.addService({
    export: {
      path: METHOD,
      requestStream: false,
      responseStream: false,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    },
  }, {
    export: (
      { metadata }: { metadata: Metadata }, answer: (error: null, bytes: Buffer) => void,
    ) => {
      told.push(...metadata.get('traceparent').map(String));
      answer(null, Buffer.alloc(0));
    },
  });
  const grpcPort = await new Promise<number>((resolve, reject) => server.bindAsync(
    '127.0.0.1:0', ServerCredentials.createInsecure(),
    (error, port) => { if (error === null) resolve(port); else reject(error); }));
  return {
    told,
    ports: { otlp_http: (http.address() as AddressInfo).port, otlp_grpc: grpcPort },
    close: () => {
      server.forceShutdown();
      http.closeAllConnections();
      http.close();
    },
  };
}

/** Calls over gRPC in the span of `TRACEPARENT`. */
async function call(): Promise<number> {
  const client = new Client(`127.0.0.1:${grpc}`, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('traceparent', TRACEPARENT.traceparent);
  const same = (bytes: Buffer): Buffer => bytes;
  await new Promise<void>((resolve, reject) => client.makeUnaryRequest(
    METHOD, same, same, Buffer.from(encodeForeign('traces', TRACE)), metadata,
    (error) => { if (error === null) resolve(); else reject(error); }));
  client.close();
  return 200;
}

test.each([
  ['otlp_http', 'own', () => post(TRACEPARENT), 'POST /v1/traces', 'HTTP POST'],
  ['otlp_grpc', 'own', call, METHOD.slice(1), METHOD.slice(1)],
  ['otlp_grpc', 'node', call, METHOD.slice(1), METHOD.slice(1)],
] as const)('%s (%s) goes on with the trace of a client and tells it to the peer', async (
  type, transport, send, incoming, outgoing,
) => {
  const peer = await backend();
  const scheme = type === 'otlp_http' ? 'http://' : '';
  const endpoint = `${scheme}127.0.0.1:${peer.ports[type]}`;
  const collector = started(
    { propagators: ['b3', 'tracecontext'], processors: to('http/protobuf') },
    { [type]: { endpoint, tls: { insecure: true }, sending_queue: { enabled: false } } },
    ['--transport', transport]);
  await ready(collector);
  expect(await send()).toBe(200);
  peer.close();
  const spans = await ended(collector);
  const served = spans.find(({ kind }) => kind === SERVER);
  const received = named(spans, 'receiver/otlp/TraceDataReceived');
  const exported = named(spans, `exporter/${type}/traces`);
  const called = spans.find(({ kind }) => kind === CLIENT);
  expect(spans).toHaveLength(4);
  expect(new Set(spans.map(({ trace }) => trace))).toEqual(new Set([TRACE_ID]));
  expect(served).toMatchObject({ name: incoming, parent: CLIENT_SPAN });
  expect(received.parent).toBe(served?.id);
  expect(exported.parent).toBe(received.id);
  expect(called).toMatchObject({ name: outgoing, parent: exported.id });
  expect(peer.told).toEqual([`00-${TRACE_ID}-${called?.id}-01`]);
  const [incomingSide, outgoingSide] = type === 'otlp_http'
    ? [{ 'server.port': otlp, 'http.response.status_code': 200 },
      { 'server.port': peer.ports.otlp_http, 'http.response.status_code': 200 }]
    : [{ 'server.port': grpc, 'rpc.response.status_code': 'OK' },
      { 'server.port': peer.ports.otlp_grpc, 'rpc.response.status_code': 'OK' }];
  expect(served?.attributes).toMatchObject(incomingSide);
  expect(called?.attributes).toMatchObject(outgoingSide);
});

test.each([
  // As upstream adds them: over HTTP after those of the span, over gRPC before.
  ['otlp_http', 'mine'], ['otlp_grpc', expect.stringMatching(/^00-/)],
] as const)('of %s with a header of its own, the peer is told %s', async (type, expected) => {
  const peer = await backend();
  const scheme = type === 'otlp_http' ? 'http://' : '';
  const collector = started({ propagators: ['tracecontext'], processors: to('http/protobuf') }, {
    [type]: {
      endpoint: `${scheme}127.0.0.1:${peer.ports[type]}`,
      tls: { insecure: true },
      headers: { TraceParent: 'mine' },
      sending_queue: { enabled: false },
    },
  });
  await ready(collector);
  expect(await post()).toBe(200);
  peer.close();
  expect(peer.told).toEqual([expected]);
  await ended(collector);
});

test('there are none at level none', async () => {
  const collector = started({ level: 'none', processors: to('http/protobuf') });
  await ready(collector);
  expect(await post()).toBe(200);
  expect(await ended(collector)).toEqual([]);
});

test('a batch of several requests is linked to all of them', async () => {
  const collector = started({ processors: to('http/protobuf') }, {
    otlp_http: {
      // Nobody: what is asked is how the batch was made.
      endpoint: 'http://127.0.0.1:1',
      retry_on_failure: { enabled: false },
      sending_queue: { batch: { flush_timeout: '1h', min_size: 1000 } },
    },
  });
  await ready(collector);
  for (let i = 0; i < 2; i++) expect(await post()).toBe(200);
  const spans = await ended(collector);
  const enqueued = spans.filter(({ name }) => name === 'exporter/enqueue').map(({ id }) => id);
  expect(enqueued).toHaveLength(2);
  expect(named(spans, 'exporter/otlp_http/traces')).toMatchObject({ parent: '', links: enqueued });
});

test.each([
  ['https://example.test/1', 'https://example.test/1'], [null, undefined],
])('resource.schema_url %j is sent along as %j', async (given, expected) => {
  const collector = started({ processors: to('http/protobuf') }, undefined, [], {
    schema_url: given, attributes: [{ name: 'service.name', value: 'me' }],
  });
  await ready(collector);
  expect(await post()).toBe(200);
  expect(named(await ended(collector), 'POST /v1/traces').schema).toBe(expected);
});
