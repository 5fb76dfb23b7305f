/**
 * Lists of components that say from which version on, and up to which, each one is there.
 */

/**
 * By section, types with a space between: `otlp` is in every version, `drain:152-` from 0.152 on,
 * `carbon:-141` is gone from 0.141 on, and `loki:123-131` is both.
 */
export type DatedList = Readonly<Record<string, string>>;

/** The components at a minor version, as pairs of section and type. */
export function listedAt(list: DatedList, minor: number): [section: string, type: string][] {
  return Object.entries(list).flatMap(([section, text]) => text.split(' ')
    .map((dated) => dated.split(':'))
    .filter(([, range = '-']) => isWithin(range, minor))
    .map(([type]): [string, string] => [section, type]));
}

function isWithin(range: string, minor: number): boolean {
  const [since, until] = range.split('-');
  return (since === '' || minor >= Number(since)) && (until === '' || minor < Number(until));
}
