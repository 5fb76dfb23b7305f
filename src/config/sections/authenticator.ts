/**
 * Which extension vouches for what is sent or received.
 */
import { text } from '../fields';
import { optionalSection } from '../section';

/** Which extension vouches for what is sent or received. */
export interface AuthenticatorConfig {
  /**
   * The extension, as `service.extensions` names it.
   */
  readonly authenticator: string;
}

/** An authenticator, none unless present; `more` are further keys that upstream has there. */
export function authenticator(more: readonly string[] = []) {
  return optionalSection<AuthenticatorConfig>()(
    { absent: 'off', empty: 'off' }, { authenticator: text() }, { upstreamOnly: more });
}
