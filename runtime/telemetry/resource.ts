/** The attributes by which the process is known in its own telemetry. */
import type { TelemetrySettings } from '../config';

/** Attributes as text, which is what labels and log lines hold. */
export type ResourceAttributes = Readonly<Record<string, string>>;

/** `defaults` with what the configuration adds, replaces, or takes away by null. */
export function resourceOf(
  configured: TelemetrySettings['resource'], defaults: ResourceAttributes,
): ResourceAttributes {
  const all: Record<string, string> = { ...defaults };
  for (const [name, value] of Object.entries(configured)) {
    if (value === null) delete all[name]; else all[name] = String(value);
  }
  return all;
}
