/** The pools that samplers of a tier are in, by its configuration after overrides. */
import { poolsOf } from './checks/pipelines';
import type { MemoryPart } from './memory-budget';
import { valueAt, type CollectorData } from './tier-facts';
import { parseGoDuration } from '../config';

/** Where pods of a pool call each other, unless told otherwise. */
export const PEERS_PORT = 4319;
/** What the extension adds for handing over. */
const HANDOVER_SECONDS = 10;
/** What it lets wait for answers of others, unless told otherwise. */
const QUEUED_MIB = 64;

/** The port on which pods of the pool are called; undefined when there is no pool. */
export function peersPort(data: CollectorData): number | undefined {
  const [pool] = poolsOf(data);
  if (pool === undefined) return undefined;
  const endpoint = String(valueAt(pool.config, 'endpoint') ?? '');
  return Number(/:(\d+)$/.exec(endpoint)?.[1] ?? PEERS_PORT);
}

/** Longest time that leaving the pool takes; 0 when there is none. */
export function leaveSeconds(data: CollectorData, waitSeconds: number): number {
  return Math.max(0, ...poolsOf(data).map(({ config }) => {
    const seconds = (key: string, usual: string) =>
      (parseGoDuration(String(valueAt(config, key) ?? usual)) ?? 0) / 1000;
    return seconds('leave_timeout', '0s')
      || waitSeconds + 2 * seconds('resolver_delay', '10s') + HANDOVER_SECONDS;
  }));
}

/** Spans that may wait for answers of other pods. */
export function peerQueues(data: CollectorData): MemoryPart[] {
  return poolsOf(data).map(({ id, config }) => ({
    what: `queue of ${id}`, mib: Number(valueAt(config, 'max_queued_mib') ?? QUEUED_MIB),
  }));
}
