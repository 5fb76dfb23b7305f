/** The pools that samplers of a tier are in, by its configuration after overrides. */
import { namedPoolsOf, poolsOf, tailSamplers } from './checks/pipelines';
import type { HeldTraces } from './drain-budget';
import type { MemoryPart } from './memory-budget';
import { valueAt, type CollectorData } from './tier-facts';
import { parseGoDuration } from '../config';

/** Where pods of a pool call each other, unless told otherwise. */
const PEERS_PORT = 4319;
/** What the extension adds for handing over. */
const HANDOVER_SECONDS = 10;
/** What it lets wait for answers of others, unless told otherwise. */
const QUEUED_MIB = 64;
/** Senders have to wait when so much waits; other pods when it is twice that. */
const PEERS_SHARE = 2;

/** The port on which pods of the pool are called; undefined when there is no pool. */
export function peersPort(data: CollectorData): number | undefined {
  const [pool] = poolsOf(data);
  if (pool === undefined) return undefined;
  const endpoint = String(valueAt(pool.config, 'endpoint') ?? '');
  return Number(/:(\d+)$/.exec(endpoint)?.[1] ?? PEERS_PORT);
}

/** How long traces are held, and leaving the pool takes. */
export function heldTraces(data: CollectorData): HeldTraces {
  const waitSeconds = Math.max(0, ...tailSamplers(data).map(({ config }) =>
    secondsAt(config, 'decision_wait', '30s')));
  const leaveSeconds = Math.max(0, ...poolsOf(data).map(({ config }) =>
    secondsAt(config, 'leave_timeout', '0s')
      || waitSeconds + 2 * secondsAt(config, 'resolver_delay', '10s') + HANDOVER_SECONDS));
  return { waitSeconds, leaveSeconds };
}

function secondsAt(config: unknown, key: string, usual: string): number {
  return (parseGoDuration(String(valueAt(config, key) ?? usual)) ?? 0) / 1000;
}

/** Spans that may wait for answers of other pods. */
export function peerQueues(data: CollectorData): MemoryPart[] {
  return namedPoolsOf(data).map(({ id, config }) => ({
    what: `queue of ${id}`,
    mib: PEERS_SHARE * Number(valueAt(config, 'max_queued_mib') ?? QUEUED_MIB),
  }));
}
