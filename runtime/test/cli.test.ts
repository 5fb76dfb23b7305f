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

  const upstream = file('upstream.yaml', `
receivers: {otlp: {protocols: {grpc: {}}}}
processors:
  tail_sampling: {block_on_overflow: true, policies: [{name: a, type: always_sample}]}
exporters: {prometheusremotewrite: {endpoint: "http://h/api", definitely_not: 1}}
service:
  pipelines:
    metrics: {receivers: [otlp], exporters: [prometheusremotewrite]}
    traces: {receivers: [otlp], processors: [tail_sampling], exporters: [debug]}
`);

  test('validate reads a configuration as a distribution of upstream would', () => {
    const { code, err } = otelgw(
      'validate', '--config', upstream, '--distribution', 'otelcol-k8s:0.130.0');
    expect(code).toBe(1);
    expect(err).toMatch(/prometheusremotewrite: is not a component of otelcol-k8s 0\.130\.0.*\n/);
    expect(err).toContain('→ it is in otelcol and otelcol-contrib');
    expect(err).toMatch(/definitely_not: is not a setting here/);
    expect(err).toMatch(/exporters\[0\]: names debug, which is not configured/);
    expect(err).toMatch(/tail_sampling\.block_on_overflow: .*0\.133.*\n  → /);
  });

  test('validate accepts for upstream what upstream has and this runtime has not', () => {
    const right = file('right.yaml', `
receivers: {otlp: {protocols: {grpc: {auth: {authenticator: bearertokenauth}}}}}
processors: {k8s_attributes: {filter: {node_from_env_var: NODE_NAME}}}
exporters: {debug: {}}
extensions: {bearertokenauth: {token: "\${env:TOKEN}"}}
service:
  extensions: [bearertokenauth]
  pipelines: {traces: {receivers: [otlp], processors: [k8s_attributes], exporters: [debug]}}
`);
    expect(otelgw('validate', '--config', right, '--distribution', 'otelcol-k8s'))
      .toMatchObject({ code: 0, out: 'the configuration is valid\n' });
    expect(otelgw('validate', '--config', right)).toMatchObject({ code: 1 });
  });

  test('components lists every component with its section, older names and signals', () => {
    const { code, out } = otelgw('components');
    expect(code).toBe(0);
    expect(out).toMatch(/^exporters +otlp_grpc +otlp +traces, metrics, logs$/m);
    expect(out).toMatch(/^processors +tail_sampling +traces$/m);
  });

  test.each([
    [['validate'], '--config: must be given, got none'],
    [['validate', '--config', 'x', '--distribution', 'otelcol-own:1'],
      '--distribution: must be one of otelcol, otelcol-k8s, otelcol-contrib with a version'],
    [['validate', '--colour'], "Unknown option '--colour'"],
    [['components', 'all'], 'components: must have no arguments, got all'],
    [['dance'], 'otelgw: must be called with one of its commands, got "dance"'],
  ] as const)('called with %j ends with exit code 2 and says why', (args, sentence) => {
    const { code, err } = otelgw(...args);
    expect(code).toBe(2);
    expect(err).toContain(sentence);
  });
});
