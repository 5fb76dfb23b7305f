import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = mkdtempSync(join(tmpdir(), 'otelgw-cli-test-'));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

function otelgw(...args: readonly string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [
    '--import', pathToFileURL(require.resolve('tsx')).href, join(__dirname, '../main.ts'), ...args,
  ], { encoding: 'utf8', timeout: 20_000 });
  return { code: status, out: stdout, err: stderr };
}

describe('otelgw', () => {
  afterAll(() => rmSync(folder, { recursive: true }));

  const good = file('good.yaml', `
receivers: {otlp: {protocols: {grpc: {}}}}
exporters: {debug: {}}
service: {pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}
`);
  const bad = file('bad.yaml', `
receivers: {otlp: {protocols: {grpc: {}}}}
exporters: {debug: {verbosty: basic}}
service:
  pipelines:
    traces: {receivers: [otlp], exporters: [debugger]}
`);

  test('validate says that a configuration is valid', () => {
    expect(otelgw('validate', '--config', good)).toMatchObject({
      code: 0, out: 'the configuration is valid\n',
    });
  });

  test('validate tells every mistake with its file and line', () => {
    const { code, err } = otelgw('validate', '--config', bad);
    expect(code).toBe(1);
    expect(err).toMatch(/exporters\.debug\.verbosty: .*bad\.yaml:3\)/);
    expect(err).toMatch(/service\.pipelines\.traces\.exporters\[0\]: .*bad\.yaml:6\)/);
  });

  test('components lists every component with its section, older names and signals', () => {
    const { code, out } = otelgw('components');
    expect(code).toBe(0);
    expect(out).toMatch(/^exporters +otlp_grpc +otlp +traces, metrics, logs$/m);
    expect(out).toMatch(/^processors +tail_sampling +traces$/m);
  });

  test.each([
    [['validate'], '--config: must be given, got none'],
    [['validate', '--colour'], "Unknown option '--colour'"],
    [['components', 'all'], 'components: must have no arguments, got all'],
    [['dance'], 'otelgw: must be called with one of its commands, got "dance"'],
  ] as const)('called with %j ends with exit code 2 and says why', (args, sentence) => {
    const { code, err } = otelgw(...args);
    expect(code).toBe(2);
    expect(err).toContain(sentence);
  });
});
