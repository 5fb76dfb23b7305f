// Lets things happen to a pool of tail samplers under load, with real processes: `npm run chaos`.
// CHAOS_SCENES (names with commas) selects some, CHAOS_SEED is what chance begins with,
// CHAOS_SECONDS (default 15) how long the load lasts before, between and after what happens,
// CHAOS_RATE (default 50) traces a second, CHAOS_MANIFESTS=constructs or constructs-tls lets pods
// be what the constructs write, in all scenes.
import { run } from './steps.mjs';

for (const command of [['node', 'tools/bundle.mjs'], ['tsx', 'runtime/test/chaos.ts']]) {
  const { code } = await run(command, { inherit: true });
  if (code !== 0) process.exit(code);
}
