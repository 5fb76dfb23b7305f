/** OTLP over TLS: who is trusted, and one clear sentence when somebody is not. */
import { PermanentError, RetryableError } from '../errors';
import { HTTP2S, useHttp2 } from '../testing/component-context';
import {
  loopbackExporter, loopbackReceiver, type ExporterType, type LoopbackReceiver,
} from '../testing/otlp-loopback';
import { samplePayload } from '../testing/sample-payload';
import { makeTestCertificates, type TestCertificates } from '../testing/test-certificates';

let certificates: TestCertificates;
let plain: LoopbackReceiver;
let mutual: LoopbackReceiver;

function serverTls(extra: object = {}): { readonly tls: object } {
  const { certFile, keyFile } = certificates.server;
  return { tls: { cert_file: certFile, key_file: keyFile, ...extra } };
}

describe.each(HTTP2S)('over %s HTTP/2', (http2) => {
  beforeAll(() => useHttp2(http2));

  beforeAll(async () => {
    certificates = makeTestCertificates();
    plain = loopbackReceiver(serverTls(), serverTls());
    const asking = serverTls({ client_ca_file: certificates.caFile });
    mutual = loopbackReceiver(asking, asking);
    await plain.receiver.start();
    await mutual.receiver.start();
  }, 60_000);

  afterAll(async () => {
    await plain.receiver.stop();
    await mutual.receiver.stop();
    certificates.remove();
  });

  interface Case {
    readonly says: string;
    readonly tls: () => object;
    readonly peer?: () => LoopbackReceiver;
    readonly host?: string;
    /** What the error holds; the data is taken when there is none. */
    readonly error?: RegExp;
  }

  const CASES: readonly Case[] = [
    { says: 'trusts the authority it is given', tls: () => ({ ca_file: certificates.caFile }) },
    {
      says: 'speaks TLS with an authority although it is called insecure',
      tls: () => ({ ca_file: certificates.caFile, insecure: true }),
    },
    {
      says: 'verifies an IP address too',
      tls: () => ({ ca_file: certificates.caFile }),
      host: '127.0.0.1',
    },
    {
      says: 'verifies another name when told so',
      tls: () => ({ ca_file: certificates.caFile, server_name_override: 'sampler.test' }),
    },
    {
      says: 'refuses a name that the certificate does not hold',
      tls: () => ({ ca_file: certificates.caFile, server_name_override: 'backend.test' }),
      error: /does not match certificate's altnames.*backend\.test/,
    },
    {
      says: 'refuses an authority that it does not know',
      tls: () => ({ ca_file: certificates.otherCaFile }),
      error: /unable to (verify the first certificate|get local issuer certificate)/,
    },
    {
      says: 'refuses it without any authority of its own',
      tls: () => ({}),
      error: /unable to (verify the first certificate|get local issuer certificate)/,
    },
    {
      says: 'trusts anybody when told so',
      tls: () => ({ insecure_skip_verify: true }),
    },
    {
      says: 'shows its own certificate to who asks',
      tls: () => ({
        ca_file: certificates.caFile,
        cert_file: certificates.client.certFile,
        key_file: certificates.client.keyFile,
      }),
      peer: () => mutual,
    },
    {
      says: 'is refused without a certificate by who asks',
      tls: () => ({ ca_file: certificates.caFile }),
      peer: () => mutual,
      error: /certificate required|closed|ECONNRESET|EPIPE|hang up/,
    },
  ];

  const TYPES: readonly ExporterType[] = ['otlp_grpc', 'otlp_http'];

  describe.each(TYPES)('%s', (type) => {
    const named = CASES.map((entry): [string, Case] => [entry.says, entry]);
    it.each(named)('%s', async (_says, entry) => {
      const { receiver, consumers } = entry.peer?.() ?? plain;
      const taken = consumers.traces.items;
      const host = entry.host ?? 'localhost';
      const endpoint = type === 'otlp_grpc'
        ? `${host}:${receiver.ports.grpc}`
        : `https://${host}:${receiver.ports.http}`;
      const { exporter } = loopbackExporter(type, {
        endpoint,
        tls: entry.tls(),
        timeout: '3s',
        retry_on_failure: { enabled: false },
        sending_queue: { enabled: false },
      });
      await exporter.start();
      const failure: unknown = await Promise.resolve(exporter.consume(samplePayload('traces', 2)))
        .then(() => undefined, (error: unknown) => error);
      await exporter.stop();
      if (entry.error === undefined) {
        expect(failure).toBeUndefined();
      } else {
        expect(failure).toBeInstanceOf(RetryableError);
        expect(failure).not.toBeInstanceOf(PermanentError);
        expect((failure as Error).message).toMatch(entry.error);
      }
      expect(consumers.traces.items - taken).toBe(entry.error === undefined ? 2 : 0);
    });

    it('does not start when a file cannot be read', async () => {
      const endpoint = type === 'otlp_grpc' ? 'localhost:1' : 'https://localhost:1';
      const tls = { ca_file: '/no/such/ca.pem' };
      const { exporter } = loopbackExporter(type, { endpoint, tls });
      await expect(exporter.start()).rejects.toThrow(
        /tls\.ca_file: must name a file that can be read, got .*ENOENT/);
      await exporter.stop();
    });
  });

  it('does not start a receiver whose key cannot be read', async () => {
    const { receiver } = loopbackReceiver({
      tls: {
        cert_file: certificates.server.certFile, key_file: '/no/such/key.pem',
      },
    });
    await expect(receiver.start()).rejects.toThrow(
      /receivers\.otlp\.protocols\.grpc: tls\.key_file: must name a file .*, got .*ENOENT/);
    await receiver.stop();
  });

  it('does not start a receiver on an address that is taken', async () => {
    const { receiver } = loopbackReceiver({ endpoint: `127.0.0.1:${plain.receiver.ports.grpc}` });
    await expect(receiver.start()).rejects.toThrow(
      /protocols\.grpc: endpoint 127\.0\.0\.1:\d+: must be an address .* EADDRINUSE/);
    await receiver.stop();
  });
});
