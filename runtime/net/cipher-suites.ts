/** Cipher suites: the names of Go, which configurations hold, and those of OpenSSL. */
import { DEFAULT_CIPHERS } from 'tls';
import type { CipherSuite, Curve } from '../config';

/** Those of TLS 1.3, which are named alike. Go does not let them be chosen. */
const OF_TLS_13 = [
  'TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256',
] as const;

type OlderSuite = Exclude<CipherSuite, typeof OF_TLS_13[number]>;

const OPENSSL: Readonly<Record<OlderSuite, string>> = {
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_RSA_WITH_RC4_128_SHA: 'RC4-SHA',
  TLS_RSA_WITH_3DES_EDE_CBC_SHA: 'DES-CBC3-SHA',
  TLS_RSA_WITH_AES_128_CBC_SHA: 'AES128-SHA',
  TLS_RSA_WITH_AES_256_CBC_SHA: 'AES256-SHA',
  TLS_RSA_WITH_AES_128_CBC_SHA256: 'AES128-SHA256',
  TLS_RSA_WITH_AES_128_GCM_SHA256: 'AES128-GCM-SHA256',
  TLS_RSA_WITH_AES_256_GCM_SHA384: 'AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_RC4_128_SHA: 'ECDHE-ECDSA-RC4-SHA',
  TLS_ECDHE_RSA_WITH_RC4_128_SHA: 'ECDHE-RSA-RC4-SHA',
  TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA: 'ECDHE-RSA-DES-CBC3-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: 'ECDHE-ECDSA-AES128-SHA256',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256: 'ECDHE-RSA-AES128-SHA256',
};

const OPENSSL_CURVES: Readonly<Record<Curve, string>> = {
  X25519MLKEM768: 'X25519MLKEM768', X25519: 'X25519', P256: 'P-256', P384: 'P-384', P521: 'P-521',
};

/** OpenSSL's list of curves; OpenSSL before 3.5 has no X25519MLKEM768, and says so. */
export function curvesOf(curves: readonly Curve[]): string | undefined {
  return curves.length === 0
    ? undefined : curves.map((curve) => OPENSSL_CURVES[curve]).join(':');
}

/** OpenSSL refuses what versions before 1.2 are made of, unless it is told to be lax. */
const LAX = '@SECLEVEL=0';

/** OpenSSL's list of ciphers, or undefined for that of Node.js. */
export function ciphersOf(
  suites: readonly CipherSuite[], oldestVersion: string,
): string | undefined {
  const isLax = oldestVersion === '1.0' || oldestVersion === '1.1';
  if (suites.length === 0) return isLax ? `${DEFAULT_CIPHERS}:${LAX}` : undefined;
  const older = suites.filter((suite): suite is OlderSuite => suite in OPENSSL)
    .map((suite) => OPENSSL[suite]);
  return [...OF_TLS_13, ...older, ...isLax ? [LAX] : []].join(':');
}
