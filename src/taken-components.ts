/** Components that overrides take away: pipelines that were written with them are without them. */
import { YamlDocuments, type YamlSource } from './config/yaml-documents';
import { valueAt, type CollectorData } from './graph/tier-facts';

const SECTIONS = ['receivers', 'processors', 'exporters', 'connectors', 'extensions'];

/** `written` without the components that `overrides` set to null. */
export function withoutTaken(written: CollectorData, overrides: YamlSource): CollectorData {
  const { data } = new YamlDocuments([overrides]);
  const taken = new Set(SECTIONS.flatMap((section) =>
    Object.entries((valueAt(data, section) ?? {}) as object)
      .filter(([id, value]) => value === null && valueAt(written, section, id) !== undefined)
      .map(([id]) => id)));
  return taken.size === 0 ? written : { ...written, service: unnamed(written.service, taken) };
}

/** A value in which no list names any of `ids`. */
function unnamed(value: unknown, ids: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) {
    return value.filter((each) => typeof each !== 'string' || !ids.has(each))
      .map((each) => unnamed(each, ids));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, held]) => [key, unnamed(held, ids)]));
}
