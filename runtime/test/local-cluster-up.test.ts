import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { stringify } from 'yaml';
import { samplingObjects } from './fixtures/sampling-manifests';

const WAIT_MS = 80_000;
const folder = mkdtempSync(join(tmpdir(), 'otelgw-up-test-'));
const running = new Set<ChildProcess>();

interface Outcome {
  readonly code: number | null;
  readonly text: string;
}

function manifests(name: string, leaveOut: (kind: string) => boolean = () => false): string {
  const path = join(folder, `${name}.yaml`);
  writeFileSync(path, samplingObjects.filter(({ kind }) => !leaveOut(kind))
    .map((object) => stringify(object)).join('---\n'));
  return path;
}

function up(...args: readonly string[]): { child: ChildProcess; end: Promise<Outcome> } {
  const child = spawn(process.execPath, [
    '--import', pathToFileURL(require.resolve('tsx')).href, join(__dirname, '../main.ts'), 'up',
    ...args,
  ], { stdio: ['pipe', 'pipe', 'pipe'] });
  running.add(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (part: Buffer) => { text += part.toString(); });
  }
  const end = new Promise<Outcome>((resolve) => {
    child.on('close', (code) => {
      running.delete(child);
      resolve({ code, text });
    });
  });
  return { child, end };
}

/** The cell of the verdict called `what` in the column `found`. */
function found(text: string, what: string): string | undefined {
  return new RegExp(`^.  ${what} +(\\d+)`, 'm').exec(text)?.[1];
}

describe('otelgw up', () => {
  afterAll(() => {
    for (const child of running) child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  test('plays agents and samplers, and is green when every decision is as it must be', async () => {
    const { end } = up(manifests('good'), '--traffic', '20', '--for', '4s');
    const { code, text } = await end;
    expect(text).toContain('green: nothing lost');
    expect(code).toBe(0);
    expect(Number(found(text, 'traces met by pods of sampler'))).toBeGreaterThan(40);
    expect(found(text, 'traces split on the way to trace-store')).toBe('0');
    expect(Number(found(text, 'kept by policy errors \\(status_code\\)'))).toBeGreaterThan(0);
  }, WAIT_MS);

  test('is red and says why when the agents may not find the samplers', async () => {
    const path = manifests('forbidden', (kind) => kind === 'RoleBinding');
    const { end } = up(path, '--traffic', '5', '--for', '1s');
    const { code, text } = await end;
    expect(text).toContain('is forbidden: User "system:serviceaccount:tests:agent" cannot list');
    expect(found(text, 'spans lost on the way to trace-store')).not.toBe('0');
    expect(code).toBe(1);
    const kept = /logs are kept in (\S+)\/logs/.exec(text)?.[1] ?? '';
    rmSync(kept, { recursive: true });
  }, WAIT_MS);

  test('takes commands while it runs, and ends when it is told to', async () => {
    const { child, end } = up(manifests('commands'));
    child.stdout?.on('data', (part: Buffer) => {
      const text = part.toString();
      if (text.includes('ready;')) child.stdin?.write('scale nobody 3\nscale sampler 1\nquit\n');
    });
    const { code, text } = await end;
    expect(text).toContain('workload: must be one of sampler, agent, got "nobody"');
    expect(text).toContain('> scale sampler 1');
    expect(code).toBe(0);
  }, WAIT_MS);

  test.each([
    [[], 2, 'manifests: must be given, got no DIR or FILE'],
    [['x', '--for', 'soon'], 2, '--for: must be a duration such as 20s, got "soon"'],
    [['x', '--at', 'now'], 2, '--at: must be like 5s='],
    [[join(folder, 'missing.yaml')], 1, 'must be a readable file or folder'],
  ] as const)('called with %j ends with exit code %i', async (args, exitCode, sentence) => {
    const { code, text } = await up(...args).end;
    expect(code).toBe(exitCode);
    expect(text).toContain(sentence);
  }, WAIT_MS);
});
