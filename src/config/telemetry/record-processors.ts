/**
 * What stands between the process's own log records or spans and the peer that takes them.
 */
import type { Duration } from 'cdk8s';
import { count, type Field } from '../fields';
import { givenSection, section, type SettingsOf } from '../section';
import {
  exactlyOne, milliseconds, otlpFields, otlpFits, presence, type OwnOtlpExporterConfig,
} from './otlp-push';

/** Where log records or spans are sent; one of the two. */
export interface RecordExporterConfig {
  /**
   * To a peer, as OTLP.
   * @default - not sent to a peer
   */
  readonly otlp?: OwnOtlpExporterConfig;
  /**
   * To the process's standard output.
   * @default false
   */
  readonly console?: boolean;
}

/** Sends records many at a time. */
export interface BatchRecordProcessorConfig {
  /**
   * Time after which what was gathered is sent; whole milliseconds.
   * @default - one second for log records, five for spans
   */
  readonly scheduleDelay?: Duration;
  /**
   * Longest time that sending takes; whole milliseconds.
   * @default Duration.seconds(30)
   */
  readonly exportTimeout?: Duration;
  /**
   * Records that are held at most; further ones are lost.
   * @default 2048
   */
  readonly maxQueueSize?: number;
  /**
   * Records that are sent at a time.
   * @default 512
   */
  readonly maxExportBatchSize?: number;
  /**
   * Where they are sent.
   */
  readonly exporter: RecordExporterConfig;
}

/** Sends each record at once. */
export interface SimpleRecordProcessorConfig {
  /**
   * Where they are sent.
   */
  readonly exporter: RecordExporterConfig;
}

/** One way by which log records or spans leave; one of the two. */
export interface RecordProcessorConfig {
  /**
   * Many at a time.
   * @default - not so
   */
  readonly batch?: BatchRecordProcessorConfig;
  /**
   * Each at once.
   * @default - not so
   */
  readonly simple?: SimpleRecordProcessorConfig;
}

const exporter = {
  exporter: section<RecordExporterConfig>()({
    otlp: givenSection<OwnOtlpExporterConfig>()('off', otlpFields, { check: otlpFits }),
    console: presence(),
  }, { check: exactlyOne }),
};

function fieldsOf(scheduleMs: number) {
  return {
    batch: givenSection<BatchRecordProcessorConfig>()('off', {
      scheduleDelay: milliseconds(scheduleMs),
      exportTimeout: milliseconds(30_000),
      maxQueueSize: count({ fallback: 2048, min: 1 }),
      maxExportBatchSize: count({ fallback: 512, min: 1 }),
      ...exporter,
    }, {
      check: ({ maxExportBatchSize, maxQueueSize }, report) => {
        if (maxExportBatchSize > maxQueueSize) {
          report(['max_export_batch_size'],
            `must be at most max_queue_size (${maxQueueSize}), got ${maxExportBatchSize}`);
        }
      },
    }),
    simple: givenSection<SimpleRecordProcessorConfig>()('off', exporter),
  };
}

/** What a processor of records works with. */
export type RecordProcessorSettings = SettingsOf<ReturnType<typeof fieldsOf>>;

/** A processor of records, of which batches are sent after `scheduleMs` unless told otherwise. */
export function recordProcessor(
  scheduleMs: number,
): Field<RecordProcessorConfig, RecordProcessorSettings> {
  return section<RecordProcessorConfig>()(fieldsOf(scheduleMs), {
    check: ({ batch, simple }, report) => exactlyOne({ batch, simple }, report),
  });
}
