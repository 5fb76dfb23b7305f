/**
 * What servers tell of clients that are made of OpenSSL and end a handshake with an alert, and of
 * clients that leave without a word: a line for each reason and address, not for each connection.
 */
import { readFileSync } from 'fs';
import { execFile, spawnSync } from 'node:child_process';
import { connect as connectPlain } from 'node:net';
import { connect } from 'node:tls';
import type { Http2 } from '../component';
import { useHttp2 } from '../testing/component-context';
import { loopbackExporter, loopbackReceiver } from '../testing/otlp-loopback';
import type { RecordedLevel, RecordingLogger } from '../testing/recording-logger';
import { samplePayload } from '../testing/sample-payload';
import { makeTestCertificates, type TestCertificates } from '../testing/test-certificates';

let certificates: TestCertificates;

beforeAll(() => { certificates = makeTestCertificates(); }, 60_000);
afterAll(() => certificates.remove());

const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

type Protocol = 'grpc' | 'http';

async function serving(protocol: Protocol, extra: object = {}) {
  const { certFile, keyFile } = certificates.server;
  const shown = { tls: { cert_file: certFile, key_file: keyFile, ...extra } };
  const { receiver, context: { log } } = loopbackReceiver(shown, shown);
  ends.push(() => receiver.stop());
  await receiver.start();
  return { log, port: receiver.ports[protocol] ?? 0 };
}

/** Resolves when `openssl s_client` has ended. */
function client(port: number, words: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const child = execFile('openssl', [
      's_client', '-connect', `127.0.0.1:${port}`, '-servername', 'localhost', ...words,
    ], { timeout: 10_000 }, () => resolve());
    child.stdin?.end();
  });
}

async function lines(log: RecordingLogger, level: RecordedLevel): Promise<object[]> {
  const found = (): object[] => log.lines.filter((line) => line.level === level)
    .map(({ fields: { error, peer }, message }) => ({ message, peer, error }));
  // A client may have ended before the server has read its last bytes.
  for (let waits = 0; waits < 200 && found().length === 0; waits++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return found();
}

interface Case {
  readonly says: string;
  readonly server?: () => object;
  readonly words: () => string[];
  readonly told: RegExp;
}

const NOT_OURS = 'the client does not accept our certificate';
const checking = (file = certificates.caFile): string[] => [
  '-CAfile', file, '-verify_return_error', '-alpn', 'h2,http/1.1',
];
const asking = (): object => ({ client_ca_file: certificates.caFile });

const CASES: readonly Case[] = [
  {
    says: 'knows another authority',
    words: () => checking(certificates.otherCaFile),
    told: RegExp(`^${NOT_OURS} \\(.*alert unknown ca\\)$`),
  },
  {
    says: 'knows another authority, over TLS 1.2',
    words: () => [...checking(certificates.otherCaFile), '-tls1_2'],
    told: RegExp(`^${NOT_OURS} \\(.*alert unknown ca\\)$`),
  },
  {
    says: 'finds the certificate expired',
    words: () => [...checking(), '-attime', '4102444800'],
    told: RegExp(`^${NOT_OURS} \\(.*alert certificate expired\\)$`),
  },
  {
    says: 'wants another name',
    words: () => [...checking(), '-verify_hostname', 'backend.test'],
    told: RegExp(`^${NOT_OURS} \\(.*alert bad certificate\\)$`),
  },
  {
    says: 'shows no certificate',
    server: asking,
    words: checking,
    told: /^the client shows no certificate$/,
  },
  {
    says: 'shows a certificate of another authority',
    server: asking,
    words: () => [
      ...checking(), '-cert', certificates.stranger.certFile, '-key', certificates.stranger.keyFile,
    ],
    told: /^the client's certificate is not accepted: UNABLE_TO_/,
  },
  {
    says: 'speaks older versions',
    server: () => ({ min_version: '1.3' }),
    words: () => [...checking(), '-tls1_2'],
    told: /^no version of TLS that both speak; .* \(unsupported protocol\)$/,
  },
  {
    says: 'has no cipher in common',
    server: () => ({ cipher_suites: ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'] }),
    words: () => [...checking(), '-tls1_2', '-cipher', 'ECDHE-RSA-AES128-GCM-SHA256'],
    told: /^no cipher, .* \(no shared cipher\)$/,
  },
  {
    says: 'asks for another protocol',
    words: () => ['-CAfile', certificates.caFile, '-alpn', 'gopher'],
    told: /^the client offers no protocol \(ALPN\) .* \(no application protocol\)$/,
  },
];

const SERVERS: readonly (readonly [Protocol, Http2])[] = [
  ['grpc', 'own'], ['grpc', 'node'], ['http', 'own'], ['http', 'node'],
];

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

describe.each(SERVERS)('a server for %s, HTTP/2 %s,', (protocol, http2) => {
  beforeAll(() => useHttp2(http2));
  afterAll(() => useHttp2('own'));

  (hasOpenssl ? it : it.skip).each(CASES.map((entry): [string, Case] => [entry.says, entry]))(
    'tells once of a client that %s', async (_says, { server, told, words }) => {
      const { log, port } = await serving(protocol, server?.());
      for (let tries = 0; tries < 2; tries++) await client(port, words());
      expect(await lines(log, 'warn')).toEqual([{
        message: 'TLS handshake failed.', peer: '127.0.0.1', error: expect.stringMatching(told),
      }]);
    });

  (hasOpenssl ? it : it.skip)('tells of each reason, of one address, too', async () => {
    const { log, port } = await serving(protocol);
    await client(port, checking(certificates.otherCaFile));
    await client(port, [...checking(), '-verify_hostname', 'backend.test']);
    await client(port, checking(certificates.otherCaFile));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await lines(log, 'warn')).map((line) => (line as { error: string }).error)).toEqual([
      expect.stringContaining('unknown ca'), expect.stringContaining('bad certificate'),
    ]);
  });

  it('tells of plain text', async () => {
    const { log, port } = await serving(protocol);
    const socket = connectPlain(port, '127.0.0.1', () => {
      socket.write('POST /v1/traces HTTP/1.1\r\nhost: a\r\n\r\n');
    });
    socket.on('error', () => undefined).resume();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(await lines(log, 'warn')).toEqual([{
      message: 'TLS handshake failed.',
      peer: '127.0.0.1',
      error: 'the client does not speak TLS (http request)',
    }]);
  });

  it('tells those who look for a bug of a client of Node.js, which sends no alert', async () => {
    const { log, port } = await serving(protocol);
    for (let tries = 0; tries < 2; tries++) {
      const socket = connect({
        port,
        host: '127.0.0.1',
        servername: 'localhost',
        ca: readFileSync(certificates.otherCaFile),
        ALPNProtocols: ['h2', 'http/1.1'],
      });
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.once('close', resolve));
    }
    expect(await lines(log, 'debug')).toEqual([{
      message: expect.stringMatching(/^A client left (during|after) the TLS handshake/),
      peer: '127.0.0.1',
      error: expect.any(String),
    }]);
    expect(log.messages('warn')).toEqual([]);
  });

  it('tells nobody of a client that gets what it wants', async () => {
    const { log, port } = await serving(protocol);
    const { exporter } = loopbackExporter(protocol === 'grpc' ? 'otlp_grpc' : 'otlp_http', {
      endpoint: `${protocol === 'grpc' ? '' : 'https://'}localhost:${port}`,
      tls: { ca_file: certificates.caFile },
      sending_queue: { enabled: false },
    });
    await exporter.start();
    await exporter.consume(samplePayload('traces', 1));
    await exporter.stop();
    for (const end of ends.splice(0)) await end();
    expect([...log.messages('warn'), ...log.messages('debug')]).toEqual([]);
  });
});
