/** The spans of a whole process: their names, attributes and parents, at a peer that takes OTLP. */
import { Client, credentials, Metadata } from '@grpc/grpc-js';
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
  readonly failure?: string;
}

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const CLIENT_SPAN = 'b7ad6b7169203331';
const SCOPE = 'go.opentelemetry.io/collector/exporter/exporterhelper';
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
): CollectorProcess {
  const protocols = {
    http: { endpoint: `127.0.0.1:${otlp}` }, grpc: { endpoint: `127.0.0.1:${grpc}` },
  };
  return new CollectorProcess(['run', ...words, '--config', `yaml:${JSON.stringify({
    receivers: { otlp: { protocols } },
    exporters,
    service: {
      telemetry: { metrics: { level: 'none' }, traces },
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
      resource_spans: { scope_spans: { scope: { name: string }; spans: Sent[] }[] }[];
    };
    return request.resource_spans.flatMap(({ scope_spans }) => scope_spans)
      .flatMap(({ scope, spans }) => spans.map((span) => readable(scope.name, span)));
  });
}

function readable(scope: string, span: Sent): Span {
  const { attributes = [], events = [], links = [], name, status } = span;
  return {
    name,
    scope,
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
  const backend = `127.0.0.1:${(await freePorts(1))[0]}`;
  const collector = started({ processors: to(protocol, processor) }, {
    'otlp_grpc/away': {
      endpoint: backend,
      tls: { insecure: true },
      retry_on_failure: { initial_interval: '1ms', max_interval: '1ms', max_elapsed_time: '1ms' },
    },
  });
  await ready(collector);
  expect(await post()).toBe(200);
  await until('the loss', () => collector.stderr.includes('Dropping data'));
  const spans = await ended(collector);
  const [received, enqueued, sent] = [
    'receiver/otlp/TraceDataReceived', 'exporter/enqueue', 'exporter/otlp_grpc/away/traces',
  ].map((name) => named(spans, name));
  expect(spans).toHaveLength(3);
  expect(received).toMatchObject({
    scope: 'otlp',
    parent: '',
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
  expect(sent.failure).toContain(backend);
});

const TRACEPARENT = { traceparent: `00-${TRACE_ID}-${CLIENT_SPAN}-01` };

test('a request over HTTP is in the trace of its client', async () => {
  const collector = started({
    propagators: ['b3', 'tracecontext'], processors: to('http/protobuf'),
  });
  await ready(collector);
  expect(await post(TRACEPARENT)).toBe(200);
  expect(named(await ended(collector), 'receiver/otlp/TraceDataReceived')).toMatchObject({
    trace: TRACE_ID, parent: CLIENT_SPAN,
  });
});

test.each(['own', 'node'])('a call over gRPC tells its span, too (%s)', async (transport) => {
  const collector = started(
    { propagators: ['b3', 'tracecontext'], processors: to('grpc') }, undefined,
    ['--transport', transport]);
  await ready(collector);
  const client = new Client(`127.0.0.1:${grpc}`, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('traceparent', TRACEPARENT.traceparent);
  await new Promise<void>((resolve, reject) => client.makeUnaryRequest(
    '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    (bytes: Buffer) => bytes, (bytes: Buffer) => bytes,
    Buffer.from(encodeForeign('traces', TRACE)), metadata,
    (error) => { if (error === null) resolve(); else reject(error); }));
  client.close();
  expect(named(await ended(collector), 'receiver/otlp/TraceDataReceived')).toMatchObject({
    trace: TRACE_ID, parent: CLIENT_SPAN, attributes: { transport: 'grpc' },
  });
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
