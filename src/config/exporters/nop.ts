/**
 * The contract of the nop exporter.
 */
import { component } from '../contract';
import type { SettingsOf } from '../section';

/** Takes everything and does nothing with it. */
export interface NopExporterConfig {}

const fields = {};

/** What the nop exporter works with. */
export type NopSettings = SettingsOf<typeof fields>;

/** The contract of the nop exporter. */
export const nopExporter = component<NopExporterConfig>()('exporters', 'nop', fields);
