/**
 * Which extension vouches for what is sent or received.
 */
import { list, text } from '../fields';
import { optionalSection } from '../section';

/** Which extension vouches for what is sent or received. */
export interface AuthenticatorConfig {
  /**
   * The extension, as `service.extensions` names it.
   */
  readonly authenticator: string;
}

/** Which extension vouches for what is received over HTTP. */
export interface RequestAuthenticatorConfig extends AuthenticatorConfig {
  /**
   * Names of parameters of the URL that the extension gets to see beside the headers, as if they
   * were some.
   * @default []
   */
  readonly requestParams?: string[];
}

const PRESENCE = { absent: 'off', empty: 'off' } as const;

/** An authenticator, none unless present. */
export function authenticator() {
  return optionalSection<AuthenticatorConfig>()(PRESENCE, { authenticator: text() });
}

/** An authenticator of an HTTP server, none unless present. */
export function requestAuthenticator() {
  return optionalSection<RequestAuthenticatorConfig>()(
    PRESENCE, { authenticator: text(), requestParams: list(text(), []) });
}
