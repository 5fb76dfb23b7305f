/**
 * The contract of upstream's OAuth 2.0 authenticator for what is sent.
 */
import type { Duration } from 'cdk8s';
import * as z from 'zod/mini';
import { component } from '../contract';
import {
  choice, duration, leaf, list, mustBe, openMap, secret, text, type Field,
} from '../fields';
import type { Report, SettingsOf } from '../section';
import { tlsClient, type TlsClientConfig } from '../sections/tls';

/** Fetches tokens from a server of OAuth 2.0, and shows them with every request. */
export interface OAuth2ClientExtensionConfig {
  /**
   * Address that tokens are fetched from.
   */
  readonly tokenUrl: string;
  /**
   * Name under which the server knows the collector.
   * @default ""
   */
  readonly clientId?: string;
  /**
   * File with that name, which is read for every token; it wins over `clientId`.
   * @default ""
   */
  readonly clientIdFile?: string;
  /**
   * The secret that goes with the name; refer to a variable, such as `${env:SECRET}`.
   * @default ""
   */
  readonly clientSecret?: string;
  /**
   * File with that secret, which is read for every token; it wins over `clientSecret`.
   * @default ""
   */
  readonly clientSecretFile?: string;
  /**
   * How tokens are asked for: `client_credentials`, or
   * `urn:ietf:params:oauth:grant-type:jwt-bearer` with a signature in place of the secret.
   * @default "client_credentials"
   */
  readonly grantType?: string;
  /**
   * The private key of RSA, as PEM, that signs for the grant of type jwt-bearer; refer to a
   * variable, such as `${env:KEY}`.
   * @default ""
   */
  readonly clientCertificateKey?: string;
  /**
   * File with that key, which is read for every token; it wins over `clientCertificateKey`.
   * @default ""
   */
  readonly clientCertificateKeyFile?: string;
  /**
   * Name by which the server knows the key.
   * @default - the server is not told
   */
  readonly clientCertificateKeyId?: string;
  /**
   * How the key signs: RS256, RS384 or RS512.
   * @default "RS256"
   */
  readonly signatureAlgorithm?: string;
  /**
   * Who signs.
   * @default - the client's name
   */
  readonly iss?: string;
  /**
   * Whom the signature is for.
   * @default - `tokenUrl`
   */
  readonly audience?: string;
  /**
   * What else is signed; it wins over what is there by default.
   * @default {}
   */
  readonly claims?: Record<string, any>;
  /**
   * What the tokens are for.
   * @default []
   */
  readonly scopes?: string[];
  /**
   * Further parameters of the requests for tokens; several values of one are set apart by commas.
   * @default {}
   */
  readonly endpointParams?: Record<string, string>;
  /**
   * TLS of the connection to the server of tokens.
   * @default - TLS with the authorities of the system
   */
  readonly tls?: TlsClientConfig;
  /**
   * Time that a request for a token may take; zero is without limit.
   * @default Duration.millis(0)
   */
  readonly timeout?: Duration;
  /**
   * Time before the end of a token from which on the next one is fetched.
   * @default Duration.minutes(5)
   */
  readonly expiryBuffer?: Duration;
}

type Params = Readonly<Record<string, string | readonly string[]>>;

const textOrTexts = () =>
  z.union([z.string(), z.array(z.string())], { error: 'must be a text or texts' });

function params(): Field<Record<string, string>, Params> {
  const what = 'a map of texts or lists of texts';
  return leaf<Record<string, string>, Params>(
    () => z.record(z.string(), textOrTexts(), mustBe(what)), {});
}

/** The grant whose tokens are given for a signature (RFC 7523). */
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

const fields = {
  tokenUrl: text(),
  clientId: text({ fallback: '' }),
  clientIdFile: text({ fallback: '' }),
  clientSecret: secret({ fallback: '' }),
  clientSecretFile: text({ fallback: '' }),
  grantType: choice(['client_credentials', JWT_BEARER, ''], 'client_credentials'),
  clientCertificateKey: secret({ fallback: '' }),
  clientCertificateKeyFile: text({ fallback: '' }),
  clientCertificateKeyId: text({ fallback: '' }),
  signatureAlgorithm: choice(['RS256', 'RS384', 'RS512', ''], 'RS256'),
  iss: text({ fallback: '' }),
  audience: text({ fallback: '' }),
  claims: openMap(),
  scopes: list(text(), []),
  endpointParams: params(),
  tls: tlsClient,
  timeout: duration('0s'),
  expiryBuffer: duration('5m'),
};

/** What the OAuth 2.0 authenticator works with. */
export type OAuth2ClientSettings = SettingsOf<typeof fields>;

function isComplete(settings: OAuth2ClientSettings, report: Report): void {
  const { tokenUrl, clientId, clientIdFile, clientSecret, clientSecretFile } = settings;
  if (clientId + clientIdFile === '') report([], 'must hold client_id or client_id_file');
  if (settings.grantType === JWT_BEARER) {
    signs(settings, report);
  } else if (clientSecret + clientSecretFile === '') {
    report([], 'must hold client_secret or client_secret_file');
  }
  if (!/^https?:\/\/[^/]/i.test(tokenUrl) || !URL.canParse(tokenUrl)) {
    report(['token_url'], 'must be a URL such as https://login.example/oauth2/token, got '
      + JSON.stringify(tokenUrl));
  }
}

function signs(settings: OAuth2ClientSettings, report: Report): void {
  const { clientCertificateKey, clientCertificateKeyFile, endpointParams, scopes } = settings;
  if (clientCertificateKey + clientCertificateKeyFile === '') {
    report([], 'must hold client_certificate_key or client_certificate_key_file');
  }
  for (const taken of ['assertion', ...scopes.length > 0 ? ['scope'] : []]) {
    if (Object.hasOwn(endpointParams, taken)) {
      report(['endpoint_params', taken], 'must not be there: the request has a parameter of it');
    }
  }
}

/** The contract of the OAuth 2.0 authenticator. */
export const oauth2ClientExtension = component<OAuth2ClientExtensionConfig>()(
  'extensions', 'oauth2client', fields, {
    check: isComplete,
    vouches: () => ['client'],
  });
