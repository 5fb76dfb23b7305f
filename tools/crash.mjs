// Kills a collector with a queue on disk under load: `npm run crash`. CRASH_KILLS (default 100) is
// how often, CRASH_SEED what chance begins with, CRASH_SCENE what is killed: http (default), grpc,
// load-balancing, constructs, whose configuration they wrote, or tail-sampling, with its journal.
import { run } from './steps.mjs';

for (const command of [['node', 'tools/bundle.mjs'], ['tsx', 'runtime/test/crash.ts']]) {
  const { code } = await run(command, { inherit: true });
  if (code !== 0) process.exit(code);
}
