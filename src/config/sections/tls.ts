/**
 * TLS of servers and clients: files, because Kubernetes gives certificates as files, or the text of
 * what they would hold.
 */
import type { Duration } from 'cdk8s';
import { choice, duration, flag, list, secret, text } from '../fields';
import { optionalSection, section, type Report, type SettingsOf } from '../section';

/** TLS of a server. */
export interface TlsServerConfig {
  /**
   * File with certificates of further authorities to trust.
   * @default ""
   */
  readonly caFile?: string;
  /**
   * The same as text, in place of a file.
   * @default ""
   */
  readonly caPem?: string;
  /**
   * File with the server's certificate chain.
   * @default ""
   */
  readonly certFile?: string;
  /**
   * File with the certificate's private key.
   * @default ""
   */
  readonly keyFile?: string;
  /**
   * Certificate chain as text, in place of a file.
   * @default ""
   */
  readonly certPem?: string;
  /**
   * Private key as text, in place of a file; refer to a variable, such as `${env:KEY}`.
   * @default ""
   */
  readonly keyPem?: string;
  /**
   * File with the authorities that client certificates must come from; asks clients for one.
   * @default ""
   */
  readonly clientCaFile?: string;
  /**
   * Whether that file is read again when it changes.
   * @default false
   */
  readonly clientCaFileReload?: boolean;
  /**
   * Oldest version of TLS that is spoken: 1.0, 1.1, 1.2 or 1.3.
   * @default "1.2"
   */
  readonly minVersion?: string;
  /**
   * Newest version of TLS that is spoken: 1.0, 1.1, 1.2 or 1.3; any when empty.
   * @default ""
   */
  readonly maxVersion?: string;
  /**
   * Cipher suites up to TLS 1.2 by their names in Go, such as
   * TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256; a choice of the library when empty.
   * @default []
   */
  readonly cipherSuites?: string[];
  /**
   * Whether cipher suites that are not safe may be among them.
   * @default false
   */
  readonly includeInsecureCipherSuites?: boolean;
  /**
   * Curves that keys are agreed on with: X25519MLKEM768, X25519, P256, P384 and P521; a choice of
   * the library when empty.
   * @default []
   */
  readonly curvePreferences?: string[];
  /**
   * Trusts the authorities of the system, too, beside those that are given.
   * @default false
   */
  readonly includeSystemCaCertsPool?: boolean;
  /**
   * Time after which certificates and keys are read from their files again; zero is never.
   * @default Duration.millis(0)
   */
  readonly reloadInterval?: Duration;
}

/** TLS of a client. */
export interface TlsClientConfig {
  /**
   * Speaks plain text, unless a CA is given.
   * @default false
   */
  readonly insecure?: boolean;
  /**
   * Speaks TLS, but trusts any certificate.
   * @default false
   */
  readonly insecureSkipVerify?: boolean;
  /**
   * Name that the server's certificate must hold, where it is not the endpoint's.
   * @default ""
   */
  readonly serverNameOverride?: string;
  /**
   * File with the authorities to trust; those of the system when empty.
   * @default ""
   */
  readonly caFile?: string;
  /**
   * The same as text, in place of a file.
   * @default ""
   */
  readonly caPem?: string;
  /**
   * File with the client's certificate chain.
   * @default ""
   */
  readonly certFile?: string;
  /**
   * File with the certificate's private key.
   * @default ""
   */
  readonly keyFile?: string;
  /**
   * Certificate chain as text, in place of a file.
   * @default ""
   */
  readonly certPem?: string;
  /**
   * Private key as text, in place of a file; refer to a variable, such as `${env:KEY}`.
   * @default ""
   */
  readonly keyPem?: string;
  /**
   * Oldest version of TLS that is spoken: 1.0, 1.1, 1.2 or 1.3.
   * @default "1.2"
   */
  readonly minVersion?: string;
  /**
   * Newest version of TLS that is spoken: 1.0, 1.1, 1.2 or 1.3; any when empty.
   * @default ""
   */
  readonly maxVersion?: string;
  /**
   * Cipher suites up to TLS 1.2 by their names in Go, such as
   * TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256; a choice of the library when empty.
   * @default []
   */
  readonly cipherSuites?: string[];
  /**
   * Whether cipher suites that are not safe may be among them.
   * @default false
   */
  readonly includeInsecureCipherSuites?: boolean;
  /**
   * Curves that keys are agreed on with: X25519MLKEM768, X25519, P256, P384 and P521; a choice of
   * the library when empty.
   * @default []
   */
  readonly curvePreferences?: string[];
  /**
   * Trusts the authorities of the system, too, beside those that are given.
   * @default false
   */
  readonly includeSystemCaCertsPool?: boolean;
  /**
   * Time after which certificates and keys are read from their files again; zero is never.
   * @default Duration.millis(0)
   */
  readonly reloadInterval?: Duration;
}

const VERSIONS = ['1.0', '1.1', '1.2', '1.3'] as const;

/** Cipher suites that Go calls secure, by its names. */
export const CIPHER_SUITES = [
  'TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA', 'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
] as const;

/** The name of a cipher suite in Go. */
export type CipherSuite =
  typeof CIPHER_SUITES[number] | typeof INSECURE_CIPHER_SUITES[number];

/** Those that upstream takes with `include_insecure_cipher_suites` only. */
export const INSECURE_CIPHER_SUITES = [
  'TLS_RSA_WITH_RC4_128_SHA', 'TLS_RSA_WITH_3DES_EDE_CBC_SHA', 'TLS_RSA_WITH_AES_128_CBC_SHA',
  'TLS_RSA_WITH_AES_256_CBC_SHA', 'TLS_RSA_WITH_AES_128_CBC_SHA256',
  'TLS_RSA_WITH_AES_128_GCM_SHA256', 'TLS_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_ECDSA_WITH_RC4_128_SHA', 'TLS_ECDHE_RSA_WITH_RC4_128_SHA',
  'TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA', 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256',
] as const;

/** Curves by their names in Go. */
export const CURVES = ['X25519MLKEM768', 'X25519', 'P256', 'P384', 'P521'] as const;

/** The name of a curve in Go. */
export type Curve = typeof CURVES[number];

const EITHER_SIDE = ['tpm'];

const either = {
  caFile: text({ fallback: '' }),
  caPem: secret({ fallback: '' }),
  certFile: text({ fallback: '' }),
  certPem: secret({ fallback: '' }),
  keyFile: text({ fallback: '' }),
  keyPem: secret({ fallback: '' }),
  minVersion: choice(VERSIONS, '1.2'),
  maxVersion: choice(['', ...VERSIONS], ''),
  cipherSuites: list(choice([...CIPHER_SUITES, ...INSECURE_CIPHER_SUITES]), []),
  includeInsecureCipherSuites: flag({ fallback: false }),
  curvePreferences: list(choice(CURVES), []),
  includeSystemCaCertsPool: flag({ fallback: false }),
  reloadInterval: duration('0s'),
};

const server = {
  ...either,
  clientCaFile: text({ fallback: '' }),
  clientCaFileReload: flag({ fallback: false }),
};

const client = {
  ...either,
  insecure: flag({ fallback: false }),
  insecureSkipVerify: flag({ fallback: false }),
  serverNameOverride: text({ fallback: '' }),
};

type EitherSettings = SettingsOf<typeof either>;

/** What a server knows of its TLS. */
export type TlsServerSettings = SettingsOf<typeof server>;

/** What a client knows of its TLS. */
export type TlsClientSettings = SettingsOf<typeof client>;

/** What a file holds is not given a second time as text, and versions are in order. */
function fitsTogether(settings: EitherSettings, report: Report): void {
  for (const what of ['ca', 'cert', 'key'] as const) {
    if (settings[`${what}File`] !== '' && settings[`${what}Pem`] !== '') {
      report([`${what}_pem`], `must be absent beside ${what}_file: give one of them`);
    }
  }
  const { minVersion, maxVersion } = settings;
  if (maxVersion !== '' && maxVersion < minVersion) {
    report(['max_version'], `must be at least min_version (${minVersion}), got ${maxVersion}`);
  }
  if (settings.includeInsecureCipherSuites) return;
  settings.cipherSuites.forEach((suite, index) => {
    if (!(INSECURE_CIPHER_SUITES as readonly string[]).includes(suite)) return;
    report(['cipher_suites', index],
      `needs include_insecure_cipher_suites beside it, got ${JSON.stringify(suite)}`);
  });
}

function serverFits(settings: TlsServerSettings, report: Report): void {
  const { certFile, certPem, keyFile, keyPem } = settings;
  if (certFile + certPem === '') {
    report(['cert_file'], 'must name a file: a server needs a certificate');
  }
  if (keyFile + keyPem === '') {
    report(['key_file'], 'must name a file: a server needs a private key');
  }
  fitsTogether(settings, report);
}

function clientFits(settings: TlsClientSettings, report: Report): void {
  const { certFile, certPem, keyFile, keyPem } = settings;
  const hasCert = certFile + certPem !== '';
  const hasKey = keyFile + keyPem !== '';
  if (hasCert && !hasKey) {
    const beside = certFile === '' ? 'cert_pem' : 'cert_file';
    report(['key_file'], `is required beside ${beside}: a certificate is used with its key`);
  }
  if (hasKey && !hasCert) {
    const beside = keyFile === '' ? 'key_pem' : 'key_file';
    report(['cert_file'], `is required beside ${beside}: a key is used with its certificate`);
  }
  fitsTogether(settings, report);
}

/** TLS of a server, off unless present. */
export const tlsServer = optionalSection<TlsServerConfig>()(
  { absent: 'off', empty: 'off' }, server, { check: serverFits, upstreamOnly: EITHER_SIDE });

/** TLS of a client, on unless told otherwise. */
export const tlsClient = section<TlsClientConfig>()(
  client, { check: clientFits, upstreamOnly: EITHER_SIDE });
