/**
 * The contract of the batch processor.
 */
import type { Duration } from 'cdk8s';
import { component } from '../contract';
import { count, duration, list, text } from '../fields';
import type { SettingsOf } from '../section';

/** Gathers small requests into larger ones, so that fewer leave the process. */
export interface BatchProcessorConfig {
  /**
   * Time after which a batch is sent, however small it is; zero sends everything at once.
   * @default Duration.millis(200)
   */
  readonly timeout?: Duration;
  /**
   * Number of items that sends a batch before its timeout; zero sends everything at once.
   * @default 8192
   */
  readonly sendBatchSize?: number;
  /**
   * Number of items that a batch holds at most; larger ones are cut. Zero is without limit.
   * @default 0
   */
  readonly sendBatchMaxSize?: number;
  /**
   * Headers of clients, in any case, whose values are told apart: a batch holds only what came with
   * the same ones, and goes on with them. The receiver needs `includeMetadata`.
   * @default []
   */
  readonly metadataKeys?: string[];
  /**
   * Number of combinations of such values that may be gathered at the same time; further ones are
   * refused for good. Zero is without limit.
   * @default 1000
   */
  readonly metadataCardinalityLimit?: number;
}

const fields = {
  timeout: duration('200ms'),
  sendBatchSize: count({ fallback: 8192, max: 4_294_967_295 }),
  sendBatchMaxSize: count({ fallback: 0, max: 4_294_967_295 }),
  metadataKeys: list(text(), []),
  metadataCardinalityLimit: count({ fallback: 1000, max: 4_294_967_295 }),
};

/** What the batch processor works with. */
export type BatchSettings = SettingsOf<typeof fields>;

/** The contract of the batch processor. */
export const batchProcessor = component<BatchProcessorConfig>()('processors', 'batch', fields, {
  check: ({ metadataKeys, sendBatchSize, sendBatchMaxSize }, report) => {
    if (sendBatchMaxSize > 0 && sendBatchMaxSize < sendBatchSize) {
      report(['send_batch_max_size'],
        `must be 0 or at least send_batch_size (${sendBatchSize}), got ${sendBatchMaxSize}`);
    }
    const lower = metadataKeys.map((key) => key.toLowerCase());
    const twice = lower.findIndex((key, index) => lower.indexOf(key) !== index);
    if (twice >= 0) {
      report(['metadata_keys', twice],
        `must be there once, in whatever case, got ${JSON.stringify(metadataKeys[twice])}`);
    }
  },
});
