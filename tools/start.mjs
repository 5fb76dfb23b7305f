// The main job: synthesizes the tail-sampling story, runs those very manifests on this machine,
// sends real traffic through them and says what happened. Words after `--` go to `otelgw up`.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root, run } from './steps.mjs';

const output = join('cdk8s.out', 'tail-sampling');
const story = 'examples/tail-sampling.ts';

async function must(what, command) {
  console.log(`${what}: ${command.join(' ')}`);
  const { code, output: said } = await run(command);
  if (code === 0) return;
  console.error(said);
  process.exit(code);
}

await must('Bundle the runtime', ['node', 'tools/bundle.mjs']);
await must('Synthesize', [
  'cdk8s', 'synth', '--app', `ts-node -T ${story}`, '--output', output,
]);
const options = process.argv.length > 2 ? process.argv.slice(2) : ['--traffic', '--for', '20s'];
const up = ['runtime/dist/otelgw.js', 'up', output, ...options];
console.log(`Run: node ${up.join(' ')}\n`);
const child = spawn(process.execPath, up, { cwd: root, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('close', (code) => { process.exitCode = code ?? 1; });
