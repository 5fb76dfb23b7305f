/** The pool that the pods of a sampler are, by its configuration after overrides. */
import { valueAt, type CollectorData } from './tier-facts';
import { parseGoDuration } from '../config';

const STANDARD_PORT = 4319;
/** What the extension adds for handing over. */
const HANDOVER_SECONDS = 10;

function poolOf(data: CollectorData): unknown {
  return valueAt(data, 'extensions', 'trace_peers');
}

/** The port on which pods of the pool are called; undefined when there is no pool. */
export function peersPort(data: CollectorData): number | undefined {
  const pool = poolOf(data);
  if (pool === undefined) return undefined;
  return Number(/:(\d+)$/.exec(String(valueAt(pool, 'endpoint') ?? ''))?.[1] ?? STANDARD_PORT);
}

/** Longest time that leaving the pool takes; 0 when there is none. */
export function leaveSeconds(data: CollectorData, waitSeconds: number): number {
  const pool = poolOf(data);
  if (pool === undefined) return 0;
  const seconds = (key: string, fallback: string) =>
    (parseGoDuration(String(valueAt(pool, key) ?? fallback)) ?? 0) / 1000;
  return seconds('leave_timeout', '0s')
    || waitSeconds + 2 * seconds('resolver_delay', '10s') + HANDOVER_SECONDS;
}
