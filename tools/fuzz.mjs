// Ten million hostile inputs: `npm run fuzz`. FUZZ_INPUTS, FUZZ_SEED and FUZZ_ONLY choose.
import { run } from './steps.mjs';

const { code } = await run(['tsx', 'runtime/fuzz/fuzz.ts'], { inherit: true });
process.exit(code);
