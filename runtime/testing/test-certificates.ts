/** Certificates for tests, made when asked for. */
import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { CertificateAuthority, type Certificate } from '../local-cluster/certificate';

const DAY_MS = 86_400_000;

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
  /** A client's certificate from the other authority. */
  readonly stranger: CertificatePair;
  /** A server's certificate for `localhost` that ended a week ago. */
  readonly expired: CertificatePair;
  /** Another certificate of the authority, for these names. */
  issue(names: readonly string[]): Certificate;
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
  const write = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  const pair = (name: string, { cert, key }: Certificate): CertificatePair => (
    { certFile: write(`${name}.pem`, cert), keyFile: write(`${name}.key`, key) });
  const authority = new CertificateAuthority(Date.now(), 'ca');
  const other = new CertificateAuthority(Date.now(), 'other-ca');
  return {
    caFile: write('ca.pem', authority.cert),
    otherCaFile: write('other-ca.pem', other.cert),
    server: pair('server', authority.issue(['localhost', 'sampler.test', '127.0.0.1'])),
    client: pair('client', authority.issue(['client'])),
    stranger: pair('stranger', other.issue(['stranger'])),
    expired: pair('expired', authority.issue(['localhost'], Date.now() - 8 * DAY_MS)),
    issue: (names) => authority.issue(names),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
