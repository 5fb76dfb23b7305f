/** A short form of `npm run peers`: pools of simulated pods, each run a function of its seed. */
import { playBatch } from '../testing/pool/batch';
import { MUTATIONS } from '../testing/pool/mutations';
import { violations } from '../testing/pool/span-record';

const RUNS = 80;
const CRASH_RUNS = 30;
/** More runs than these take a mutation to show; `npm run peers` shows them all. */
const MOST_MUTANT_RUNS = 40;

test('while nobody crashes, no span is lost or doubled and no trace decided twice', async () => {
  const { findings, badSeeds } = await playBatch({ from: 1, runs: RUNS });
  expect(badSeeds).toEqual([]);
  expect(violations(findings)).toBe(0);
  expect(findings.spans).toBeGreaterThan(RUNS * 500);
});

test('a crash costs what the killed pod held, and nothing else', async () => {
  const { findings, badSeeds } = await playBatch({ from: 1, runs: CRASH_RUNS, hasCrashes: true });
  expect(badSeeds).toEqual([]);
  expect(findings.lostInCrash).toBeGreaterThan(0);
});

test('pointers that are forgotten cost questions, not truth', async () => {
  const settings = { mostPointers: 1 };
  const { findings } = await playBatch({ from: 1, runs: 20, settings });
  expect(violations(findings)).toBe(0);
});

test.each(MUTATIONS.filter(({ runs }) => runs <= MOST_MUTANT_RUNS))(
  'the simulation finds it when $name', async ({ runs, mutate, settings }) => {
    const { badRuns } = await playBatch({ from: 1, runs, mutate, settings, untilBad: true });
    expect(badRuns).toBeGreaterThan(0);
  });
