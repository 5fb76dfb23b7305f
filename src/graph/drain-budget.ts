/** How long a pod needs from being asked to end to having passed on everything. */

/** Time in which everybody learns that a pod is going, and until which it takes what comes. */
export const ENDPOINT_REMOVAL_SECONDS = 5;
/** Time to send on what is queued. */
export const FLUSH_SECONDS = 10;
/** Time for what is in flight between tiers, and for a busy node. */
export const MARGIN_SECONDS = 10;

/** Before a pod is killed it must have said what it lost. */
const LAST_WORDS_SECONDS = 2;

/** How long a collector is held up by traces. */
export interface HeldTraces {
  /** How long it holds each, in seconds; 0 when it holds none. */
  readonly waitSeconds: number;
  /** Longest time that leaving a pool of samplers takes, in seconds; 0 outside of one. */
  readonly leaveSeconds: number;
}

/** The parts of a drain, in seconds. */
export interface DrainBudget {
  /** All parts together. */
  readonly totalSeconds: number;
  /** The sum as it is printed. */
  readonly sum: string;
}

/**
 * The drain of a collector that holds traces. One that leaves a pool has decided all of them by
 * then.
 */
export function drainBudget({ waitSeconds, leaveSeconds }: HeldTraces): DrainBudget {
  const parts: [number, string][] = [
    [ENDPOINT_REMOVAL_SECONDS, 'endpoint removal'],
    leaveSeconds > 0 ? [Math.ceil(leaveSeconds), 'leaving the pool']
      : [Math.ceil(waitSeconds), 'decision wait'],
    [FLUSH_SECONDS, 'flush'],
    [MARGIN_SECONDS, 'margin'],
  ];
  const counted = parts.filter(([seconds]) => seconds > 0);
  const totalSeconds = counted.reduce((sum, [seconds]) => sum + seconds, 0);
  const sum = `${counted.map(([seconds, what]) => `${seconds} s ${what}`).join(' + ')}`
    + ` = ${totalSeconds} s`;
  return { totalSeconds, sum };
}

/** Time in which everything must be passed on, once nobody sends any more. */
export function shutdownSeconds(graceSeconds: number): number {
  return Math.max(1, graceSeconds - ENDPOINT_REMOVAL_SECONDS - LAST_WORDS_SECONDS);
}
