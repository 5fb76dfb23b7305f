// Runs commands as named steps: quiet while they pass, with all they said when they fail.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bin = join(root, 'node_modules', '.bin');

const environment = {
  ...process.env,
  PATH: `${bin}:${process.env.PATH}`,
  // The tools print a page of warning on Node.js 20, which is what we support on purpose.
  JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: process.versions.node.split('.')[0],
  ESLINT_USE_FLAT_CONFIG: 'false',
  CDK8S_CHECK_UPGRADE: 'false',
  NODE_NO_WARNINGS: '1',
};

/** Runs `command` (a list of words) and resolves to its exit code and what it printed. */
export function run(command, { env = {}, inherit = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command[0], command.slice(1), {
      cwd: root,
      env: { ...environment, ...env },
      stdio: inherit ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout?.on('data', (text) => { output += text; });
    child.stderr?.on('data', (text) => { output += text; });
    child.on('error', (error) => resolve({ code: 127, output: `${output}${error.message}\n` }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** A step that passes when every one of `commands` exits 0. Prints one line. */
export async function step(name, ...commands) {
  const start = performance.now();
  let failed;
  for (const command of commands) {
    const result = typeof command === 'function' ? await command() : await run(command);
    if (result.code !== 0) { failed = result; break; }
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${failed === undefined ? 'ok  ' : 'FAIL'}  ${name} (${seconds} s)`);
  if (failed !== undefined) console.log(failed.output);
  return failed === undefined;
}
