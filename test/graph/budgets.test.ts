import { drainBudget, shutdownSeconds } from '../../src/graph/drain-budget';
import {
  containerMibFor, heldTracesMib, memoryBudget, memorySum,
} from '../../src/graph/memory-budget';

test.each([
  [0, 0, 25, '5 s endpoint removal + 10 s flush + 10 s margin = 25 s'],
  [5, 0, 30, '5 s endpoint removal + 5 s decision wait + 10 s flush + 10 s margin = 30 s'],
  [0.2, 0, 26, '5 s endpoint removal + 1 s decision wait + 10 s flush + 10 s margin = 26 s'],
  [5, 34.5, 60, '5 s endpoint removal + 35 s leaving the pool + 10 s flush + 10 s margin = 60 s'],
])('draining with a decision wait of %d s and %d s to leave takes %i s', (
  waitSeconds, leaveSeconds, totalSeconds, sum,
) => {
  expect(drainBudget({ waitSeconds, leaveSeconds })).toEqual({ totalSeconds, sum });
});

test('what the process is given ends before it is killed', () => {
  expect([25, 30, 145, 5].map(shutdownSeconds)).toEqual([18, 23, 138, 1]);
});

test.each([128, 256, 512, 1024, 4096])('of %i MiB the limiter leaves room on all sides', (mib) => {
  for (const isNode of [true, false]) {
    const { limitMib, spikeLimitMib, heapMib } = memoryBudget(mib, isNode);
    expect(limitMib).toBeLessThan(mib);
    expect(spikeLimitMib).toBeLessThan(limitMib);
    expect(spikeLimitMib).toBeGreaterThan(0);
    expect(heapMib).toBeLessThan(mib);
  }
});

test.each([[128, 57], [256, 172], [512, 403], [1024, 819]])(
  'of %i MiB our own process leaves room for what the limiter does not see', (mib, limitMib) => {
    expect(memoryBudget(mib, true).limitMib).toBe(limitMib);
    expect(limitMib + 64).toBeLessThan(mib);
  });

test.each([46, 100, 655, 5000])('%i MiB for traces fit the memory that is proposed', (usable) => {
  const { limitMib, spikeLimitMib } = memoryBudget(containerMibFor(usable), true);
  expect(limitMib - spikeLimitMib).toBeGreaterThanOrEqual(usable);
});

test('more pods need less memory each', () => {
  expect(heldTracesMib(10_000, 10, 2)).toBe(2 * heldTracesMib(10_000, 10, 4));
  expect(heldTracesMib(0, 10, 1)).toBe(0);
});

test('other collectors are given room by what their limiter leaves', () => {
  const { limitMib, spikeLimitMib } = memoryBudget(containerMibFor(500, false), false);
  expect(limitMib - spikeLimitMib).toBeGreaterThanOrEqual(500);
});

test('a sum of memory has no part that is nothing, and is not less than it is', () => {
  const parts = [
    { what: 'process', mib: 96 }, { what: 'queue', mib: 0 }, { what: 'traces', mib: 0.5 },
  ];
  expect(memorySum(parts)).toBe('96 MiB process + 1 MiB traces = 97 MiB');
});
