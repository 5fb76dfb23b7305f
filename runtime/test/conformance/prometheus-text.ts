/** Metrics as a reader of Prometheus' text format finds them. */

/** One series. */
export interface Series {
  /** Its name, with `_count` and the like for histograms. */
  readonly name: string;
  /** Its labels in the order of their names. */
  readonly labels: readonly (readonly [string, string])[];
  /** Its value. */
  readonly value: number;
}

/** All metrics of one process. */
export interface Exposition {
  /** What `# TYPE` says of each. */
  readonly types: ReadonlyMap<string, string>;
  /** All series. */
  readonly series: readonly Series[];
}

const SERIES = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** Reads the text format. */
export function parseExposition(text: string): Exposition {
  const types = new Map<string, string>();
  const series: Series[] = [];
  for (const line of text.split('\n')) {
    const type = /^# TYPE (\S+) (\S+)$/.exec(line);
    if (type !== null) types.set(type[1], type[2]);
    const found = SERIES.exec(line);
    if (found === null) continue;
    const labels = [...(found[2] ?? '').matchAll(LABEL)]
      .map(([, name, value]): [string, string] => [name, value])
      .sort(([a], [b]) => (a < b ? -1 : 1));
    series.push({ name: found[1], labels, value: Number(found[3]) });
  }
  return { types, series };
}

/** The metric that a series belongs to. */
export function familyOf({ types }: Exposition, name: string): string {
  if (types.has(name)) return name;
  const base = name.replace(/_(bucket|sum|count)$/, '');
  return types.has(base) ? base : name;
}

/** The value of the only series of that name whose labels hold these; undefined when none does. */
export function valueOf(
  { series }: Exposition, name: string, labels: Readonly<Record<string, string>> = {},
): number | undefined {
  return series.find((one) => one.name === name && Object.entries(labels)
    .every(([key, value]) => one.labels.some(([k, v]) => k === key && v === value)))?.value;
}
