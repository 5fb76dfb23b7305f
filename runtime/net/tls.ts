/** TLS settings as Node.js wants them, read again where they say so. */
import { isIP } from 'net';
import {
  checkServerIdentity, createSecureContext, type ConnectionOptions, type SecureContext,
  type SecureContextOptions, type SecureVersion, type Server, type TlsOptions,
} from 'tls';
import type { Timer } from '../clock';
import type { TlsClientSettings, TlsServerSettings } from '../config';
import type { NetContext } from './authentication';
import { ciphersOf, curvesOf } from './cipher-suites';
import { authorities, textOf, TlsFiles } from './tls-files';

type EitherSettings = Omit<TlsServerSettings, 'clientCaFile' | 'clientCaFileReload'>;

/** How often a file of authorities is looked at that is to be read again when it changes. */
const LOOK_AT_AUTHORITIES_MS = 10_000;

/** TLS of a server. */
export class ServerTls {
  private readonly files: TlsFiles;

  /** @throws Error when something cannot be read, or does not fit together. */
  public constructor(
    private readonly settings: TlsServerSettings, private readonly context: NetContext,
  ) {
    const ownPair = reader(settings, () => pairOf(settings));
    this.files = new TlsFiles(() => ({
      ...ownPair(),
      ...versionsOf(settings),
      ...settings.clientCaFile !== '' && {
        ca: authorities(
          settings.clientCaFile, 'tls.client_ca_file', settings.includeSystemCaCertsPool),
      },
    }), context.log);
  }

  /** What a server is made from. */
  public get options(): TlsOptions {
    const asks = this.settings.clientCaFile !== '';
    return { ...this.files.options, ...asks && { requestCert: true, rejectUnauthorized: true } };
  }

  /** Gives `server` what has changed, for handshakes from then on; open connections stay. */
  public keepFresh(server: Server): Timer | undefined {
    const { clientCaFile, clientCaFileReload, reloadInterval } = this.settings;
    const intervals = [
      ...reloadInterval > 0 ? [reloadInterval] : [],
      ...clientCaFile !== '' && clientCaFileReload ? [LOOK_AT_AUTHORITIES_MS] : [],
    ];
    if (intervals.length === 0) return undefined;
    return this.files.watch(Math.min(...intervals), this.context.clock, () => {
      server.setSecureContext(this.files.options);
    });
  }
}

/** TLS of a client to one host. */
export class ClientTls {
  private readonly files: TlsFiles;
  private readonly fixed: ConnectionOptions;
  private secureContext: SecureContext;
  private nextLook: number;

  /** @throws Error when something cannot be read, or does not fit together. */
  public constructor(
    private readonly settings: TlsClientSettings, host: string,
    private readonly context: NetContext,
  ) {
    const name = settings.serverNameOverride === '' ? host : settings.serverNameOverride;
    this.fixed = {
      // The handshake must not carry an IP address as the server's name.
      servername: isIP(name) === 0 ? name : '',
      checkServerIdentity: (_connectedTo, certificate) => checkServerIdentity(name, certificate),
      rejectUnauthorized: !settings.insecureSkipVerify,
    };
    this.files = new TlsFiles(() => ({
      ...pairOf(settings),
      ...versionsOf(settings),
      ...trusted(settings),
    }), context.log);
    this.secureContext = createSecureContext(this.files.options);
    this.nextLook = context.clock.monotonic() + settings.reloadInterval;
  }

  /** Whether connections may take up where an older one ended, which also repeats who they are. */
  public get resumes(): boolean {
    return this.settings.reloadInterval === 0;
  }

  /** What a connection now is made with. */
  public get options(): ConnectionOptions {
    const { clock } = this.context;
    if (this.settings.reloadInterval > 0 && clock.monotonic() >= this.nextLook) {
      if (this.files.refresh()) this.secureContext = createSecureContext(this.files.options);
      this.nextLook = clock.monotonic() + this.files.pauseUntilNext(this.settings.reloadInterval);
    }
    return { ...this.fixed, secureContext: this.secureContext };
  }
}

/**
 * Whether a client speaks TLS: `insecure` means plain text only without a CA and without https.
 */
export function speaksTls(settings: TlsClientSettings, scheme: '' | 'http' | 'https'): boolean {
  return scheme === 'https' || !settings.insecure
    || settings.caFile !== '' || settings.caPem !== '';
}

/** Reads anew every time, or once where nothing is to be read again. */
function reader<T>({ reloadInterval }: EitherSettings, read: () => T): () => T {
  let first: T | undefined;
  return () => {
    if (reloadInterval > 0) return read();
    return first ??= read();
  };
}

function pairOf(settings: EitherSettings): SecureContextOptions {
  const cert = textOf(settings.certFile, settings.certPem, 'tls.cert_file');
  const key = textOf(settings.keyFile, settings.keyPem, 'tls.key_file');
  return { ...cert !== '' && { cert }, ...key !== '' && { key } };
}

function trusted(
  { caFile, caPem, includeSystemCaCertsPool }: EitherSettings,
): SecureContextOptions {
  if (caFile !== '') return { ca: authorities(caFile, 'tls.ca_file', includeSystemCaCertsPool) };
  if (caPem === '') return {};
  return { ca: authorities({ pem: caPem }, 'tls.ca_pem', includeSystemCaCertsPool) };
}

function versionsOf(
  { cipherSuites, curvePreferences, maxVersion, minVersion }: EitherSettings,
): SecureContextOptions {
  const ecdhCurve = curvesOf(curvePreferences);
  return {
    ...ecdhCurve !== undefined && { ecdhCurve },
    minVersion: versionOf(minVersion),
    ...maxVersion !== '' && { maxVersion: versionOf(maxVersion) },
    ciphers: ciphersOf(cipherSuites, minVersion),
  };
}

function versionOf(version: string): SecureVersion {
  return `TLSv${version === '1.0' ? '1' : version}` as SecureVersion;
}
