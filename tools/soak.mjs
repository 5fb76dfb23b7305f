// Holds traces at a steady load and shows what that does to memory: `npm run soak`. SOAK_MINUTES
// sets for how long (default 30).
import { run } from './steps.mjs';

for (const command of [['node', 'tools/bundle.mjs'], ['tsx', 'runtime/bench/soak.ts']]) {
  const { code } = await run(command, { inherit: true });
  if (code !== 0) process.exit(code);
}
