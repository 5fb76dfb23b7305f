import { SECRET_KIND, SecretReference } from './secret-reference';
import { wrongValue } from '../config/prop-kinds';

/** In place of a token without which synthesis fails anyway. */
const NO_TOKEN = SecretReference.of('token', 'token');

/** How senders prove that they may send. */
export class Authentication {
  /**
   * A token that senders show with every request. Its Secret must be there in the namespace of the
   * gateway, and in those of the tiers that forward to it, which then show it by themselves. It
   * needs `transportSecurity`, and a collector with the extension bearertokenauth.
   */
  public static bearerToken(token: SecretReference): Authentication {
    const problems = wrongValue('authentication.token', token, SECRET_KIND);
    return new Authentication(problems.length === 0 ? token : NO_TOKEN, problems);
  }

  /**
   * The token.
   * @internal
   */
  public readonly _token: SecretReference;

  private constructor(
    token: SecretReference,
    /**
     * What is wrong with it.
     * @internal
     */
    public readonly _problems: readonly string[],
  ) {
    this._token = token;
  }
}
