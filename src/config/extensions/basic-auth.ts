/**
 * The contract of upstream's basic authenticator: user names and passwords.
 */
import { component } from '../contract';
import { secret, text } from '../fields';
import { givenSection, type Report, type SettingsOf } from '../section';

/** Who is let in, as lines of Apache's htpasswd. */
export interface HtpasswdConfig {
  /**
   * File with a line `user:hash` for each user.
   * @default ""
   */
  readonly file?: string;
  /**
   * Such lines as text; they win over those of the file. Refer to a variable, such as
   * `${env:HTPASSWD}`.
   * @default ""
   */
  readonly inline?: string;
}

/** What is shown to servers. */
export interface BasicAuthClientConfig {
  /**
   * Name of the user.
   * @default ""
   */
  readonly username?: string;
  /**
   * File with the user's name, which is read again when it changes; it wins over `username`.
   * @default ""
   */
  readonly usernameFile?: string;
  /**
   * The password; refer to a variable, such as `${env:PASSWORD}`.
   * @default ""
   */
  readonly password?: string;
  /**
   * File with the password, which is read again when it changes; it wins over `password`.
   * @default ""
   */
  readonly passwordFile?: string;
}

/** Shows a name and a password with requests that are sent, or asks received ones for them. */
export interface BasicAuthExtensionConfig {
  /**
   * Who is let in.
   * @default - none: it is for what is sent
   */
  readonly htpasswd?: HtpasswdConfig;
  /**
   * What is shown to servers.
   * @default - none: it is for what is received
   */
  readonly clientAuth?: BasicAuthClientConfig;
}

const fields = {
  htpasswd: givenSection<HtpasswdConfig>()('off', {
    file: text({ fallback: '' }),
    inline: secret({ fallback: '' }),
  }),
  clientAuth: givenSection<BasicAuthClientConfig>()('off', {
    username: text({ fallback: '' }),
    usernameFile: text({ fallback: '' }),
    password: secret({ fallback: '' }),
    passwordFile: text({ fallback: '' }),
  }, { upstreamOnly: ['aws_secrets_manager'] }),
};

/** What the basic authenticator works with. */
export type BasicAuthSettings = SettingsOf<typeof fields>;

/** It is for one direction, and says what it is about. */
function isForOneSide({ htpasswd, clientAuth }: BasicAuthSettings, report: Report): void {
  if (htpasswd === undefined && clientAuth === undefined) {
    report([], 'must hold htpasswd, for what is received, or client_auth, for what is sent');
  }
  if (htpasswd !== undefined && clientAuth !== undefined) {
    report(['client_auth'], 'must be absent beside htpasswd: configure a second basicauth');
  }
  if (htpasswd?.file === '' && htpasswd.inline === '') {
    report(['htpasswd'], 'must hold file or inline');
  }
  if (clientAuth?.username.includes(':') === true) {
    report(['client_auth', 'username'], 'must not hold a colon: it ends the name');
  }
}

/** The contract of the basic authenticator. */
export const basicAuthExtension = component<BasicAuthExtensionConfig>()(
  'extensions', 'basicauth', fields, {
    check: isForOneSide,
    vouches: ({ htpasswd }) => [htpasswd === undefined ? 'client' : 'server'],
  });
