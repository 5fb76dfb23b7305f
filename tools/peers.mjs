// Thousands of simulated pools of samplers: `npm run peers`. PEERS_RUNS (default 2000) is how many,
// PEERS_SEED the first, PEERS_MUTANTS the share of them that is played again without each rule.
import { run } from './steps.mjs';

const { code } = await run(['tsx', 'runtime/testing/pool/run.ts'], { inherit: true });
process.exit(code);
