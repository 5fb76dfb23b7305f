/** What waits in memory until exporters can send it. */
import { runningComponents, type RunningComponent } from './pipelines';
import type { MemoryPart } from '../memory-budget';
import { valueAt, type CollectorData } from '../tier-facts';

/** What a queue may hold. */
export interface QueueMemory extends MemoryPart {
  /**
   * Whether it holds so much for certain when it is full. What is counted in requests is as large
   * as senders make their requests.
   */
  readonly isCertain: boolean;
}

/** No item is smaller: a span of two ids, two times, a name and an attribute. */
const LEAST_ITEM_BYTES = 100;
/** A request of a thousand items of half a kilobyte, as the batches of this library are. */
const REQUEST_BYTES = 512 * 1024;
const MIB = 1024 * 1024;

/** All queues in memory of the exporters that run. */
export function queuesOf(data: CollectorData): QueueMemory[] {
  return runningComponents(data).filter(({ section }) => section === 'exporters')
    .flatMap(queueOf);
}

/** Exporters that have no queue unless it is written. */
const WITHOUT = new Set(['loadbalancing', 'debug', 'nop', 'file', 'prometheus']);

function queueOf({ id, kind, config }: RunningComponent): QueueMemory[] {
  const queue = valueAt(config, 'sending_queue');
  const isOff = valueAt(queue, 'enabled') === false
    || (queue === undefined && WITHOUT.has(kind))
    || typeof valueAt(queue, 'storage') === 'string';
  const size = Number(valueAt(queue, 'queue_size') ?? 1000);
  if (isOff || !Number.isFinite(size)) return [];
  const sizer = valueAt(queue, 'sizer') ?? 'requests';
  const bytes = sizer === 'bytes' ? 1 : sizer === 'items' ? LEAST_ITEM_BYTES : REQUEST_BYTES;
  return [{
    what: `queue of ${id}`, mib: size * bytes / MIB, isCertain: sizer !== 'requests',
  }];
}
