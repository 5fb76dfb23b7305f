// Everything that must hold: `npm test`. With `build` or `lint`, only that part of it.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, run, step } from './steps.mjs';

const temporary = mkdtempSync(join(tmpdir(), 'otelgw-check-'));
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }));

const compile = () => step('compile the constructs for every language (jsii)',
  ['jsii', '--silence-warnings=reserved-word'], ['node', 'tools/bundle-library.mjs']);
const bundle = () => step('bundle the runtime', ['node', 'tools/bundle.mjs']);
const lint = () => step('lint and floors',
  ['eslint', '--ext', '.ts', '--no-error-on-unmatched-pattern', '--max-warnings', '0',
    'src', 'test', 'runtime', 'examples', 'projenrc', '.projenrc.ts']);

async function apiIsCurrent() {
  const fresh = join(temporary, 'API.md');
  const made = await run(['jsii-docgen', '-o', fresh]);
  if (made.code !== 0) return made;
  const same = readFileSync(fresh, 'utf8') === readFileSync(join(root, 'API.md'), 'utf8');
  return same ? { code: 0, output: '' } : {
    code: 1,
    output: 'API.md: must be what the sources say, got an older one. Run: npm run build\n',
  };
}

/** Project files are written by projen; a change by hand would be gone with its next run. */
async function projectFilesAreCurrent() {
  const { files } = JSON.parse(readFileSync(join(root, '.projen/files.json'), 'utf8'));
  const read = () => files.map((file) => readFileSync(join(root, file), 'utf8'));
  const before = read();
  const made = await run(['tsx', '.projenrc.ts'], { env: { PROJEN_DISABLE_POST: '1' } });
  if (made.code !== 0) return made;
  const changed = read().flatMap((text, index) => text === before[index] ? [] : [files[index]]);
  return changed.length === 0 ? { code: 0, output: '' } : {
    code: 1,
    output: `${changed.join(', ')}: must be what .projenrc.ts says, got another; it is now\n`,
  };
}

async function snippetsCompile() {
  const tablet = join(temporary, 'tablet.json');
  return run(['jsii-rosetta', 'extract', '--strict', '--compile', '--output', tablet, '.']);
}

async function jest() {
  const report = join(temporary, 'jest.json');
  const { code } = await run(
    ['jest', '--ci', '--maxWorkers', '2', '--json', '--outputFile', report],
    { inherit: true },
  );
  try {
    const { numPassedTests, numFailedTests, numFailedTestSuites } =
      JSON.parse(readFileSync(report, 'utf8'));
    // A suite that did not even load has no failed test, and is a failure all the same.
    return { passed: numPassedTests, failed: Math.max(numFailedTests, code && 1,
      numFailedTests === 0 ? numFailedTestSuites : 0) };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

async function build() {
  return [
    await bundle(),
    await compile() && await step('write API.md', ['jsii-docgen', '-o', 'API.md']),
  ];
}

async function everything() {
  const results = [await bundle(), await compile()];
  const lanes = await Promise.all([
    (async () => [
      await step('types of the tests', ['tsc', '--noEmit', '-p', 'test']),
      await step('types of the runtime', ['tsc', '--noEmit', '-p', 'runtime']),
      await step('types of the examples', ['tsc', '--noEmit', '-p', 'examples']),
      await step('project files are up to date', projectFilesAreCurrent),
      await step('API.md is up to date', apiIsCurrent),
      await step('snippets of README and API compile', snippetsCompile),
    ])(),
    (async () => [await lint()])(),
  ]);
  results.push(...lanes.flat());
  return results;
}

const what = process.argv[2];
const steps = what === 'build' ? await build() : what === 'lint' ? [await lint()]
  : await everything();
const tests = what === undefined ? await jest() : { passed: 0, failed: 0 };
const passed = tests.passed + steps.filter((ok) => ok).length;
const failed = tests.failed + steps.filter((ok) => !ok).length;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
