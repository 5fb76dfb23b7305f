/**
 * Makes X.509 certificates: node:crypto has keys and signatures, but cannot write certificates.
 *
 * The DER below is the least that TLS clients ask for: ECDSA P-256, v3, subject alternative names.
 */
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIPv4 } from 'node:net';

/** A certificate with its key. */
export interface Certificate {
  /** PEM of the certificate. */
  readonly cert: string;
  /** PEM of the private key. */
  readonly key: string;
}

/** Signs certificates for names of the local cluster. Nothing of it outlives the process. */
export class CertificateAuthority {
  /** PEM of the certificate that vouches for all others. */
  public readonly cert: string;
  private readonly key: KeyObject;
  private readonly keyIdentifier: Buffer;
  private readonly name = commonName('otelgw local cluster');

  /** `now` is wall-clock time in milliseconds; certificates hold for a day on either side. */
  public constructor(private readonly now: number) {
    const { privateKey, publicKey } = keyPair();
    this.key = privateKey;
    this.keyIdentifier = keyId(publicKey);
    const extensions = [
      extension('551d13', true, sequence(tlv(0x01, Buffer.from([0xff])))),
      extension('551d0f', true, tlv(0x03, Buffer.from([0x01, 0x06]))),
      extension('551d0e', false, tlv(0x04, this.keyIdentifier)),
    ];
    this.cert = this.certify(this.name, publicKey, extensions);
  }

  /** A certificate for `names`, which are DNS names or IPv4 addresses. */
  public issue(names: readonly string[]): Certificate {
    const { privateKey, publicKey } = keyPair();
    const alternatives = names.map((name) => isIPv4(name)
      ? tlv(0x87, Buffer.from(name.split('.').map(Number)))
      : tlv(0x82, Buffer.from(name, 'latin1')));
    const cert = this.certify(commonName(names[0]), publicKey, [
      extension('551d11', false, sequence(...alternatives)),
      extension('551d23', false, sequence(tlv(0x80, this.keyIdentifier))),
    ]);
    return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
  }

  private certify(subject: Buffer, publicKey: KeyObject, extensions: readonly Buffer[]): string {
    const body = sequence(
      tlv(0xa0, integer(Buffer.from([2]))),
      integer(Buffer.concat([Buffer.from([0x01]), randomBytes(15)])),
      ECDSA_WITH_SHA256,
      this.name,
      sequence(utcTime(this.now - DAY_MS), utcTime(this.now + DAY_MS)),
      subject,
      publicKey.export({ type: 'spki', format: 'der' }),
      tlv(0xa3, sequence(...extensions)),
    );
    const signature = sign('sha256', body, this.key);
    return pem(sequence(body, ECDSA_WITH_SHA256, bitString(signature)));
  }
}

const DAY_MS = 86_400_000;
const ECDSA_WITH_SHA256 = sequence(objectId('2a8648ce3d040302'));

function keyPair(): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function keyId(key: KeyObject): Buffer {
  return createHash('sha1').update(key.export({ type: 'spki', format: 'der' })).digest();
}

function tlv(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  if (length < 0x100) return Buffer.concat([Buffer.from([tag, 0x81, length]), content]);
  return Buffer.concat([Buffer.from([tag, 0x82, length >> 8, length & 0xff]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(parts));
}

function integer(bytes: Buffer): Buffer {
  return tlv(0x02, bytes);
}

function objectId(hex: string): Buffer {
  return tlv(0x06, Buffer.from(hex, 'hex'));
}

function bitString(bytes: Buffer): Buffer {
  return tlv(0x03, Buffer.concat([Buffer.from([0]), bytes]));
}

function commonName(name: string): Buffer {
  const text = Buffer.from(name.slice(0, 64), 'utf8');
  return sequence(tlv(0x31, sequence(objectId('550403'), tlv(0x0c, text))));
}

function extension(idHex: string, critical: boolean, content: Buffer): Buffer {
  const flag = critical ? [tlv(0x01, Buffer.from([0xff]))] : [];
  return sequence(objectId(idHex), ...flag, tlv(0x04, content));
}

function utcTime(ms: number): Buffer {
  const [day, time] = new Date(ms).toISOString().split('T');
  const text = `${day.slice(2).replaceAll('-', '')}${time.slice(0, 8).replaceAll(':', '')}Z`;
  return tlv(0x17, Buffer.from(text, 'latin1'));
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
