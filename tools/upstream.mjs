// Our configurations and routing beside the real collector: `npm run test:upstream`. Needs Go,
// which builds the collector once (about ten minutes, kept in ~/.cache/otelcol-upstream).
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from './steps.mjs';

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'otelcol-upstream');
const commands = [
  ['bash', 'test/upstream/build.sh', cache],
  ['jest', '--runInBand', '--testMatch', '<rootDir>/test/upstream/*.upstream.ts', '--verbose'],
];
for (const command of commands) {
  const { code } = await run(command, { inherit: true });
  if (code !== 0) process.exit(code);
}
