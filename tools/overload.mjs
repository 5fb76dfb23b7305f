// Loads a collector with twice what its backend takes: `npm run overload`. OVERLOAD_SECONDS sets
// for how long (default 120, the first half of it to get warm).
import { run } from './steps.mjs';

for (const command of [['node', 'tools/bundle.mjs'], ['tsx', 'runtime/bench/overload.ts']]) {
  const { code } = await run(command, { inherit: true });
  if (code !== 0) process.exit(code);
}
