/** Clients that others wrote, before the receiver: grpcurl and ghz (grpc-go) and curl (nghttp2). */
import { spawnSync } from 'child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { parseExposition, valueOf } from './prometheus-text';
import { framed } from './raw-request';
import { startSide, type RunningCollector } from './sides';
import { runProgram, runTool, type ToolResult } from './tools';
import { spanRequest, TOKEN } from './two-sides';
import { get } from '../../testing/collector-process';
import { PROTO } from '../../testing/otlp-proto';
import { makeTestCertificates, type TestCertificates } from '../../testing/test-certificates';

const SIGNALS = {
  traces: ['trace', 'Trace', { resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'a' }] }] }] }],
  metrics: ['metrics', 'Metrics', {
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ gauge: { dataPoints: [{ asInt: 1 }] } }] }] }],
  }],
  logs: ['logs', 'Logs', { resourceLogs: [{ scopeLogs: [{ logRecords: [{}] }] }] }],
} as const;
type Signal = keyof typeof SIGNALS;

const ITEMS: Readonly<Record<Signal, string>> = {
  traces: 'spans', metrics: 'metric_points', logs: 'log_records',
};

let folder: string;
let certificates: TestCertificates;

function serviceOf(signal: Signal): string {
  const [part, name] = SIGNALS[signal];
  return `opentelemetry.proto.collector.${part}.v1.${name}Service`;
}

function protoOf(signal: Signal): string {
  const [part, name] = SIGNALS[signal];
  const service = `service ${name}Service {
  rpc Export(Export${name}ServiceRequest) returns (ExportServiceResponse);
}`;
  const own = PROTO.replace('package otlp;', `package opentelemetry.proto.collector.${part}.v1;`);
  return `${own}\n${service}\n`;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'otelgw-clients-'));
  certificates = makeTestCertificates();
  for (const signal of Object.keys(SIGNALS) as Signal[]) {
    writeFileSync(join(folder, `${signal}.proto`), protoOf(signal));
  }
});

afterAll(() => {
  rmSync(folder, { recursive: true });
  certificates.remove();
});

function config([metrics, plain, secure, guarded]: readonly number[]): string {
  const { certFile, keyFile } = certificates.server;
  const tls = `tls: { cert_file: "${certFile}", key_file: "${keyFile}" }`;
  const pipeline = '{ receivers: [otlp, otlp/secure, otlp/guarded], exporters: [debug] }';
  return `
extensions: { bearertokenauth: { token: ${TOKEN} } }
receivers:
  otlp: { protocols: { grpc: { endpoint: "127.0.0.1:${plain}" } } }
  otlp/secure: { protocols: { grpc: { endpoint: "127.0.0.1:${secure}", ${tls} } } }
  otlp/guarded: { protocols: { grpc: { endpoint: "127.0.0.1:${guarded}",
    auth: { authenticator: bearertokenauth } } } }
exporters: { debug: { } }
service: { telemetry: { logs: { level: error }, metrics: { readers: [
    { pull: { exporter: { prometheus: { host: 127.0.0.1, port: ${metrics} } } } } ] } },
  pipelines: { traces: ${pipeline}, metrics: ${pipeline}, logs: ${pipeline} } }
`;
}

describe.each(['own', 'node'])('before the transport %s,', (transport) => {
  let collector: RunningCollector;

  beforeAll(async () => {
    collector = await startSide('ours', 4, config, {
      words: ['--transport', transport], extensions: ['bearertokenauth'],
    });
  }, 30_000);

  afterAll(() => collector?.stop());

  async function accepted(signal: Signal): Promise<number> {
    const { body } = await get(collector.ports[0], '/metrics');
    const metrics = parseExposition(body);
    const name = `otelcol_receiver_accepted_${ITEMS[signal]}`;
    return ['otlp', 'otlp/secure', 'otlp/guarded'].reduce((sum, receiver) => (
      sum + (valueOf(metrics, name, { receiver, transport: 'grpc' }) ?? 0)), 0);
  }

  function grpcurl(signal: Signal, port: number, words: readonly string[]): Promise<ToolResult> {
    const request = JSON.stringify(SIGNALS[signal][2]);
    return runTool('grpcurl', [
      '-import-path', folder, '-proto', `${signal}.proto`, ...words, '-d', request,
      `127.0.0.1:${port}`, `${serviceOf(signal)}/Export`,
    ]);
  }

  it.each(['traces', 'metrics', 'logs'] as const)('grpcurl sends %s', async (signal) => {
    const before = await accepted(signal);
    const result = await grpcurl(signal, collector.ports[1], ['-plaintext']);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(result.stdout)).toEqual({ partialSuccess: {} });
    expect(await accepted(signal)).toBe(before + 1);
  });

  it('grpcurl sends over TLS', async () => {
    const result = await grpcurl('traces', collector.ports[2], ['-cacert', certificates.caFile]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
  });

  it('grpcurl is refused without a token, and told so', async () => {
    const result = await grpcurl('traces', collector.ports[3], ['-plaintext']);
    expect(result.code).not.toBe(0);
    expect(result.stderr).toMatch(/Code: Unauthenticated/);
  });

  it('grpcurl is let in with a token', async () => {
    const result = await grpcurl('traces', collector.ports[3], [
      '-plaintext', '-rpc-header', `authorization: Bearer ${TOKEN}`,
    ]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
  });

  it('grpcurl finds no reflection, as upstream', async () => {
    const result = await runTool('grpcurl', [
      '-plaintext', `127.0.0.1:${collector.ports[1]}`, 'list',
    ]);
    expect(result.stderr).toMatch(/server does not support the reflection API/);
  });

  it.each([
    ['plain', 1, ['--insecure']],
    ['over TLS', 2, ['--skipTLS']],
  ] as const)('ghz sends 2000 requests on 4 connections, %s, and all of them arrive', async (
    _way, at, words,
  ) => {
    const before = await accepted('traces');
    const { code, stdout } = await runTool('ghz', [
      ...words, '--proto', join(folder, 'traces.proto'), '--call', `${serviceOf('traces')}.Export`,
      '--data', JSON.stringify(SIGNALS.traces[2]), '--total', '2000', '--concurrency', '20',
      '--connections', '4', '--format', 'json', `127.0.0.1:${collector.ports[at]}`,
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ count: 2000, statusCodeDistribution: { OK: 2000 } });
    expect(await accepted('traces')).toBe(before + 2000);
  }, 120_000);

  const curl = spawnSync('curl', ['--version'], { encoding: 'utf8' });
  if (/^Features:.*\bHTTP2\b/m.test(curl.stdout ?? '')) {
    it.each([
      ['plain', 'http', 1, ['--http2-prior-knowledge']],
      ['over TLS', 'https', 2, ['--http2', '--cacert']],
    ] as const)('curl sends a message, %s, and reads the trailers', async (
      _way, scheme, at, words,
    ) => {
      const body = join(folder, 'body');
      writeFileSync(body, framed(spanRequest('a span')));
      const { code, stdout } = await runProgram('curl', [
        '--silent', '--include', ...words, ...at === 2 ? [certificates.caFile] : [],
        '--header', 'content-type: application/grpc', '--header', 'te: trailers',
        '--data-binary', `@${body}`,
        `${scheme}://127.0.0.1:${collector.ports[at]}/${serviceOf('traces')}/Export`,
      ]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^HTTP\/2 200/);
      expect(stdout).toMatch(/^content-type: application\/grpc\r$/m);
      expect(stdout).toMatch(/grpc-status: 0\r$/m);
    });
  }
});
