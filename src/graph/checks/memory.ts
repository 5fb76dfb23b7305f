/** What a pod holds fits its memory. */
import type { Check } from './check';
import { runningComponents, tailSamplers } from './pipelines';
import { queuesOf, type QueueMemory } from './queue-memory';
import {
  containerMibFor, heldTracesMib, LEAST_MEMORY_MIB, memorySum, PROCESS_MIB, type MemoryPart,
} from '../memory-budget';
import { valueAt, type TierFacts } from '../tier-facts';
import { peerQueues } from '../trace-pool';

/**
 * Memory in which no collector works, or which is certainly less than what it is told to hold.
 * Queues that are counted in requests are not told: the memory limiter refuses before they are
 * full, as it should.
 */
export const memory: Check = (tier) => {
  const known = [...tooSmall(tier), ...limitAbove(tier)];
  if (known.length > 0) return known;
  const held = heldTraces(tier);
  if (held.length > 0) return held;
  const queues = fullQueues(tier);
  return [
    ...queues, ...queues.length > 0 ? [] : fullPod(tier), ...fullTable(tier), ...outOfReach(tier),
  ];
};

/** All that a pod may hold, as far as it is known: the process, traces, queues. */
export function memoryParts(tier: TierFacts): MemoryPart[] {
  return [...sampling(tier), ...queuesOf(tier.data)];
}

/** What it needs to sample: the process, traces, and what waits for other pods of its pool. */
function sampling(tier: TierFacts): MemoryPart[] {
  return [{ what: 'process', mib: PROCESS_MIB }, ...tracesOf(tier), ...peerQueues(tier.data)];
}

function tooSmall({ memory: { containerMib } }: TierFacts): string[] {
  return containerMib >= LEAST_MEMORY_MIB ? [] : [
    `memory: must be at least ${LEAST_MEMORY_MIB} MiB for a collector to hold anything, got`
    + ` ${containerMib} MiB.\n→ leave \`memory\` out, or give it`
    + ` Size.mebibytes(${LEAST_MEMORY_MIB}) or more.`,
  ];
}

interface Limiter {
  readonly where: string;
  readonly limitMib: number;
  readonly spikeMib: number;
}

/** The limiter after overrides; undefined without one, or when variables decide. */
function limiterOf({ data, memory: { containerMib } }: TierFacts): Limiter | undefined {
  const found = runningComponents(data).find(({ kind }) => kind === 'memorylimiter');
  const number = (key: string) => Number(valueAt(found?.config, key) ?? 0);
  const limitMib = number('limit_mib')
    || Math.floor(containerMib * number('limit_percentage') / 100);
  if (found === undefined || !(limitMib > 0)) return undefined;
  const spikeMib = number('spike_limit_mib')
    || Math.floor(containerMib * number('spike_limit_percentage') / 100)
    || Math.floor(limitMib / 5);
  return { where: found.where, limitMib, spikeMib };
}

function limitAbove(tier: TierFacts): string[] {
  const limiter = limiterOf(tier);
  const { containerMib } = tier.memory;
  return limiter === undefined || limiter.limitMib < containerMib ? [] : [
    `${limiter.where}.limit_mib: must be less than the ${containerMib} MiB at which the pod is`
    + ` killed, got ${limiter.limitMib}.\n→ raise \`memory\`: the limit then follows.`,
  ];
}

function neededMib(parts: readonly MemoryPart[]): number {
  return Math.ceil(parts.reduce((sum, { mib }) => sum + mib, 0));
}

function certainQueues({ data }: TierFacts): QueueMemory[] {
  return queuesOf(data).filter(({ isCertain }) => isCertain);
}

function podsOf({ minPods }: TierFacts): number {
  return Number.isFinite(minPods) ? Math.max(1, minPods) : 1;
}

function tracesOf(tier: TierFacts): MemoryPart[] {
  const { tracesPerSecond, waitSeconds } = tier;
  if (tracesPerSecond === undefined || waitSeconds === 0) return [];
  const mib = heldTracesMib(tracesPerSecond, waitSeconds, podsOf(tier));
  return [{ what: 'held traces', mib }];
}

function heldTraces(tier: TierFacts): string[] {
  const limiter = limiterOf(tier);
  const traces = tracesOf(tier);
  if (limiter === undefined || traces.length === 0) return [];
  const parts = sampling(tier);
  const needed = neededMib(parts);
  const usable = limiter.limitMib - limiter.spikeMib;
  if (needed <= usable) return [];
  const { tracesPerSecond, waitSeconds, memory: { containerMib }, image } = tier;
  return [
    `memory: ${tracesPerSecond} traces per second over ${podsOf(tier)} pods, held for`
    + ` ${waitSeconds} s, need about ${needed} MiB in each (${memorySum(parts)}), and the memory`
    + ` limiter leaves ${usable} of ${containerMib} MiB.`
    + `\n→ give \`memory\` Size.mebibytes(${containerMibFor(needed, image.isRuntime)}), more pods,`
    + ' or a shorter `decisionWait`.',
  ];
}

function fullQueues(tier: TierFacts): string[] {
  const limiter = limiterOf(tier);
  const queues = certainQueues(tier);
  const needed = neededMib(queues);
  if (limiter === undefined || needed <= limiter.limitMib) return [];
  const enough = containerMibFor(needed + PROCESS_MIB, tier.image.isRuntime);
  return [
    `memory: must hold full queues, ${memorySum(queues)}, got a memory limiter that acts at`
    + ` ${limiter.limitMib} of ${tier.memory.containerMib} MiB.`
    + `\n→ make the queues smaller, or give \`memory\` Size.mebibytes(${enough}).`,
  ];
}

/** Parts of which each fits, but not all of them at a time. */
function fullPod(tier: TierFacts): string[] {
  const parts = [...sampling(tier), ...certainQueues(tier)];
  const needed = neededMib(parts);
  const { containerMib } = tier.memory;
  const limiter = limiterOf(tier);
  if (parts.length === 1 || needed <= (limiter?.limitMib ?? containerMib)) return [];
  const room = limiter === undefined ? `${containerMib} MiB at which the pod is killed`
    : `a memory limiter that acts at ${limiter.limitMib} of ${containerMib} MiB`;
  const enough = containerMibFor(needed, tier.image.isRuntime);
  return [
    `memory: must hold all that a pod may hold at a time, ${memorySum(parts)}, got ${room}.`
    + `\n→ give \`memory\` Size.mebibytes(${enough}), or let the pod hold less: more pods, a`
    + ' shorter `decisionWait`, smaller queues.',
  ];
}

/** A trace of one small span, with what is kept about it. */
const LEAST_TRACE_BYTES = 256;

/** A table that cannot fill up, for the pod would be killed first. */
function fullTable({ data, tracesPerSecond, memory: { containerMib } }: TierFacts): string[] {
  if (tracesPerSecond === undefined) return [];
  return tailSamplers(data)
    .flatMap(({ where, config }) => {
      const size = Number(valueAt(config, 'num_traces') ?? 0);
      const least = Math.ceil(size * LEAST_TRACE_BYTES / 1024 / 1024);
      return least <= containerMib ? [] : [
        `${where}.num_traces: must be so many traces as the pod can hold, got ${size}, which are`
        + ` ${least} MiB or more in ${containerMib} MiB.\n→ leave \`numTraces\` out.`,
      ];
    });
}

/** A bound of what is held that nothing reaches: senders are refused before, or the pod killed. */
function outOfReach(tier: TierFacts): string[] {
  const { containerMib } = tier.memory;
  const limitMib = limiterOf(tier)?.limitMib;
  const room = limitMib === undefined ? `${containerMib} MiB at which the pod is killed`
    : `${limitMib} MiB from which the memory limiter takes nothing more`;
  return tailSamplers(tier.data).flatMap(({ where, config }) => {
    const mib = Math.floor(Number(valueAt(config, 'max_bytes') ?? 0) / 1024 / 1024);
    return mib > (limitMib ?? containerMib) ? [
      `${where}.max_bytes: must be less than the ${room}, or no trace is ever decided early, got`
      + ` ${mib} MiB.\n→ leave \`maxHeldMemory\` out, or raise \`memory\`.`,
    ] : [];
  });
}
