/** Thousands of stories from the command line: `npm run peers`. */
import { describeBatch, playBatch } from './batch';

const RUNS = Number(process.env.PEERS_RUNS ?? 2000);
const FROM = Number(process.env.PEERS_SEED ?? 1);

async function main(): Promise<void> {
  let bad = 0;
  for (const hasCrashes of [false, true]) {
    const result = await playBatch({ from: FROM, runs: RUNS, hasCrashes });
    const name = hasCrashes ? 'with crashes' : 'without crashes';
    process.stdout.write(`${describeBatch(name, RUNS, result).join('\n')}\n`);
    bad += result.badRuns;
  }
  process.exitCode = bad > 0 ? 1 : 0;
}

void main();
