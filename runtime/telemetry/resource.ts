/** Who the process is in its own telemetry. */
import type { TelemetrySettings } from '../config';

/** Attributes as text, which is what labels and log lines hold. */
export type ResourceAttributes = Readonly<Record<string, string>>;

/** Who the process is in what it sends. */
export interface OwnResource {
  /** Its attributes. */
  readonly attributes: ResourceAttributes;
  /** Where the meanings of the attributes are written down. */
  readonly schemaUrl?: string;
}

/** Upstream's; the three attributes that are there by default mean the same in all versions. */
const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.40.0';

/** `defaults` with what the configuration adds, replaces, or takes away by null. */
export function resourceOf(
  configured: TelemetrySettings['resource'], defaults: ResourceAttributes,
): ResourceAttributes {
  const all: Record<string, string> = { ...defaults };
  for (const [name, value] of Object.entries(configured)) {
    if (name === 'schema_url') continue;
    if (value === null) delete all[name]; else all[name] = String(value);
  }
  return all;
}

/** Where the configuration says that meanings are written down; null is nowhere. */
export function schemaUrlOf({ schema_url: url = SCHEMA_URL }: TelemetrySettings['resource']):
string | undefined {
  return url === null ? undefined : String(url);
}
