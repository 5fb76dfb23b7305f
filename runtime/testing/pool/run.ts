/** Thousands of stories from the command line: `npm run peers`. */
import { describeBatch, playBatch } from './batch';
import { MUTATIONS } from './mutations';
import { numberVariable } from '../number-variable';

const RUNS = numberVariable('PEERS_RUNS', 2000);
const FROM = numberVariable('PEERS_SEED', 1);
const MUTANT_SHARE = numberVariable('PEERS_MUTANTS', 0.25);

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function main(): Promise<void> {
  let bad = 0;
  for (const hasCrashes of [false, true]) {
    const result = await playBatch({ from: FROM, runs: RUNS, hasCrashes });
    print(describeBatch(hasCrashes ? 'with crashes' : 'without crashes', RUNS, result));
    bad += result.badRuns;
  }
  print(['with one rule left out:']);
  const runs = Math.max(1, Math.floor(RUNS * MUTANT_SHARE));
  for (const { name, mutate, settings } of MUTATIONS) {
    const { badRuns, badSeeds, findings } = await playBatch({ from: FROM, runs, mutate, settings });
    const { split, secondHolders, duplicated, againstVerdict, lost, stuck } = findings;
    print([`  ${name}: ${badRuns} of ${runs} bad (first ${badSeeds[0] ?? 'none'}); ${JSON.stringify(
      { split, secondHolders, duplicated, againstVerdict, lost, stuck })}`]);
  }
  process.exitCode = bad > 0 ? 1 : 0;
}

void main();
