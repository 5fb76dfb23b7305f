/** TLS settings as Node.js wants them. */
import { readFileSync } from 'fs';
import { isIP } from 'net';
import {
  checkServerIdentity, type ConnectionOptions, type SecureVersion, type TlsOptions,
} from 'tls';
import type { TlsClientSettings, TlsServerSettings } from '../config';
import { messageOf } from '../errors';

/**
 * What a TLS server is made from.
 *
 * @throws Error when a file cannot be read.
 */
export function serverTls(settings: TlsServerSettings): TlsOptions {
  const clientCas = [settings.clientCaFile].filter((file) => file !== '');
  return {
    cert: read(settings.certFile, 'tls.cert_file'),
    key: read(settings.keyFile, 'tls.key_file'),
    minVersion: versionOf(settings.minVersion),
    ...clientCas.length > 0 && {
      ca: clientCas.map((file) => read(file, 'tls.client_ca_file')),
      requestCert: true,
      rejectUnauthorized: true,
    },
  };
}

/**
 * Whether a client speaks TLS: `insecure` means plain text only without a CA and without https.
 */
export function speaksTls(settings: TlsClientSettings, scheme: '' | 'http' | 'https'): boolean {
  return scheme === 'https' || !settings.insecure || settings.caFile !== '';
}

/**
 * What a TLS client connects with to `host`.
 *
 * @throws Error when a file cannot be read.
 */
export function clientTls(settings: TlsClientSettings, host: string): ConnectionOptions {
  const name = settings.serverNameOverride === '' ? host : settings.serverNameOverride;
  return {
    // The handshake must not carry an IP address as the server's name.
    servername: isIP(name) === 0 ? name : '',
    checkServerIdentity: (_connectedTo, certificate) => checkServerIdentity(name, certificate),
    ...settings.caFile !== '' && { ca: read(settings.caFile, 'tls.ca_file') },
    ...settings.certFile !== '' && { cert: read(settings.certFile, 'tls.cert_file') },
    ...settings.keyFile !== '' && { key: read(settings.keyFile, 'tls.key_file') },
    minVersion: versionOf(settings.minVersion),
    rejectUnauthorized: !settings.insecureSkipVerify,
  };
}

function versionOf(version: string): SecureVersion {
  return `TLSv${version === '1.0' ? '1' : version}` as SecureVersion;
}

function read(file: string, key: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`${key}: must name a file that can be read, got ${messageOf(error)}`);
  }
}
