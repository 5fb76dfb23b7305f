/** Labels and annotations that Kubernetes would refuse. */
import { isLabel } from './placement';
import { kindOf } from '../config/prop-kinds';

/** What is told about an object. */
export interface GivenMetadata {
  /** Labels. */
  readonly labels?: Record<string, string>;
  /** Annotations. */
  readonly annotations?: Record<string, string>;
}

/** What is wrong with labels and annotations. */
export function metadataProblems(
  where: string, { labels = {}, annotations = {} }: GivenMetadata,
): string[] {
  const wrong = (what: string, [key, value]: readonly [string, unknown]) =>
    `${where}: ${what} must be what Kubernetes takes, with texts as values, got`
    + ` { ${JSON.stringify(key)}: ${kindOf(value)} }.`
    + '\n→ write { \'example.com/team\': \'shop\' }, for example.';
  return [
    ...Object.entries<unknown>(labels).filter((label) => !isLabel(label))
      .map((label) => wrong('labels', label)),
    ...Object.entries<unknown>(annotations)
      // Keys of annotations are those of labels; their values may be any text.
      .filter(([key, value]) => !isLabel([key, 'any']) || typeof value !== 'string')
      .map((annotation) => wrong('annotations', annotation)),
  ];
}
