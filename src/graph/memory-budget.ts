/** What a container's memory is used for. All figures are MiB. */

/** Below this a collector cannot do anything useful. */
export const LEAST_MEMORY_MIB = 128;

/** What a collector needs before it holds any telemetry. */
export const PROCESS_MIB = 96;
/** What a Node.js process needs beside its heap and its buffers. */
const UNSEEN_MIB = 64;
/** A trace of ten spans of half a kilobyte, with what is kept about it. */
const TRACE_KIB = 6;

/** A container's memory, divided. */
export interface MemoryBudget {
  /** Requested, and the limit. */
  readonly containerMib: number;
  /** Above this the memory limiter refuses hard. */
  readonly limitMib: number;
  /** Room below the limit in which it refuses already. */
  readonly spikeLimitMib: number;
  /** What the garbage collector of the process is told to stay below. */
  readonly heapMib: number;
}

/**
 * Divides `containerMib`: the limiter acts at 80 %, well before the kernel would. In our own
 * collector it sees JavaScript's heap and what is held outside of it, but not the process around
 * them, which small containers notice.
 */
export function memoryBudget(containerMib: number, isNode: boolean): MemoryBudget {
  const share = containerMib * 0.8;
  const seen = Math.max(8, (containerMib - UNSEEN_MIB) * 0.9);
  const limitMib = Math.floor(isNode ? Math.min(share, seen) : share);
  // Telemetry waits outside of JavaScript's heap, so half of the container is plenty for it.
  const heapMib = Math.floor(isNode ? containerMib * 0.5 : limitMib * 0.8);
  return { containerMib, limitMib, spikeLimitMib: Math.floor(limitMib * 0.2), heapMib };
}

/** Memory of a container whose limiter leaves `usableMib`, in our own collector unless told so. */
export function containerMibFor(usableMib: number, isNode = true): number {
  const refusesFrom = (mib: number) => {
    const { limitMib, spikeLimitMib } = memoryBudget(mib, isNode);
    return limitMib - spikeLimitMib;
  };
  let mib = 64;
  while (refusesFrom(mib) < usableMib) mib += 64;
  return mib;
}

/** What the traces of `waitSeconds` take in one of `pods` samplers. */
export function heldTracesMib(
  tracesPerSecond: number, waitSeconds: number, pods: number,
): number {
  return tracesPerSecond * waitSeconds * TRACE_KIB / 1024 / pods;
}

/** A part of what is held in memory. */
export interface MemoryPart {
  /** What it is, for the sum. */
  readonly what: string;
  /** Its size. */
  readonly mib: number;
}

/** The parts as a sum, such as `96 MiB process + 50 MiB held traces = 146 MiB`. */
export function memorySum(parts: readonly MemoryPart[]): string {
  const counted = parts.filter(({ mib }) => mib > 0);
  const total = Math.ceil(counted.reduce((sum, { mib }) => sum + mib, 0));
  return `${counted.map(({ what, mib }) => `${Math.ceil(mib)} MiB ${what}`).join(' + ')}`
    + ` = ${total} MiB`;
}
