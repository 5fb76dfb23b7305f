/**
 * The contract of `service.telemetry.resource`: who the process is in its own telemetry.
 */
import * as z from 'zod/mini';
import { leaf, mustBe, type Field } from '../fields';
import { NOT_HERE, shown } from '../problem';

/** The value of an attribute; null takes an attribute away that would be there by default. */
export type ResourceValue = string | number | boolean | null;

type Resource = Readonly<Record<string, ResourceValue>>;

const RESOURCE_UPSTREAM_ONLY = ['detectors', 'detection/development'];

/**
 * Attributes by name, or upstream's newer list of `{name, value}` under `attributes`; `schema_url`
 * stands beside them in both.
 */
export function resource(): Field<Record<string, string>, Resource> {
  return leaf(() => z.record(z.string(), z.unknown(), mustBe('a map')), {}, {
    decode: (given: Readonly<Record<string, unknown>>, refuse) => {
      const found: Record<string, ResourceValue> = {};
      for (const [key, value] of Object.entries(given)) {
        if (key === 'attributes') Object.assign(found, attributesOf(value, refuse));
        else if (key === 'attributes_list') refuse('is not supported; use attributes', [key]);
        else if (RESOURCE_UPSTREAM_ONLY.includes(key)) refuse(`is a key ${NOT_HERE}`, [key]);
        else if (typeof value === 'string' || value === null) found[key] = value;
        else refuse(`must be a text or null, got ${shown(value)}`, [key]);
      }
      if (given.attributes !== undefined && Object.keys(given).some(isLegacy)) {
        refuse('must hold either attributes or names of attributes, not both');
      }
      return found;
    },
  });
}

function isLegacy(key: string): boolean {
  return !['schema_url', 'attributes', 'attributes_list', ...RESOURCE_UPSTREAM_ONLY].includes(key);
}

function attributesOf(
  value: unknown, refuse: (message: string, at: (string | number)[]) => void,
): Resource {
  if (!Array.isArray(value)) {
    refuse(`must be a list of {name, value}, got ${shown(value)}`, ['attributes']);
    return {};
  }
  return Object.fromEntries(value.flatMap((entry: unknown, index) => {
    const { name, value: held } = (entry ?? {}) as { name?: unknown; value?: unknown };
    const isPlain = ['string', 'number', 'boolean'].includes(typeof held);
    if (typeof name === 'string' && isPlain) return [[name, held as ResourceValue]];
    refuse(`must be {name, value} with a plain value, got ${shown(entry)}`, ['attributes', index]);
    return [];
  }));
}
