/** Certificates for tests, made when asked for by the `openssl` program. */
import { execFileSync } from 'child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';

/** Files of one authority and of what it signed. */
export interface TestCertificates {
  /** The authority. */
  readonly caFile: string;
  /** An authority that has signed nothing. */
  readonly otherCaFile: string;
  /** A server's certificate for `localhost`, `sampler.test` and 127.0.0.1. */
  readonly server: CertificatePair;
  /** A client's certificate. */
  readonly client: CertificatePair;
  /** Removes all of them. */
  remove(): void;
}

/** A certificate and its key. */
export interface CertificatePair {
  /** File with the certificate. */
  readonly certFile: string;
  /** File with its key. */
  readonly keyFile: string;
}

/** Makes certificates that are valid for a day. */
export function makeTestCertificates(): TestCertificates {
  const folder = mkdtempSync(join(tmpdir(), 'otelgw-tls-'));
  const openssl = (...words: string[]): void => {
    execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
  };
  const key = (name: string): string[] => [
    '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
    '-keyout', `${name}.key`, '-subj', `/CN=${name}`,
  ];
  const authority = (name: string): string => {
    openssl('req', '-x509', ...key(name), '-out', `${name}.pem`, '-days', '1');
    return join(folder, `${name}.pem`);
  };
  const signed = (name: string): CertificatePair => {
    writeFileSync(join(folder, `${name}.ext`),
      'subjectAltName=DNS:localhost,DNS:sampler.test,IP:127.0.0.1\n');
    openssl('req', ...key(name), '-out', `${name}.csr`);
    openssl('x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key',
      '-CAcreateserial', '-out', `${name}.pem`, '-days', '1', '-extfile', `${name}.ext`);
    return { certFile: join(folder, `${name}.pem`), keyFile: join(folder, `${name}.key`) };
  };
  return {
    caFile: authority('ca'),
    otherCaFile: authority('other-ca'),
    server: signed('server'),
    client: signed('client'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
