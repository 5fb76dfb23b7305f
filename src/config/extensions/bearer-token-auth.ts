/**
 * The contract of upstream's bearer token authenticator.
 */
import { component } from '../contract';
import { list, optional, secret, text } from '../fields';
import type { SettingsOf } from '../section';

/** Adds a token to requests that are sent, or asks for one in those that are received. */
export interface BearerTokenAuthExtensionConfig {
  /**
   * Header that holds the token.
   * @default "Authorization"
   */
  readonly header?: string;
  /**
   * Word before the token.
   * @default "Bearer"
   */
  readonly scheme?: string;
  /**
   * The token; refer to a variable, such as `${env:TOKEN}`.
   * @default - none
   */
  readonly token?: string;
  /**
   * Tokens, any of which lets a request in; the first one is added to requests that are sent.
   * @default []
   */
  readonly tokens?: string[];
  /**
   * File with a token in each line, which is read again when it changes.
   * @default ""
   */
  readonly filename?: string;
}

const fields = {
  header: text({ fallback: 'Authorization' }),
  scheme: text({ fallback: 'Bearer' }),
  token: optional(secret()),
  tokens: list(secret(), []),
  filename: text({ fallback: '' }),
};

/** What the bearer token authenticator works with. */
export type BearerTokenAuthSettings = SettingsOf<typeof fields>;

/** The contract of the bearer token authenticator. */
export const bearerTokenAuthExtension = component<BearerTokenAuthExtensionConfig>()(
  'extensions', 'bearertokenauth', fields, {
    vouches: () => ['server', 'client'],
    upstreamOnly: ['retry_on_failure', 'wait_for_token_file'],
    check: ({ token = '', tokens, filename }, report) => {
      if (token === '' && tokens.length === 0 && filename === '') {
        report([], 'must hold one of token, tokens and filename');
      }
      if (token !== '' && tokens.length > 0) report(['tokens'], 'must be absent beside token');
    },
  });
