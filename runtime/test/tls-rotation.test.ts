/** Certificates that are replaced while connections are open. */
import { readFileSync, writeFileSync } from 'fs';
import { connect, type TLSSocket } from 'tls';
import { systemClock } from '../clock';
import { loopbackExporter, loopbackReceiver } from '../testing/otlp-loopback';
import { samplePayload } from '../testing/sample-payload';
import { makeTestCertificates, type TestCertificates } from '../testing/test-certificates';

let certificates: TestCertificates;
const ends: (() => unknown)[] = [];

let original: readonly (readonly [string, Buffer])[];

beforeAll(() => {
  certificates = makeTestCertificates();
  const { certFile, keyFile } = certificates.server;
  original = [certFile, keyFile].map((file) => [file, readFileSync(file)]);
}, 60_000);
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  for (const [file, held] of original) writeFileSync(file, held);
});
afterAll(() => certificates.remove());

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = systemClock.monotonic() + 5000;
  while (!await what()) {
    if (systemClock.monotonic() > deadline) throw new Error('did not happen');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A connection that has made its handshake, and who the server said it is. */
async function handshake(port: number, extra: object = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: 'localhost', rejectUnauthorized: false, ...extra });
    ends.push(() => socket.destroy());
    socket.once('secureConnect', () => resolve(socket));
    socket.once('error', reject);
  });
}

async function shownBy(port: number): Promise<string> {
  const socket = await handshake(port);
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return String(subject.CN);
}

async function server(tls: object) {
  const { certFile, keyFile } = certificates.server;
  const shown = { tls: { cert_file: certFile, key_file: keyFile, ...tls } };
  const loopback = loopbackReceiver(shown, shown);
  ends.push(() => loopback.receiver.stop());
  await loopback.receiver.start();
  return { ...loopback, grpc: loopback.receiver.ports.grpc!, http: loopback.receiver.ports.http! };
}

function replaceServerCertificate(name: string): void {
  const { cert, key } = certificates.issue([name, 'localhost']);
  writeFileSync(certificates.server.certFile, cert);
  writeFileSync(certificates.server.keyFile, key);
}

it('are shown by a server from then on, and open connections stay', async () => {
  const { consumers, context, grpc, http } = await server({ reload_interval: '100ms' });
  const open = await handshake(grpc, { ALPNProtocols: ['h2'] });
  const { exporter } = loopbackExporter('otlp_grpc', {
    endpoint: `localhost:${grpc}`, tls: { ca_file: certificates.caFile },
  });
  ends.push(() => exporter.stop());
  await exporter.start();
  await exporter.consume(samplePayload('traces', 1));
  await until(() => consumers.traces.items === 1);
  expect([await shownBy(grpc), await shownBy(http)]).toEqual(['localhost', 'localhost']);
  replaceServerCertificate('second');
  await until(async () => await shownBy(grpc) === 'second' && await shownBy(http) === 'second');
  expect(open.destroyed).toBe(false);
  await exporter.consume(samplePayload('traces', 1));
  await until(() => consumers.traces.items === 2);
  expect(context.log.messages('info').filter((line) => /^Certificates have changed/.test(line)))
    .toHaveLength(2);
});

it('stay as they were when the new ones are broken, which is told once', async () => {
  const { context, grpc } = await server({ reload_interval: '100ms' });
  writeFileSync(certificates.server.certFile, 'not a certificate');
  await until(() => context.log.messages('error').length === 2);
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(await shownBy(grpc)).toBe('localhost');
  expect(context.log.messages('error')).toEqual([
    'Certificates cannot be read again; those from before stay.',
    'Certificates cannot be read again; those from before stay.',
  ]);
  replaceServerCertificate('third');
  await until(async () => await shownBy(grpc) === 'third');
});

it('are not read again without an interval', async () => {
  const { grpc } = await server({});
  replaceServerCertificate('second');
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await shownBy(grpc)).toBe('localhost');
});

it('of a client are shown with its next connection', async () => {
  const { receiver, consumers } = await server({
    client_ca_file: certificates.caFile, min_version: '1.3',
  });
  const { certFile, keyFile } = certificates.client;
  const { exporter } = loopbackExporter('otlp_http', {
    endpoint: `https://localhost:${receiver.ports.http}`,
    tls: {
      ca_file: certificates.caFile,
      cert_file: certificates.stranger.certFile,
      key_file: certificates.stranger.keyFile,
      reload_interval: '100ms',
    },
    sending_queue: { enabled: false },
    retry_on_failure: { enabled: false },
  });
  ends.push(() => exporter.stop());
  await exporter.start();
  await expect(exporter.consume(samplePayload('traces', 1))).rejects.toThrow();
  writeFileSync(certificates.stranger.certFile, readFileSync(certFile));
  writeFileSync(certificates.stranger.keyFile, readFileSync(keyFile));
  await new Promise((resolve) => setTimeout(resolve, 150));
  await exporter.consume(samplePayload('traces', 1));
  expect(consumers.traces.items).toBe(1);
});

it.each([
  ['text', () => ({
    cert_file: '',
    key_file: '',
    cert_pem: certificates.issue(['from-text']).cert,
    key_pem: 'x',
  }), /tls: must have a certificate and the key that goes with it, as PEM/],
  ['two halves', () => ({ cert_file: certificates.client.certFile }), /key values mismatch/],
  ['an authority', () => ({ client_ca_file: certificates.server.keyFile }),
    /tls\.client_ca_file: must hold a certificate as PEM/],
])('that cannot be used keep a server from starting: %s', async (_what, tls, expected) => {
  const failure: unknown = await server(tls()).then(() => undefined, (error: unknown) => error);
  expect(String(failure)).toMatch(expected);
  expect(String(failure)).not.toMatch(/BEGIN/);
});

it('may be given as text', async () => {
  const { cert, key } = certificates.issue(['from-text', 'localhost']);
  const { grpc } = await server({ cert_file: '', key_file: '', cert_pem: cert, key_pem: key });
  expect(await shownBy(grpc)).toBe('from-text');
});

it.each([
  [{ max_version: '1.2' }, {}, 'TLSv1.2', undefined],
  [{ min_version: '1.3' }, {}, 'TLSv1.3', undefined],
  [{ min_version: '1.0' },
    { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' },
    'TLSv1.1', undefined],
  [{ cipher_suites: ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'] }, { maxVersion: 'TLSv1.2' },
    'TLSv1.2', 'ECDHE-RSA-AES256-GCM-SHA384'],
  [{ cipher_suites: ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256'] }, {}, 'TLSv1.3', undefined],
])('are shown with %j', async (tls, client, version, cipher) => {
  const { http } = await server(tls);
  const socket = await handshake(http, client);
  expect(socket.getProtocol()).toBe(version);
  expect(cipher ?? socket.getCipher().name).toBe(socket.getCipher().name);
});
