import type { SecretReference } from './secret-reference';

/** How senders prove that they may send. */
export class Authentication {
  /**
   * A token that senders show with every request. Its Secret must be there in the namespace of the
   * gateway, and in those of the tiers that forward to it, which then show it by themselves. It
   * needs `transportSecurity`, and a collector with the extension bearertokenauth.
   */
  public static bearerToken(token: SecretReference): Authentication {
    return new Authentication(token);
  }

  /**
   * The token.
   * @internal
   */
  public readonly _token: SecretReference;

  private constructor(token: SecretReference) {
    this._token = token;
  }
}
