/**
 * The contract of upstream's OAuth 2.0 authenticator for what is sent.
 */
import type { Duration } from 'cdk8s';
import * as z from 'zod/mini';
import { component } from '../contract';
import { choice, duration, leaf, list, mustBe, secret, text, type Field } from '../fields';
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
   * How tokens are asked for.
   * @default "client_credentials"
   */
  readonly grantType?: string;
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

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

const fields = {
  tokenUrl: text(),
  clientId: text({ fallback: '' }),
  clientIdFile: text({ fallback: '' }),
  clientSecret: secret({ fallback: '' }),
  clientSecretFile: text({ fallback: '' }),
  grantType: choice(['client_credentials', ''], 'client_credentials', [JWT_BEARER]),
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
  // With a grant that only upstream has, a key takes the secret's place.
  const needsSecret = (settings.grantType as string) !== JWT_BEARER;
  if (needsSecret && clientSecret + clientSecretFile === '') {
    report([], 'must hold client_secret or client_secret_file');
  }
  if (!/^https?:\/\/[^/]/i.test(tokenUrl) || !URL.canParse(tokenUrl)) {
    report(['token_url'], 'must be a URL such as https://login.example/oauth2/token, got '
      + JSON.stringify(tokenUrl));
  }
}

/** The contract of the OAuth 2.0 authenticator. */
export const oauth2ClientExtension = component<OAuth2ClientExtensionConfig>()(
  'extensions', 'oauth2client', fields, {
    check: isComplete,
    upstreamOnly: [
      'client_certificate_key_id', 'client_certificate_key', 'client_certificate_key_file',
      'signature_algorithm', 'iss', 'audience', 'claims',
    ],
    vouches: () => ['client'],
  });
