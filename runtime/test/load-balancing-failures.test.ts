/**
 * What reaches backends while they fail in every way is whole: memory that requests are split into
 * is never used again while anything of it may still be sent.
 */
import { createHash } from 'crypto';
import * as http2 from 'http2';
import type { AddressInfo } from 'net';
import { systemClock } from '../clock';
import { loadBalancingExporter, type LoadBalancingSettings } from '../config';
import { createLoadBalancingExporter } from '../exporters/load-balancing/load-balancing';
import { createPayload, type Payload } from '../pipeline/payload';
import { exporterContext, HTTP2S, useHttp2 } from '../testing/component-context';
import { randomNumbers } from '../testing/random-numbers';
import { findSpans, spans, type TestSpan } from '../testing/span-builder';

const ROUNDS = 150;
const SPANS = 40;
const { NGHTTP2_CANCEL, NGHTTP2_REFUSED_STREAM } = http2.constants;

/** What a backend does with a request; all but the first two leave the sender without an answer. */
const WAYS = ['take', 'take', 'take slowly', 'refuse', 'cancel early', 'refuse stream',
  'cut', 'leave', 'take and cut'] as const;

/** Node.js 20 corrupts its memory when a session is destroyed while it reads. */
function cut({ session }: http2.ServerHttp2Stream): void {
  setImmediate(() => session?.destroy());
}

/** Takes spans, checks that each is as it was made, and fails as `way` says. */
class FailingBackend {
  public readonly spans: string[] = [];
  public readonly broken: string[] = [];
  public isWell = false;
  private readonly server = http2.createServer();
  private readonly sessions = new Set<http2.ServerHttp2Session>();

  public constructor(private readonly random: () => number) {
    this.server.on('session', (session) => {
      this.sessions.add(session);
      session.on('error', () => undefined);
      session.on('close', () => this.sessions.delete(session));
    });
    this.server.on('stream', (stream) => this.serve(stream));
  }

  public listen(): Promise<number> {
    return new Promise((resolve) => this.server.listen(0, '127.0.0.1', () => {
      resolve((this.server.address() as AddressInfo).port);
    }));
  }

  public async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const session of this.sessions) session.destroy();
    await closed;
  }

  private serve(stream: http2.ServerHttp2Stream): void {
    const way = this.isWell ? 'take' : WAYS[Math.floor(this.random() * WAYS.length)];
    const chunks: Buffer[] = [];
    stream.on('error', () => undefined);
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (way === 'cancel early') stream.close(NGHTTP2_CANCEL);
      if (way === 'refuse stream') stream.close(NGHTTP2_REFUSED_STREAM);
      if (way === 'cut') cut(stream);
    });
    stream.on('end', () => {
      if (stream.destroyed || stream.aborted) return;
      if (way === 'leave') stream.session?.close();
      if (way === 'refuse') this.answer(stream, '14');
      else this.take(Buffer.concat(chunks));
      if (way === 'take and cut') cut(stream);
      else if (way === 'take slowly') setTimeout(() => this.answer(stream, '0'), 400);
      else this.answer(stream, '0');
    });
  }

  private take(framed: Buffer): void {
    for (const span of findSpans(framed.subarray(5))) {
      const filler = String(span.attributes.filler);
      const isWhole = span.name === sumOf(span.traceId, span.spanId, span.service, filler);
      (isWhole ? this.spans : this.broken).push(`${span.traceId}/${span.spanId}`);
    }
  }

  private answer(stream: http2.ServerHttp2Stream, status: string): void {
    if (stream.destroyed || stream.headersSent) return;
    const headers = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': status };
    stream.respond(headers, { endStream: true });
  }
}

function sumOf(...parts: readonly string[]): string {
  return createHash('sha1').update(parts.join('|')).digest('hex');
}

function requestOf(round: number): { readonly payload: Payload; readonly ids: string[] } {
  const list = Array.from({ length: SPANS }, (_, i): TestSpan => {
    const trace = Buffer.from(`r${round}t${i % 13}`.padEnd(16, '.')).toString('hex');
    const span = Buffer.from(`s${i}`.padEnd(8, '.')).toString('hex');
    const service = `service-${i % 3}`;
    const filler = String.fromCharCode(97 + round % 26).repeat(50 + (round * 131 + i * 17) % 900);
    const name = sumOf(trace, span, service, filler);
    return { trace, span, service, name, attributes: { filler } };
  });
  return {
    payload: createPayload('traces', [spans(list)], SPANS),
    ids: list.map(({ trace, span }) => `${trace}/${span ?? ''}`),
  };
}

function settingsOf(hostnames: readonly string[]): LoadBalancingSettings {
  const { settings, problems } = loadBalancingExporter.read({
    protocol: { otlp: { tls: { insecure: true }, compression: 'none', timeout: '250ms' } },
    retry_on_failure: { enabled: true, initial_interval: '20ms', max_interval: '200ms' },
    resolver: { static: { hostnames } },
  });
  expect(problems).toEqual([]);
  return settings as LoadBalancingSettings;
}

describe.each(HTTP2S)('over %s HTTP/2', (kind) => {
  beforeAll(() => useHttp2(kind));

  test('every span arrives, each time as it was, while backends fail in every way', async () => {
    const random = randomNumbers(7);
    const backends = [1, 2, 3].map(() => new FailingBackend(random));
    const ports = await Promise.all(backends.map((backend) => backend.listen()));
    const context = { ...exporterContext('load_balancing', ['traces']), clock: systemClock };
    const exporter = createLoadBalancingExporter(
      settingsOf(ports.map((port) => `127.0.0.1:${port}`)), context);
    await exporter.start();
    const given: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const { payload, ids } = requestOf(round);
      given.push(...ids);
      await exporter.consume(payload);
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
    for (const backend of backends) backend.isWell = true;
    await exporter.stop();
    await Promise.all(backends.map((backend) => backend.close()));
    expect(backends.flatMap(({ broken }) => broken)).toEqual([]);
    expect([...new Set(backends.flatMap((backend) => backend.spans))].sort()).toEqual(given.sort());
  });
});
