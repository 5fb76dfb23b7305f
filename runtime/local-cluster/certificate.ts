/** Certificates of the local cluster: of its API server, its backends, and its cert-manager. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { md, pki } from 'node-forge';

/** A certificate with its key. */
export interface Certificate {
  /** PEM of the certificate. */
  readonly cert: string;
  /** PEM of the private key. */
  readonly key: string;
}

/** What a certificate is good for. */
export type CertificateUse = 'server auth' | 'client auth';

const DAY_MS = 86_400_000;
const ALL_USES: readonly CertificateUse[] = ['server auth', 'client auth'];
const DNS_NAME = 2;
const IP_ADDRESS = 7;

/** Signs certificates for names of the local cluster. Nothing of it outlives the process. */
export class CertificateAuthority {
  /** PEM of the certificate that vouches for all others. */
  public readonly cert: string;
  private readonly key: pki.rsa.PrivateKey;
  private readonly subject: pki.CertificateField[];

  /**
   * `now` is wall-clock time in milliseconds; certificates hold for a day on either side. `name`
   * tells authorities apart.
   */
  public constructor(private readonly now: number, name = 'otelgw local cluster') {
    const { privateKey, publicKey } = keyPair();
    this.key = pki.privateKeyFromPem(privateKey) as pki.rsa.PrivateKey;
    this.subject = commonName(name);
    this.cert = this.certify(this.subject, publicKey, [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
      { name: 'subjectKeyIdentifier' },
    ]);
  }

  /**
   * A certificate for `names`, which are DNS names or addresses, as server and as client. It holds
   * for a day before and after `at`.
   */
  public issue(names: readonly string[], at = this.now): Certificate {
    return this.issueFor(names[0], names, ALL_USES, at);
  }

  /** A certificate of `subject` that holds `names`, if any, and is good for `uses` alone. */
  public issueFor(
    subject: string, names: readonly string[], uses: readonly CertificateUse[], at = this.now,
  ): Certificate {
    const { privateKey, publicKey } = keyPair();
    const altNames = names.map((name) => isIP(name) === 0
      ? { type: DNS_NAME, value: name }
      : { type: IP_ADDRESS, ip: name });
    const cert = this.certify(commonName(subject), publicKey, [
      ...altNames.length === 0 ? [] : [{ name: 'subjectAltName', altNames }],
      {
        name: 'extKeyUsage',
        serverAuth: uses.includes('server auth'),
        clientAuth: uses.includes('client auth'),
      },
    ], at);
    return { cert, key: privateKey };
  }

  private certify(
    subject: pki.CertificateField[], publicKey: string, extensions: readonly object[],
    at = this.now,
  ): string {
    const certificate = pki.createCertificate();
    certificate.publicKey = pki.publicKeyFromPem(publicKey);
    // A first byte of 1: a number that begins with zeros is no valid one, nor is one below zero.
    certificate.serialNumber = `01${randomBytes(15).toString('hex')}`;
    certificate.validity.notBefore = new Date(at - DAY_MS);
    certificate.validity.notAfter = new Date(at + DAY_MS);
    certificate.setSubject(subject);
    certificate.setIssuer(this.subject);
    certificate.setExtensions([...extensions]);
    certificate.sign(this.key, md.sha256.create());
    return pki.certificateToPem(certificate);
  }
}

/** RSA, because the library signs with nothing else; Node.js makes keys a hundred times faster. */
function keyPair(): { readonly privateKey: string; readonly publicKey: string } {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

function commonName(name: string): pki.CertificateField[] {
  return [{ name: 'commonName', value: name.slice(0, 64) }];
}
