/** Tells payloads apart by what their clients sent beside them. */
import type { ClientMetadata } from '../../pipeline/client-metadata';

/** The values of some headers of a client. */
export interface MetadataCombination {
  /** Differs between combinations. */
  readonly key: string;
  /** Those headers, and no others. */
  readonly metadata?: ClientMetadata;
}

/** What everything is that is not told apart. */
const ALL: MetadataCombination = { key: '' };
const NONE: readonly string[] = [];

/** The values of the headers `names`, in lower case, that came with `metadata`. */
export function combinationOf(
  names: readonly string[], metadata: ClientMetadata | undefined,
): MetadataCombination {
  if (names.length === 0) return ALL;
  const values = names.map((name) => (
    metadata !== undefined && Object.hasOwn(metadata, name) ? metadata[name] : NONE));
  return {
    key: JSON.stringify(values),
    metadata: Object.fromEntries(names.flatMap((name, i) => (
      values[i].length === 0 ? [] : [[name, values[i]]]))),
  };
}
