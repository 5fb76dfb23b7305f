// The collector before tools that know its protocols better than we do, and beside the real one:
// `npm run conformance`. Needs Go, which builds both once (kept in ~/.cache/otelcol-upstream).
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from './steps.mjs';

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'otelcol-upstream');
const { code: lacksGo } = await run(['go', 'version']);
if (lacksGo !== 0) {
  console.error('npm run conformance: Go must be installed, got no `go` on the PATH');
  process.exit(1);
}
const commands = [
  ['bash', 'test/upstream/build.sh', cache],
  ['bash', 'runtime/test/conformance/build.sh', join(cache, 'tools')],
  ['node', 'tools/bundle.mjs'],
  ['jest', '--runInBand', '--testMatch', '<rootDir>/runtime/test/conformance/*.conformance.ts',
    '--verbose', ...process.argv.slice(2)],
];
for (const command of commands) {
  const { code } = await run(command, { inherit: true });
  if (code !== 0) process.exit(code);
}
