// Measures the runtime: `npm run bench`. BENCH_SECONDS sets how long each figure takes (default 8).
import { run } from './steps.mjs';

for (const command of [['node', 'tools/bundle.mjs'], ['tsx', 'runtime/bench/compare.ts']]) {
  const { code } = await run(command, { inherit: true });
  if (code !== 0) process.exit(code);
}
