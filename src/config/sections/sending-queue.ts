/**
 * Where requests wait for an exporter.
 */
import type { Duration } from 'cdk8s';
import * as z from 'zod/mini';
import { parseComponentId } from '../component-id';
import {
  choice, count, duration, flag, leaf, list, mustBe, optional, text,
} from '../fields';
import { shown } from '../problem';
import {
  optionalSection, section, type Presence, type Report, type SettingsOf,
} from '../section';

/** What keeps requests of a queue apart. */
export interface QueuePartitionConfig {
  /**
   * Names of client metadata; requests in which one of them differs never share a batch.
   * @default []
   */
  readonly metadataKeys?: string[];
  /**
   * How many such groups are gathered at the same time; the one that got nothing for longest is
   * sent to make room for another.
   * @default 10000
   */
  readonly cacheSize?: number;
  /**
   * Time after which a group that gets nothing is forgotten.
   * @default Duration.seconds(90)
   */
  readonly idleTimeout?: Duration;
}

/** Gathers requests that wait into larger ones. */
export interface QueueBatchConfig {
  /**
   * Time after which a batch is sent, however small it is.
   * @default Duration.millis(200)
   */
  readonly flushTimeout?: Duration;
  /**
   * Size at which a batch is sent before that.
   * @default 8192
   */
  readonly minSize?: number;
  /**
   * Size of a batch at most; larger ones are cut. Zero is without limit.
   * @default 0
   */
  readonly maxSize?: number;
  /**
   * What both sizes count: items or bytes. Needed beside a queue that is told to count requests.
   * @default - what the queue is told to count, otherwise items
   */
  readonly sizer?: string;
  /**
   * What keeps requests apart.
   * @default - nothing
   */
  readonly partition?: QueuePartitionConfig;
}

/** Holds requests until the exporter can send them. */
export interface SendingQueueConfig {
  /**
   * Whether requests wait in a queue; otherwise the sender waits for the peer's answer.
   * @default true
   */
  readonly enabled?: boolean;
  /**
   * How many requests are sent at the same time.
   * @default 10
   */
  readonly numConsumers?: number;
  /**
   * How much the queue holds, in units of the sizer.
   * @default 1000
   */
  readonly queueSize?: number;
  /**
   * What the queue counts: requests, items or bytes.
   * @default - requests
   */
  readonly sizer?: string;
  /**
   * Whether a sender waits for space in a full queue rather than being refused.
   * @default false
   */
  readonly blockOnOverflow?: boolean;
  /**
   * Whether a sender waits until its request has left the queue and was answered.
   * @default false
   */
  readonly waitForResult?: boolean;
  /**
   * Extension that keeps waiting requests over a restart, such as `file_storage`.
   * @default - they wait in memory
   */
  readonly storage?: string;
  /**
   * Gathers waiting requests into larger ones.
   * @default - off
   */
  readonly batch?: QueueBatchConfig;
}

interface PartitionSettings {
  readonly metadataKeys: readonly string[];
  readonly idleTimeout: number;
}

function partitionFits(
  { metadataKeys, idleTimeout }: PartitionSettings, report: Report,
): void {
  if (idleTimeout === 0) report(['idle_timeout'], 'must be more than 0s, got 0s');
  const names = metadataKeys.map((key) => key.toLowerCase());
  names.forEach((name, at) => {
    if (names.indexOf(name) === at) return;
    report(['metadata_keys', at], `must differ from all others in more than case, got "${name}"`);
  });
}

const batch = optionalSection<QueueBatchConfig>()({ absent: 'off', empty: 'on' }, {
  flushTimeout: duration('200ms'),
  minSize: count({ fallback: 8192 }),
  maxSize: count({ fallback: 0 }),
  sizer: optional(choice(['items', 'bytes'])),
  partition: section<QueuePartitionConfig>()({
    metadataKeys: list(text(), []),
    cacheSize: count({ fallback: 10_000, min: 1 }),
    idleTimeout: duration('90s'),
  }, { check: partitionFits }),
}, {
  check: ({ flushTimeout, minSize, maxSize }, report) => {
    if (flushTimeout === 0) report(['flush_timeout'], 'must be more than 0s, got 0s');
    if (maxSize > 0 && maxSize < minSize) {
      report(['max_size'], `must be 0 or at least min_size (${minSize}), got ${maxSize}`);
    }
  },
});

const fields = {
  numConsumers: count({ fallback: 10, min: 1 }),
  queueSize: count({ fallback: 1000, min: 1 }),
  sizer: optional(choice(['requests', 'items', 'bytes'])),
  blockOnOverflow: flag({ fallback: false }),
  waitForResult: flag({ fallback: false }),
  storage: optional(leaf<string, string>(() => z.string(mustBe('a text')), undefined, {
    decode: (id: string, refuse) => {
      const parts = parseComponentId(id);
      if (typeof parts === 'string') refuse(`${parts}, got ${shown(id)}`);
      return id;
    },
  })),
  batch,
};

/** What an exporter knows of its queue. */
export type SendingQueueSettings = SettingsOf<typeof fields>;

function queueFits(settings: SendingQueueSettings, report: Report): void {
  const { storage, waitForResult, queueSize, sizer, batch: batched } = settings;
  if (storage !== undefined && waitForResult) {
    report(['wait_for_result'], 'must be false beside storage: what is kept is answered at once');
  }
  if (batched === undefined) return;
  const batchSizer = batched.sizer ?? sizer;
  if (batchSizer === 'requests') {
    report(['batch', 'sizer'],
      'must be items or bytes beside a queue that is told to count requests, got nothing');
  } else if ((batchSizer ?? 'items') === (sizer ?? 'requests') && batched.minSize > queueSize) {
    report(['batch', 'min_size'],
      `must be at most queue_size (${queueSize}), got ${batched.minSize}`);
  }
}

/** A queue that is on or off when the key is absent; `sending_queue:` alone turns it on. */
export function sendingQueue(absent: Presence['absent']) {
  return optionalSection<SendingQueueConfig>()(
    { absent, empty: 'on' }, fields, { check: queueFits });
}
