/**
 * What a client sent beside its telemetry: the headers of the request that brought it, where the
 * receiver was told by `include_metadata` to keep them.
 */

/** Headers by their names in lower case, each with all of its values, in the order of arrival. */
export type ClientMetadata = Readonly<Record<string, readonly string[]>>;

/** The values of a header, whatever the case of `name`; none when it was not sent. */
export function metadataValues(
  metadata: ClientMetadata | undefined, name: string,
): readonly string[] {
  const key = name.toLowerCase();
  return metadata !== undefined && Object.hasOwn(metadata, key) ? metadata[key] : [];
}
