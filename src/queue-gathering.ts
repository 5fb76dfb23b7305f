/**
 * Where small requests are gathered into larger ones: in a processor, or behind a queue on disk.
 *
 * What a processor gathers was answered and is nowhere but in memory. In front of a queue that
 * outlives a crash it would take away what the queue is for, so there the queue gathers: behind
 * what is on disk. All exporters of such a pipeline get what came in as it came in; those with a
 * queue in memory gather in it too, and those without one do not gather.
 */
import { Duration } from 'cdk8s';
import {
  batchProcessor, datadogExporter, loadBalancingExporter, otlpGrpcExporter, otlpHttpExporter,
  type BatchProcessorConfig, type Contract, type Yaml,
} from './config';
import type { CollectorImage } from './distribution/collector-image';
import { minorOf } from './distribution/versions';
import { Signal } from './graph/signal';
import { valueAt } from './graph/tier-facts';
import { QUEUE_STORAGE_ID } from './workload/queue-storage';

/** From this version of upstream's 0.x on, queues on disk count items, and batches behind them. */
const GATHERS_ITEMS = 130;
/** From this one on, batches may be kept apart by client metadata. */
const KEEPS_APART = 147;
/** Beyond this many groups, the one that got nothing for longest is sent. */
const BOUNDS_GROUPS = 162;
/** Exporters that have such a queue. */
const WITH_QUEUES = [otlpGrpcExporter, otlpHttpExporter, datadogExporter, loadBalancingExporter];

/** Which exporter gets which signal. */
export type UsedExporter = readonly [id: string, signal: Signal];

/** How a processor of this image gathers: what the tier was told, and else what is usual. */
export function gathering(batch: BatchProcessorConfig | undefined): Yaml {
  // A thousand spans stay below the 4 MiB that receivers take; upstream's 8192 often do not.
  const sendBatchMaxSize = Math.max(2048, batch?.sendBatchSize ?? 0);
  const usual = { timeout: Duration.millis(200), sendBatchSize: 1024, sendBatchMaxSize };
  return batchProcessor.write({ ...usual, ...batch });
}

/** Signals that wait on disk, so that their queues gather what `processor` would. */
export function gatheredInQueues(
  exporters: Yaml, used: readonly UsedExporter[], processor: Yaml, image: CollectorImage,
): Signal[] {
  const isApart = valueAt(processor, 'metadata_keys') !== undefined;
  if (minorFor(image) < (isApart ? KEEPS_APART : GATHERS_ITEMS)) return [];
  const onDisk = used.filter(([id]) => isGathering(id)
    && valueAt(exporters, id, 'sending_queue', 'storage') === QUEUE_STORAGE_ID);
  return Object.values(Signal).filter((signal) => onDisk.some(([, sent]) => sent === signal));
}

/** Exporters of which those that get such a signal gather in their queues. */
export function withGathering(
  exporters: Yaml, used: readonly UsedExporter[], signals: readonly Signal[], processor: Yaml,
  image: CollectorImage,
): Yaml {
  return Object.fromEntries(Object.entries(exporters).map(([id, exporter]) => {
    const isMeant = used.some(([user, signal]) => user === id && signals.includes(signal));
    const queue = valueAt(exporter, 'sending_queue');
    const isTold = valueAt(queue, 'batch') !== undefined;
    if (!isMeant || !isQueued(id, queue) || isTold) return [id, exporter];
    const batch = queueBatch(processor, queue, image);
    return [id, { ...exporter as object, sending_queue: { ...queue as object, batch } }];
  }));
}

/** The same in the words of a queue; a processor that does not wait gathers nothing. */
function queueBatch(processor: Yaml, queue: unknown, image: CollectorImage): Yaml {
  const told = (key: string) => valueAt(processor, key);
  const isWaiting = told('timeout') !== '0s';
  const least = isWaiting ? Number(told('send_batch_size')) : 0;
  const room = valueAt(queue, 'sizer') === 'items' ? Number(valueAt(queue, 'queue_size')) : least;
  const groups = Number(told('metadata_cardinality_limit') ?? 0);
  return {
    flush_timeout: isWaiting ? told('timeout') : '200ms',
    // A queue that is smaller than its batches would be refused.
    min_size: Math.min(room, least),
    max_size: told('send_batch_max_size'),
    sizer: 'items',
    ...told('metadata_keys') === undefined ? {} : {
      partition: {
        metadata_keys: told('metadata_keys'),
        ...groups > 0 && minorFor(image) >= BOUNDS_GROUPS ? { cache_size: groups } : {},
      },
    },
  };
}

/** Whether what such an exporter is given waits in memory, with `queue` as its queue. */
export function isQueuedInMemory(id: string, queue: unknown): boolean {
  return isQueued(id, queue) && valueAt(queue, 'storage') === undefined;
}

function isQueued(id: string, queue: unknown): boolean {
  const isOn = valueAt(queue, 'enabled') ?? (queue !== undefined || !isOff(id));
  return isGathering(id) && isOn === true;
}

function isGathering(id: string): boolean {
  return WITH_QUEUES.some((contract) => isOf(contract, id));
}

/** Whether its queue is off when nothing is written. */
function isOff(id: string): boolean {
  return isOf(loadBalancingExporter, id);
}

function isOf({ type, aliases }: Pick<Contract, 'type' | 'aliases'>, id: string): boolean {
  return [type, ...aliases].includes(id.split('/')[0]);
}

function minorFor({ isRuntime, _traits: { version = '' } }: CollectorImage): number {
  return isRuntime ? Infinity : minorOf(version) ?? 0;
}
