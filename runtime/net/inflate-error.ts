/** A body that cannot be inflated, in the words of upstream's decoder. */
export class InflateError extends Error {
  public readonly name: string = 'InflateError';

  public constructor(message: string, /** Whether it is too large. */
    public readonly isTooLarge: boolean) {
    super(message);
  }
}

/** What is told of bodies that would be larger than the limit, compressed ones too. */
export const TOO_LARGE = 'http: request body too large';

/** The failure of a body that would be larger than the limit. */
export function tooLarge(): InflateError {
  return new InflateError(TOO_LARGE, true);
}

/** The failure of a body that is broken. */
export function broken(message: string): InflateError {
  return new InflateError(message, false);
}

/** The failure of a body that ends too early. */
export function truncated(): InflateError {
  return new InflateError('unexpected EOF', false);
}
