/** The OTLP/HTTP exporter before the real collector, whose server over TLS chooses HTTP/2. */
import { parseExposition } from './prometheus-text';
import { askHttp } from './raw-request';
import { startSide, type RunningCollector } from './sides';
import { httpRequest } from './two-sides';
import { get, until } from '../../testing/collector-process';
import { makeTestCertificates, type TestCertificates } from '../../testing/test-certificates';

const REQUESTS = 20;

let certificates: TestCertificates;
const running: RunningCollector[] = [];

beforeAll(() => { certificates = makeTestCertificates(); });
afterEach(() => { for (const collector of running.splice(0)) collector.stop(); });
afterAll(() => certificates.remove());

function serverConfig([http, metrics]: readonly number[]): string {
  const { certFile, keyFile } = certificates.server;
  return `
extensions: { }
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:${http}",
  tls: { cert_file: "${certFile}", key_file: "${keyFile}" } } } } }
exporters: { debug: { } }
service: { telemetry: { logs: { level: error }, metrics: { level: detailed, readers: [
    { pull: { exporter: { prometheus: { host: 127.0.0.1, port: ${metrics} } } } } ] } },
  pipelines: { traces: { receivers: [otlp], exporters: [debug] } } }
`;
}

function clientConfig(http: number, to: number, keys: string): string {
  return `
extensions: { }
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:${http}" } } } }
exporters: { otlp_http: { endpoint: "https://localhost:${to}", ${keys}
  sending_queue: { enabled: false }, retry_on_failure: { enabled: false },
  tls: { ca_file: "${certificates.caFile}" } } }
service: { telemetry: { logs: { level: error }, metrics: { level: none } },
  pipelines: { traces: { receivers: [otlp], exporters: [otlp_http] } } }
`;
}

/** How many requests came over which version of HTTP. */
async function versionsSeen(port: number): Promise<Record<string, number>> {
  const { body } = await get(port, '/metrics');
  const seen: Record<string, number> = {};
  for (const { labels, name, value } of parseExposition(body).series) {
    if (!/^http_server_request_duration.*_count$/.test(name)) continue;
    const version = Object.fromEntries(labels).network_protocol_version;
    seen[version] = (seen[version] ?? 0) + value;
  }
  return seen;
}

it.each([
  ['own', '', '2.0'],
  ['own', 'compression: none, ', '2.0'],
  ['own', 'force_attempt_http2: false, ', '1.1'],
  ['node', '', '1.1'],
] as const)('the transport %s with "%s" speaks HTTP/%s', async (transport, keys, version) => {
  const server = await startSide('upstream', 2, serverConfig);
  running.push(server);
  const [to, metrics] = server.ports;
  const client = await startSide('ours', 1, ([http]) => clientConfig(http, to, keys), {
    words: ['--transport', transport],
  });
  running.push(client);
  const answers = await Promise.all(Array.from({ length: REQUESTS }, () => (
    askHttp(client.ports[0], httpRequest('a span')))));
  expect(answers.map(({ status }) => status)).toEqual(Array.from(answers, () => 200));
  await until('what the server counts', async () => (
    Object.keys(await versionsSeen(metrics)).length > 0));
  expect(await versionsSeen(metrics)).toEqual({ [version]: REQUESTS });
}, 60_000);
