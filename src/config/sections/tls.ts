/**
 * TLS of servers and clients: files, because Kubernetes gives certificates as files.
 */
import type { Duration } from 'cdk8s';
import { choice, duration, flag, text, upstreamOnly } from '../fields';
import { optionalSection, section, type Report, type SettingsOf } from '../section';

/** TLS of a server. */
export interface TlsServerConfig {
  /**
   * File with certificates of further authorities to trust.
   * @default ""
   */
  readonly caFile?: string;
  /**
   * File with the server's certificate chain.
   */
  readonly certFile: string;
  /**
   * File with the certificate's private key.
   */
  readonly keyFile: string;
  /**
   * File with the authorities that client certificates must come from; asks clients for one.
   * @default ""
   */
  readonly clientCaFile?: string;
  /**
   * Oldest version of TLS that is spoken: 1.0, 1.1, 1.2 or 1.3.
   * @default "1.2"
   */
  readonly minVersion?: string;
  /**
   * Time after which certificates are read from their files again; zero is never. This runtime
   * reads them once.
   * @default Duration.millis(0)
   */
  readonly reloadInterval?: Duration;
}

/** TLS of a client. */
export interface TlsClientConfig {
  /**
   * Speaks plain text, unless a CA file is given.
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
   * Oldest version of TLS that is spoken: 1.0, 1.1, 1.2 or 1.3.
   * @default "1.2"
   */
  readonly minVersion?: string;
  /**
   * Time after which certificates are read from their files again; zero is never. This runtime
   * reads them once.
   * @default Duration.millis(0)
   */
  readonly reloadInterval?: Duration;
}

const VERSIONS = ['1.0', '1.1', '1.2', '1.3'] as const;

const EITHER_SIDE = [
  'ca_pem', 'cert_pem', 'key_pem', 'max_version', 'cipher_suites',
  'include_insecure_cipher_suites', 'curve_preferences', 'include_system_ca_certs_pool',
  'tpm',
];

const either = {
  caFile: text({ fallback: '' }),
  certFile: text({ fallback: '' }),
  keyFile: text({ fallback: '' }),
  minVersion: choice(VERSIONS, '1.2'),
  reloadInterval: upstreamOnly(duration('0s')),
};

const server = {
  ...either,
  certFile: text(),
  keyFile: text(),
  clientCaFile: text({ fallback: '' }),
};

const client = {
  ...either,
  insecure: flag({ fallback: false }),
  insecureSkipVerify: flag({ fallback: false }),
  serverNameOverride: text({ fallback: '' }),
};

/** What a server knows of its TLS. */
export type TlsServerSettings = SettingsOf<typeof server>;

/** What a client knows of its TLS. */
export type TlsClientSettings = SettingsOf<typeof client>;

function serverNeedsBoth({ certFile, keyFile }: TlsServerSettings, report: Report): void {
  if (certFile === '') report(['cert_file'], 'must name a file: a server needs a certificate');
  if (keyFile === '') report(['key_file'], 'must name a file: a server needs a private key');
}

function bothOrNeither({ certFile, keyFile }: TlsClientSettings, report: Report): void {
  if (certFile !== '' && keyFile === '') {
    report(['key_file'], 'is required beside cert_file: a certificate is used with its key');
  }
  if (keyFile !== '' && certFile === '') {
    report(['cert_file'], 'is required beside key_file: a key is used with its certificate');
  }
}

/** TLS of a server, off unless present. */
export const tlsServer = optionalSection<TlsServerConfig>()(
  { absent: 'off', empty: 'off' }, server,
  { check: serverNeedsBoth, upstreamOnly: [...EITHER_SIDE, 'client_ca_file_reload'] });

/** TLS of a client, on unless told otherwise. */
export const tlsClient = section<TlsClientConfig>()(
  client, { check: bothOrNeither, upstreamOnly: EITHER_SIDE });
