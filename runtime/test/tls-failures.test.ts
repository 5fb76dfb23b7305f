/** What both sides say when they cannot agree on TLS: once for each peer, not for each request. */
import type { Http2 } from '../component';
import { useHttp2 } from '../testing/component-context';
import { loopbackExporter, loopbackReceiver, type ExporterType } from '../testing/otlp-loopback';
import type { RecordingLogger } from '../testing/recording-logger';
import { samplePayload } from '../testing/sample-payload';
import { makeTestCertificates, type TestCertificates } from '../testing/test-certificates';

let certificates: TestCertificates;

beforeAll(() => { certificates = makeTestCertificates(); }, 60_000);
afterAll(() => certificates.remove());

const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Case {
  readonly says: string;
  readonly server?: () => object;
  readonly client: () => object;
  readonly plainClient?: boolean;
  /** What the exporter's error holds. */
  readonly error: RegExp;
  /** What the receiver logs of it; nothing where Node.js lets it see no difference. */
  readonly receiver?: RegExp;
}

const trusting = (): object => ({ ca_file: certificates.caFile });
const tls = (extra: object = {}): object => ({
  cert_file: certificates.server.certFile, key_file: certificates.server.keyFile, ...extra,
});
const asking = (): object => tls({ client_ca_file: certificates.caFile });

const CASES: readonly Case[] = [
  {
    says: 'another authority',
    server: tls,
    client: () => ({ ca_file: certificates.otherCaFile }),
    error: /unable to (verify|get).* \(the peer's certificate is of no authority that is trusted/,
  },
  {
    says: 'a certificate that has ended',
    server: () => tls({
      cert_file: certificates.expired.certFile, key_file: certificates.expired.keyFile,
    }),
    client: trusting,
    error: /certificate has expired \(the peer's certificate, or our clock\)/,
  },
  {
    says: 'another name',
    server: tls,
    client: () => ({ ...trusting(), server_name_override: 'backend.test' }),
    error: /backend\.test.*altnames.* \(see server_name_override\)/,
  },
  {
    says: 'no certificate where one is asked for',
    server: asking,
    client: trusting,
    error: /certificate required \(the peer may ask for a certificate|closed|ECONNRESET|EPIPE|hang/,
    receiver: /^the client shows no certificate$/,
  },
  {
    says: 'a certificate of another authority where one is asked for',
    server: asking,
    client: () => ({
      ...trusting(),
      cert_file: certificates.stranger.certFile,
      key_file: certificates.stranger.keyFile,
    }),
    error: /closed|ECONNRESET|EPIPE|hang up|disconnected/,
    receiver: /^the client's certificate is not accepted: UNABLE_TO_/,
  },
  {
    says: 'versions that do not meet',
    server: () => tls({ min_version: '1.3' }),
    client: () => ({ ...trusting(), max_version: '1.2' }),
    error: /protocol version \(no version of TLS that both speak/,
    receiver: /^no version of TLS that both speak; .* \(unsupported protocol\)$/,
  },
  {
    says: 'plain text to a port with TLS',
    server: tls,
    client: () => ({ insecure: true }),
    plainClient: true,
    error: /Protocol error|closed|ECONNRESET|hang up|HTTP Status Code 400/,
    receiver: /^the client does not speak TLS \(/,
  },
  {
    says: 'TLS to a port without it',
    client: trusting,
    error: /wrong version number \(the peer does not speak TLS on this port\)/,
    receiver: /^the client must speak HTTP(\/2)? without TLS on this port/,
  },
];

/** gRPC to both servers of HTTP/2 that there are; HTTP has one of its own. */
const TYPES: readonly (readonly [type: ExporterType, http2: Http2])[] = [
  ['otlp_grpc', 'own'], ['otlp_grpc', 'node'], ['otlp_http', 'own'],
];

function told(log: RecordingLogger): string[] {
  return log.lines.filter(({ level }) => level === 'warn').map(({ fields }) =>
    String(fields.error));
}

describe.each(TYPES)('%s, HTTP/2 %s', (type, http2) => {
  beforeAll(() => useHttp2(http2));
  afterAll(() => useHttp2('own'));

  it.each(CASES.map((entry): [string, Case] => [entry.says, entry]))('tells of %s', async (
    _says, { client, error, plainClient = false, receiver: expected, server },
  ) => {
    const shown = server === undefined ? {} : { tls: server() };
    const { receiver, consumers, context } = loopbackReceiver(shown, shown);
    ends.push(() => receiver.stop());
    await receiver.start();
    const endpoint = type === 'otlp_grpc' ? `localhost:${receiver.ports.grpc}`
      : `http${plainClient ? '' : 's'}://localhost:${receiver.ports.http}`;
    const { exporter, context: ofExporter } = loopbackExporter(type, {
      endpoint,
      tls: client(),
      timeout: '3s',
      retry_on_failure: { enabled: false },
      sending_queue: { enabled: false },
    });
    ends.push(() => exporter.stop());
    await exporter.start();
    for (let tries = 0; tries < 3; tries++) {
      await expect(exporter.consume(samplePayload('traces', 1))).rejects.toThrow(error);
    }
    expect(consumers.traces.items).toBe(0);
    // The client may know before the server has read its first bytes.
    for (let waits = 0; waits < 100 && expected && told(context.log).length === 0; waits++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(told(context.log))
      .toEqual(expected === undefined ? [] : [expect.stringMatching(expected)]);
    const connects = ofExporter.log.lines.filter(({ message }) => message === 'Cannot connect.');
    expect(connects.length).toBeLessThanOrEqual(1);
  });
});

it('tells a client once what it could not connect for', async () => {
  const { receiver } = loopbackReceiver({ tls: tls() });
  ends.push(() => receiver.stop());
  await receiver.start();
  const { exporter, context } = loopbackExporter('otlp_http', {
    endpoint: `https://localhost:${receiver.ports.grpc}`,
    tls: { ca_file: certificates.otherCaFile },
    retry_on_failure: { enabled: false },
    sending_queue: { enabled: false },
  });
  ends.push(() => exporter.stop());
  await exporter.start();
  for (let tries = 0; tries < 3; tries++) {
    await expect(exporter.consume(samplePayload('traces', 1))).rejects.toThrow(/unable to/);
  }
  expect(context.log.messages('warn')).toEqual(['Cannot connect.']);
});
