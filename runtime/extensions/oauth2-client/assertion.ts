/** What the grant `jwt-bearer` shows in place of a secret: a signed JWT (RFC 7523, RFC 7515). */
import { createPrivateKey, randomUUID, sign, type KeyObject } from 'crypto';
import type { OAuth2ClientSettings } from '../../config';

/** How long an assertion may be shown, in seconds; upstream has the same. */
const LIFE_S = 1800;

/** The hash that goes with each name of RFC 7518 for RSA with PKCS #1 v1.5. */
const HASHES = { RS256: 'sha256', RS384: 'sha384', RS512: 'sha512' } as const;

/**
 * An assertion of the client `id`, signed with the private key `pem`; `now` is the time in
 * milliseconds.
 *
 * @throws Error when the key is none that can sign; it holds nothing of the key.
 */
export function signedAssertion(
  settings: OAuth2ClientSettings, id: string, pem: string, now: number,
): string {
  const { audience, claims, clientCertificateKeyId: keyId, iss, scopes, tokenUrl } = settings;
  const algorithm = settings.signatureAlgorithm || 'RS256';
  const issuedAt = Math.floor(now / 1000);
  const header = { alg: algorithm, typ: 'JWT', ...keyId !== '' && { kid: keyId } };
  const shown = `${encoded(header)}.${encoded({
    iss: iss || id,
    sub: id,
    jti: randomUUID(),
    aud: audience || tokenUrl,
    iat: issuedAt,
    exp: issuedAt + LIFE_S,
    ...scopes.length > 0 && { scope: scopes.join(' ') },
    ...claims,
  })}`;
  const signature = sign(HASHES[algorithm], Buffer.from(shown), keyOf(pem));
  return `${shown}.${signature.toString('base64url')}`;
}

function keyOf(pem: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    // What OpenSSL says of it helps nobody.
  }
  if (key?.asymmetricKeyType === 'rsa') return key;
  throw new Error('client_certificate_key: must be a private key of RSA as PEM, without a'
    + ` passphrase, got ${key === undefined ? 'none' : String(key.asymmetricKeyType)}`);
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
