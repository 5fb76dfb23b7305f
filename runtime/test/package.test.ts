/** What a user gets from `npm install`: the packed package, used in an empty folder. */
import { spawnSync } from 'child_process';
import {
  existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync,
} from 'fs';
import { tmpdir } from 'os';
import { dirname, join } from 'path';

const ROOT = join(__dirname, '..', '..');
const MODULES = join(ROOT, 'node_modules');
const NAME = 'cdk8s-otel-gateway';
const work = mkdtempSync(join(tmpdir(), 'otelgw-package-'));
const app = join(work, 'app');
const env = {
  ...process.env,
  PATH: `${join(MODULES, '.bin')}:${process.env.PATH}`,
  HOME: work,
  CDK8S_CHECK_UPGRADE: 'false',
  JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: process.versions.node.split('.')[0],
  NODE_OPTIONS: '',
  POD_IP: '127.0.0.1',
};

const APP = `
import { App, Chart, Duration } from 'cdk8s';
import { AgentDaemonSet, Backend, SamplingPolicy, Scaling, TailSamplingGateway } from '${NAME}';

const app = new App();
const chart = new Chart(app, 'telemetry', { namespace: 'observability' });
const sampler = new TailSamplingGateway(chart, 'sampler', {
  decisionWait: Duration.seconds(1),
  policies: [SamplingPolicy.probabilistic('half', { samplingPercentage: 50 })],
  exportTo: [Backend.otlp('store', { endpoint: 'trace-store:4317' })],
  scaling: Scaling.fixed(2),
});
new AgentDaemonSet(chart, 'agent', { forwardTo: sampler });
app.synth();
`;

const TSCONFIG = JSON.stringify({
  compilerOptions: { target: 'ES2022', module: 'node16', strict: true, types: ['node'] },
});

function run(command: string, words: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(
    command, words, { cwd, env, encoding: 'utf8', timeout: 120_000 });
  if (status !== 0) {
    throw new Error(`${command} ${words.join(' ')}: must exit 0, got ${status ?? error}\n${
      stdout}\n${stderr}`);
  }
  return stdout;
}

/** Peer packages and tools come from this project's own folder: tests reach no registry. */
function link(name: string): void {
  const target = join(app, 'node_modules', name);
  mkdirSync(dirname(target), { recursive: true });
  if (!existsSync(target)) symlinkSync(join(MODULES, name), target);
}

beforeAll(() => {
  mkdirSync(app);
  run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', work], ROOT);
  const tarball = readdirSync(work).find((name) => name.endsWith('.tgz')) ?? '';
  writeFileSync(join(app, 'package.json'), '{ "name": "app", "private": true }');
  writeFileSync(join(app, 'tsconfig.json'), TSCONFIG);
  writeFileSync(join(app, 'main.ts'), APP);
  run('npm', ['install', '--offline', '--legacy-peer-deps', '--no-audit', '--no-fund',
    '--ignore-scripts', join(work, tarball)], app);
  for (const name of ['cdk8s', 'cdk8s-plus-28', 'constructs', 'typescript', '@types/node']) {
    link(name);
  }
}, 120_000);

afterAll(() => rmSync(work, { recursive: true, force: true }));

test('the package holds the library, its assembly, the runtime and nothing of its workshop', () => {
  const installed = join(app, 'node_modules', NAME);
  const held = readdirSync(installed, { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.startsWith('node_modules')).map((path) => `./${path}`);
  const wanted = [
    './lib/index.js', './lib/index.d.ts', './.jsii', './API.md', './README.md', './LICENSE',
    './runtime/dist/otelgw.js', './runtime/dist/collector.js', './runtime/dist/up.js',
    './runtime/dist/aws-sdk.js',
    './runtime/dist/telemetry-sdk.js', './runtime/dist/zstd-library.js', './runtime/dist/zstd.wasm',
    './runtime/Dockerfile', './runtime/dist/write-code-cache.js',
  ];
  expect(held).toEqual(expect.arrayContaining(wanted));
  const workshop = /\.test\.|^\.\/(src|test|tools|docs|examples|\.projen)|\.cache$/;
  expect(held.filter((path) => workshop.test(path))).toEqual([]);
  // One character beyond Latin-1, and V8 takes two bytes for each and longer to compile.
  expect(readFileSync(join(installed, 'lib', 'index.js'), 'utf8')).not.toMatch(/[^\0-\xff]/);
});

test('a fifteen-line app synthesizes, and what it wrote validates and runs', () => {
  run('cdk8s', ['synth', '--app', 'ts-node -T main.ts', '--output', 'out'], app);
  const manifests = readFileSync(join(app, 'out', 'telemetry.k8s.yaml'), 'utf8');
  expect(manifests).toContain('kind: DaemonSet');

  const otelgw = join(app, 'node_modules', '.bin', 'otelgw');
  writeFileSync(join(app, 'collector.yaml'), configOf(manifests));
  run(otelgw, ['validate', '--config', 'collector.yaml'], app);
  const said = run(otelgw, ['up', 'out', '--traffic', '--for', '5s'], app);
  expect(said).toMatch(/split\D+0\b/);
  expect(said).toMatch(/lost\D+0\b/);
}, 120_000);

test('packages for Python, Java and Go can be generated', () => {
  const outdir = join(work, 'languages');
  run('jsii-pacmak',
    ['--code-only', '--outdir', outdir, '--targets', 'python', 'java', 'go', '--', ROOT], ROOT);
  expect(readdirSync(outdir).sort()).toEqual(['go', 'java', 'python']);
}, 120_000);

/** The first collector configuration in the manifests, as the pod would read it. */
function configOf(manifests: string): string {
  const lines = manifests.split('\n');
  const start = lines.findIndex((line) => /^ {2}collector\.yaml: \|/.test(line));
  const end = lines.findIndex((line, index) => index > start && /^\S/.test(line));
  return lines.slice(start + 1, end).map((line) => line.slice(4)).join('\n');
}
