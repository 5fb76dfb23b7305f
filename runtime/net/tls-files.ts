/** Certificates, keys and authorities: read from files, checked, and read again. */
import { X509Certificate } from 'crypto';
import { readFileSync } from 'fs';
import { createSecureContext, rootCertificates, type SecureContextOptions } from 'tls';
import type { Clock, Timer } from '../clock';
import { messageOf } from '../errors';
import type { Logger } from '../telemetry/logger';

/** How long after a failure the files are read again, however long the interval is. */
const SECOND_LOOK_MS = 10_000;
const LEAST_INTERVAL_MS = 100;
/** The longest time that timers of Node.js take. */
const MOST_INTERVAL_MS = 2 ** 31 - 1;

/** Where systems keep the authorities that they trust; the first that is there is taken. */
const SYSTEM_AUTHORITIES = [
  '/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem', '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem', '/etc/ssl/cert.pem',
];

/** What a secure context is made from; what was good stays when something else is not. */
export class TlsFiles {
  private current: SecureContextOptions;
  private failure = '';

  /** @throws Error when what `read` reads cannot be used. */
  public constructor(
    private readonly read: () => SecureContextOptions, private readonly log: Logger,
  ) {
    this.current = this.checked();
  }

  /** What was read last and can be used. */
  public get options(): SecureContextOptions {
    return this.current;
  }

  /** Reads again, and answers whether there is something new. */
  public refresh(): boolean {
    try {
      const found = this.checked();
      this.failure = '';
      if (JSON.stringify(found) === JSON.stringify(this.current)) return false;
      this.current = found;
      this.log.info('Certificates have changed and were read again.');
      return true;
    } catch (error) {
      const failure = messageOf(error);
      if (failure !== this.failure) {
        this.log.error('Certificates cannot be read again; those from before stay.', {
          error: failure,
        });
      }
      this.failure = failure;
      return false;
    }
  }

  /** Milliseconds until it is worth reading again: a renewal may have been half done. */
  public pauseUntilNext(intervalMs: number): number {
    const pause = this.failure === '' ? intervalMs : Math.min(intervalMs, SECOND_LOOK_MS);
    return Math.min(Math.max(pause, LEAST_INTERVAL_MS), MOST_INTERVAL_MS);
  }

  /** Reads again every `intervalMs`, and tells `changed` when there is something new. */
  public watch(intervalMs: number, clock: Clock, changed: () => void): Timer {
    let timer: Timer;
    const wait = (): void => {
      timer = clock.after(this.pauseUntilNext(intervalMs), () => {
        if (this.refresh()) changed();
        wait();
      });
    };
    wait();
    return { cancel: () => timer.cancel() };
  }

  private checked(): SecureContextOptions {
    const found = this.read();
    try {
      createSecureContext(found);
    } catch (error) {
      throw new Error('tls: must have a certificate and the key that goes with it, as PEM, got '
        + messageOf(error));
    }
    return found;
  }
}

/**
 * What a file holds, or the text that stands in its place.
 *
 * @throws Error when the file cannot be read.
 */
export function textOf(file: string, pem: string, key: string): string {
  if (file === '') return pem;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${key}: must name a file that can be read, got ${messageOf(error)}`);
  }
}

/**
 * Authorities of a file or a text, those of the system in front of them if `withSystem`.
 *
 * @throws Error when there are none.
 */
export function authorities(
  source: string | { readonly pem: string }, key: string, withSystem: boolean,
): string[] {
  const text = typeof source === 'string' ? textOf(source, '', key) : source.pem;
  try {
    // A secure context takes no notice of authorities that it cannot read.
    new X509Certificate(text);
  } catch (error) {
    throw new Error(`${key}: must hold a certificate as PEM, got ${messageOf(error)}`);
  }
  return withSystem ? [...systemAuthorities(), text] : [text];
}

function systemAuthorities(): readonly string[] {
  const { SSL_CERT_FILE } = process.env;
  for (const file of SSL_CERT_FILE ? [SSL_CERT_FILE] : SYSTEM_AUTHORITIES) {
    try {
      return [readFileSync(file, 'utf8')];
    } catch {
      // Each system has one of them.
    }
  }
  return rootCertificates;
}
