/**
 * The contract of the debug exporter.
 */
import { component } from '../contract';
import { count, keyword } from '../fields';
import type { SettingsOf } from '../section';

/** Logs what reaches it. */
export interface DebugExporterConfig {
  /**
   * How much is logged of a request: basic (counts), normal (a line per item) or detailed.
   * @default "basic"
   */
  readonly verbosity?: string;
  /**
   * How many requests of a second are logged before sampling begins.
   * @default 2
   */
  readonly samplingInitial?: number;
  /**
   * Of further requests in that second, every how many are logged.
   * @default 1
   */
  readonly samplingThereafter?: number;
}

const fields = {
  verbosity: keyword(['basic', 'normal', 'detailed'], 'basic'),
  samplingInitial: count({ fallback: 2 }),
  samplingThereafter: count({ fallback: 1 }),
};

/** What the debug exporter works with. */
export type DebugSettings = SettingsOf<typeof fields>;

/** The contract of the debug exporter. */
export const debugExporter = component<DebugExporterConfig>()('exporters', 'debug', fields, {
  upstreamOnly: ['use_internal_logger', 'output_paths', 'sending_queue'],
});
