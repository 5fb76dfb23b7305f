/** Which metrics and which of their attributes each level of `service.telemetry.metrics` shows. */
import type { Attributes } from './metrics';

/** How much the process says about itself. */
export type MetricsLevel = 'none' | 'basic' | 'normal' | 'detailed';

const DETAILED_ONLY = new Set([
  'otelcol_processor_internal_duration',
  'otelcol_exporter_queue_batch_send_size',
  'otelcol_exporter_queue_batch_send_size_bytes',
  'otelcol_exporter_enqueue_size',
  'otelcol_exporter_enqueue_size_bytes',
  'otelcol_processor_batch_batch_send_size_bytes',
]);
const DETAILED_ATTRIBUTES = ['error.type', 'error.permanent'];

/** Whether the instrument `name` is shown at `level`. */
export function isShown(name: string, level: MetricsLevel): boolean {
  if (level === 'detailed') return true;
  if (level === 'none' || DETAILED_ONLY.has(name) || /^(?:http|rpc)\./.test(name)) return false;
  return level === 'normal' || !name.startsWith('otelcol_processor_batch_');
}

/** The attributes of a series of the instrument `name` that are shown at `level`. */
export function shownAttributes(
  name: string, attributes: Attributes, level: MetricsLevel,
): Attributes {
  if (level === 'detailed' || !name.startsWith('otelcol_exporter_send_failed_')) return attributes;
  return Object.fromEntries(
    Object.entries(attributes).filter(([key]) => !DETAILED_ATTRIBUTES.includes(key)),
  );
}
