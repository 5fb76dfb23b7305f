/** The load-balancing exporter over sockets, before three gRPC backends that count. */
import dns from 'dns';
import { systemClock } from '../clock';
import { loadBalancingExporter, LoadBalancingSettings } from '../config';
import { createLoadBalancingExporter } from '../exporters/load-balancing/load-balancing';
import { GrpcServer } from '../net/grpc-server';
import { createPayload, Payload } from '../pipeline/payload';
import { buildRing, endpointOf } from '../routing/hash-ring';
import { exporterContext, HTTP2S, netContext, useHttp2 } from '../testing/component-context';
import { grpcServerSettings } from '../testing/server-settings';
import { findSpans, spans, traceIdOf } from '../testing/span-builder';
import { crc32 } from '../wire/crc32';

const PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const OK = { code: 0, message: '' };

/** A backend that remembers the ids of all spans that it took. */
class Backend {
  public readonly spans: string[] = [];
  public readonly traces = new Set<string>();
  public requests = 0;
  private server?: GrpcServer;

  public async listen(host: string, port = 0): Promise<number> {
    const settings = grpcServerSettings({ endpoint: `${host}:${port}` });
    this.server = new GrpcServer(settings, new Map([[PATH,
      (arena, offset, length, _encoding, respond) => {
        this.requests++;
        for (const span of findSpans(arena.subarray(offset, offset + length))) {
          this.spans.push(`${span.traceId}/${span.spanId}`);
          this.traces.add(span.traceId);
        }
        respond(OK);
      }]]), netContext(systemClock));
    return this.server.listen();
  }

  public async close(graceMs = 0): Promise<void> {
    await this.server?.close(graceMs);
  }
}

function settingsOf(resolver: object, compression: string): LoadBalancingSettings {
  const { settings, problems } = loadBalancingExporter.read({
    protocol: { otlp: { tls: { insecure: true }, compression } },
    retry_on_failure: { enabled: true, initial_interval: '50ms', max_interval: '100ms' },
    resolver,
  });
  expect(problems).toEqual([]);
  return settings as LoadBalancingSettings;
}

/** Two spans of each of twenty traces, which are told apart by `round`. */
function request(round: number): { payload: Payload; ids: string[]; traces: string[] } {
  const names = Array.from({ length: 20 }, (_, n) => `r${round}t${n}`);
  const list = ['a', 'b'].flatMap((span) => names.map((trace) => ({
    trace, span: Buffer.from(span.padEnd(8)).toString('hex'), service: `service-${round}`,
  })));
  const bytes = spans(list);
  return {
    payload: createPayload('traces', [bytes], list.length),
    ids: list.map(({ trace, span }) => `${traceIdOf(trace).toString('hex')}/${span}`),
    traces: names,
  };
}

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !holds(); turn++) await pause(10);
  expect(holds()).toBe(true);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function exporterOf(resolver: object, compression = 'gzip') {
  const context = { ...exporterContext('load_balancing', ['traces']), clock: systemClock };
  return createLoadBalancingExporter(settingsOf(resolver, compression), context);
}

let backends: Backend[];

beforeEach(() => { backends = [new Backend(), new Backend(), new Backend()]; });
afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(backends.map((backend) => backend.close()));
});

function allSpans(): string[] {
  return backends.flatMap((backend) => backend.spans).sort();
}

const COMPRESSIONS = ['gzip', 'none'];

describe.each(HTTP2S)('over %s HTTP/2', (http2) => {
  beforeAll(() => useHttp2(http2));

  test.each(COMPRESSIONS)('every trace arrives whole at its owner, %s', async (compression) => {
    const ports = await Promise.all(backends.map((backend) => backend.listen('127.0.0.1')));
    const hostnames = ports.map((port) => `127.0.0.1:${port}`);
    const exporter = exporterOf({ static: { hostnames } }, compression);
    await exporter.start();
    const given = Array.from({ length: 30 }, (_, round) => request(round));
    // In waves, so that later requests are split into memory that earlier ones were sent from.
    for (let round = 0; round < given.length; round++) {
      await exporter.consume(given[round].payload);
      if (round % 5 === 4) await until(() => allSpans().length === (round + 1) * 40);
    }
    await exporter.stop();
    expect(allSpans()).toEqual(given.flatMap(({ ids }) => ids).sort());
    const ring = buildRing(hostnames);
    for (const name of given.flatMap(({ traces }) => traces)) {
      const id = traceIdOf(name);
      const owner = hostnames.indexOf(endpointOf(ring, crc32(id, 0, id.length)));
      expect(backends.map(({ traces }) => traces.has(id.toString('hex'))))
        .toEqual([0, 1, 2].map((index) => index === owner));
    }
    const requests = backends.reduce((sum, backend) => sum + backend.requests, 0);
    expect(requests).toBeLessThan(30);
  });

  test('a backend that is away for a moment gets what was meant for it', async () => {
    const ports = await Promise.all(backends.map((backend) => backend.listen('127.0.0.1')));
    const hostnames = ports.map((port) => `127.0.0.1:${port}`);
    const exporter = exporterOf({ static: { hostnames } });
    await exporter.start();
    const given = Array.from({ length: 30 }, (_, round) => request(round));
    for (const { payload } of given.slice(0, 10)) await exporter.consume(payload);
    await until(() => allSpans().length === 400);
    await backends[1].close();
    for (const { payload } of given.slice(10)) await exporter.consume(payload);
    await pause(100);
    await backends[1].listen('127.0.0.1', ports[1]);
    await until(() => allSpans().length >= 1200);
    await exporter.stop();
    expect(allSpans()).toEqual(given.flatMap(({ ids }) => ids).sort());
  });

  test('backends that come and go by DNS under load lose nothing and split no trace', async () => {
    const port = await backends[0].listen('127.0.0.2');
    await backends[1].listen('127.0.0.3', port);
    await backends[2].listen('127.0.0.4', port);
    let answer = ['127.0.0.2', '127.0.0.3'];
    jest.spyOn(dns, 'lookup').mockImplementation(((
      _name: string, _options: object, done: (error: null, found: dns.LookupAddress[]) => void,
    ) => { done(null, answer.map((address) => ({ address, family: 4 }))); }) as typeof dns.lookup);
    const dnsOf = { hostname: 'sampler', port: `${port}`, interval: '20ms' };
    const exporter = exporterOf({ dns: dnsOf });
    await exporter.start();
    const given: string[] = [];
    for (let round = 0; round < 60; round++) {
      const { payload, ids } = request(round);
      given.push(...ids);
      await exporter.consume(payload);
      await pause(10);
      if (round === 20) answer = ['127.0.0.2', '127.0.0.3', '127.0.0.4'];
      if (round === 40) {
        answer = ['127.0.0.3', '127.0.0.4'];
        await backends[0].close(1000);
      }
    }
    await until(() => allSpans().length >= given.length);
    await exporter.stop();
    expect([...new Set(allSpans())]).toEqual(given.sort());
    expect(backends.every((backend) => backend.spans.length > 0)).toBe(true);
    const ids = backends.flatMap(({ traces }) => [...traces]);
    expect(ids.length - new Set(ids).size).toBe(0);
  });
});
