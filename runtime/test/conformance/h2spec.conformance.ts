/** HTTP/2 and HPACK of the gRPC port before h2spec, with its strict cases, plain and over TLS. */
import { mkdtempSync, readFileSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { startSide } from './sides';
import { runTool } from './tools';
import { makeTestCertificates, type TestCertificates } from '../../testing/test-certificates';

const PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
/** The chapters of h2spec and how many cases each has. */
const CHAPTERS: readonly (readonly [string, number])[] = Object.entries({
  'generic/1': 1,
  'generic/2': 5,
  'generic/3.1': 3,
  'generic/3.2': 3,
  'generic/3.3': 5,
  'generic/3.4': 1,
  'generic/3.5': 1,
  'generic/3.7': 1,
  'generic/3.8': 1,
  'generic/3.9': 2,
  'generic/3.10': 2,
  'generic/4': 4,
  'generic/5': 15,
  'http2/3.5': 2,
  'http2/4.1': 3,
  'http2/4.2': 3,
  'http2/4.3': 3,
  'http2/5.1': 13,
  'http2/5.1.1': 2,
  'http2/5.1.2': 1,
  'http2/5.3.1': 2,
  'http2/5.4.1': 2,
  'http2/5.5': 2,
  'http2/6.1': 3,
  'http2/6.2': 4,
  'http2/6.3': 2,
  'http2/6.4': 3,
  'http2/6.5': 3,
  'http2/6.5.2': 5,
  'http2/6.5.3': 2,
  'http2/6.7': 4,
  'http2/6.8': 1,
  'http2/6.9': 3,
  'http2/6.9.1': 3,
  'http2/6.9.2': 3,
  'http2/6.10': 6,
  'http2/7': 2,
  'http2/8.1': 1,
  'http2/8.1.2': 1,
  'http2/8.1.2.1': 4,
  'http2/8.1.2.2': 2,
  'http2/8.1.2.3': 7,
  'http2/8.1.2.6': 2,
  'http2/8.2': 1,
  'hpack/2.3.3': 1,
  'hpack/4.2': 1,
  'hpack/5.2': 3,
  'hpack/6.1': 1,
  'hpack/6.3': 1,
});

type Transport = 'node' | 'own';

const NO_BODY = 'h2spec waits for a body; the answer to what is no gRPC request has none';
const ANSWERED = 'Node.js has answered the stream and forgotten it; RFC 9113, 5.1 lets it ignore';
const CODE = 'Node.js ends the stream or the connection with another code';
const MALFORMED = 'Node.js answers what is malformed before it has seen all of it';

/** Cases that may fail, and why: where an answer meets a frame on its way, chance decides. */
const FAILING: Readonly<Record<Transport, Readonly<Record<string, string>>>> = {
  own: {
    'http2/5.1.2/1': 'what is no gRPC is answered at once, and the limit of streams never reached',
  },
  node: {
    'generic/2/2': NO_BODY,
    'generic/2/3': NO_BODY,
    'http2/5.1/5': ANSWERED,
    'http2/5.1/6': ANSWERED,
    'http2/5.1/8': ANSWERED,
    'http2/5.1/9': ANSWERED,
    'http2/5.1/11': ANSWERED,
    'http2/5.1/12': CODE,
    'http2/5.1.1/2': CODE,
    'http2/6.1/2': ANSWERED,
    'http2/6.1/3': CODE,
    'http2/6.7/2': CODE,
    'http2/6.9/2': ANSWERED,
    'http2/6.9.1/2': CODE,
    'http2/6.9.1/3': CODE,
    'http2/8.1/1': MALFORMED,
    'http2/8.1.2.1/3': MALFORMED,
    'http2/8.1.2.6/1': MALFORMED,
    'http2/8.1.2.6/2': MALFORMED,
  },
};

/** Results by chapter: nothing where a case passed or did not apply, else what was seen. */
type Results = Map<string, (string | undefined)[]>;

const TESTCASE = new RegExp(
  '<testcase package="([^"]+)" classname="(.*)" time="[\\d.]+">([\\s\\S]*?)</testcase>', 'g');

/** Its XML is not always well formed, so it is read as text. */
function readReport(xml: string): Results {
  const results: Results = new Map();
  for (const [, chapter, title, inner] of xml.matchAll(TESTCASE)) {
    const failure = /<(?:error|failure)>([\s\S]*?)<\/(?:error|failure)>/.exec(inner)?.[1];
    const said = failure && `${title}: ${failure.replace(/\n/g, ' | ')}`;
    results.set(chapter, [...results.get(chapter) ?? [], said]);
  }
  return results;
}

let certificates: TestCertificates;
let folder: string;

async function runSpec(transport: Transport, isTls: boolean): Promise<Results> {
  const { certFile, keyFile } = certificates.server;
  const tls = isTls ? `, tls: { cert_file: "${certFile}", key_file: "${keyFile}" }` : '';
  const collector = await startSide('ours', 1, ([port]) => `
receivers: { otlp: { protocols: { grpc: { endpoint: "127.0.0.1:${port}"${tls} } } } }
exporters: { debug: {} }
extensions: { }
service: { telemetry: { metrics: { level: none }, logs: { level: error } },
  pipelines: { traces: { receivers: [otlp], exporters: [debug] } } }
`, { words: WORDS[transport] });
  const report = join(folder, `${transport}-${isTls}.xml`);
  try {
    await runTool('h2spec', [
      '--port', String(collector.ports[0]), '--path', PATH, '--strict', '--timeout', '1',
      '--junit-report', report, ...isTls ? ['--tls', '--insecure'] : [],
      'generic', 'http2', 'hpack',
    ]);
    return readReport(readFileSync(report, 'utf8'));
  } finally {
    collector.stop();
  }
}

const WORDS: Readonly<Record<Transport, readonly string[]>> = {
  own: ['--transport', 'own'], node: ['--transport', 'node'],
};

beforeAll(() => {
  certificates = makeTestCertificates();
  folder = mkdtempSync(join(tmpdir(), 'otelgw-h2spec-'));
});

afterAll(() => {
  certificates.remove();
  rmSync(folder, { recursive: true });
});

describe.each([
  ['own', 'plain'], ['own', 'over TLS'], ['node', 'plain'], ['node', 'over TLS'],
] as const)('the transport %s, %s,', (transport, way) => {
  let results: Results;

  beforeAll(async () => {
    results = await runSpec(transport, way === 'over TLS');
  }, 120_000);

  it.each(CHAPTERS)('keeps %s, but for cases that are named here', (chapter, count) => {
    const cases = results.get(chapter) ?? [];
    expect(cases).toHaveLength(count);
    const known = FAILING[transport];
    const surprises = cases.flatMap((said, at) => {
      const name = `${chapter}/${at + 1}`;
      return said === undefined || known[name] !== undefined ? [] : [`${name} fails: ${said}`];
    });
    expect(surprises).toEqual([]);
  });
});
