/**
 * A header block that breaks RFC 7541. After it the two ends no longer share a dynamic table, so
 * the connection must end with COMPRESSION_ERROR.
 */
export class HpackError extends Error {
  public readonly name: string = 'HpackError';

  public constructor(must: string, got: string | number) {
    super(`hpack: ${must}, got ${got}`);
  }
}
