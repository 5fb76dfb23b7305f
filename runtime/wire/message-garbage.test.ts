import { constants, PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks';

import { countMessageBytes } from './message-garbage';

const MIB = 1024 * 1024;

/** Kinds of the collections that happen while messages of `mebibytes` are counted. */
async function collectionsDuring(mebibytes: number): Promise<unknown[]> {
  const seen: PerformanceEntry[] = [];
  const observer = new PerformanceObserver((list) => seen.push(...list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  for (let i = 0; i < mebibytes; i++) countMessageBytes(MIB);
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  observer.disconnect();
  return seen.map((entry) => (entry as unknown as { detail: { kind: number } }).detail.kind);
}

describe('Messages', () => {
  it('have the young garbage collected each time that 12 MiB of them came', async () => {
    const young = (await collectionsDuring(60))
      .filter((kind) => kind === constants.NODE_PERFORMANCE_GC_MINOR);
    expect(young.length).toBeGreaterThanOrEqual(5);
  });
});
