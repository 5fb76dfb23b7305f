/**
 * The contract of the debug exporter.
 */
import { component } from '../contract';
import { count, flag, keyword, list, optional, text } from '../fields';
import type { Report, SettingsOf } from '../section';
import { sendingQueue, type SendingQueueConfig } from '../sections/sending-queue';

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
  /**
   * Whether requests are lines of the process's own log; otherwise they are written as they are,
   * without level and time.
   * @default true
   */
  readonly useInternalLogger?: boolean;
  /**
   * Where they are written that are no lines of the log: stdout, stderr, or files, which are
   * appended to.
   * @default - standard output
   */
  readonly outputPaths?: string[];
  /**
   * Where requests wait.
   * @default - they do not wait
   */
  readonly sendingQueue?: SendingQueueConfig;
}

const fields = {
  verbosity: keyword(['basic', 'normal', 'detailed'], 'basic'),
  samplingInitial: count({ fallback: 2 }),
  samplingThereafter: count({ fallback: 1 }),
  useInternalLogger: flag({ fallback: true }),
  outputPaths: optional(list(text())),
  sendingQueue: sendingQueue('off'),
};

/** What the debug exporter works with. */
export type DebugSettings = SettingsOf<typeof fields>;

function outputFits({ useInternalLogger, outputPaths }: DebugSettings, report: Report): void {
  if (outputPaths === undefined) return;
  if (useInternalLogger) {
    report(['output_paths'], 'must not be there unless use_internal_logger is false');
  } else if (outputPaths.length === 0) {
    report(['output_paths'], 'must name stdout, stderr or files, got none');
  }
}

/** The contract of the debug exporter. */
export const debugExporter = component<DebugExporterConfig>()('exporters', 'debug', fields, {
  check: outputFits,
});
