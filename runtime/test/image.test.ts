/** What the image holds of ours, without Node.js: files that `runtime/Dockerfile` names. */
import { execFileSync } from 'child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import { basename, join } from 'path';
import { CollectorProcess, freePorts, get, until } from '../testing/collector-process';
import { loopbackReceiver } from '../testing/otlp-loopback';

const RUNTIME = join(__dirname, '..');
const DOCKERFILE = readFileSync(join(RUNTIME, 'Dockerfile'), 'utf8');
const [, LIST = ''] = /^COPY (dist\/otelgw\.js .*) \/image\/opt\/otelgw\/$/m.exec(DOCKERFILE) ?? [];
const FILES = LIST.split(' ');
/** Played clusters, and what Node.js of the image has itself. */
const LEFT_OUT = ['up.js', 'zstd-library.js'];
const folder = mkdtempSync(join(tmpdir(), 'otelgw-image-'));

beforeAll(() => {
  for (const file of FILES) copyFileSync(join(RUNTIME, file), join(folder, basename(file)));
});

afterAll(() => {
  CollectorProcess.killAll();
  rmSync(folder, { recursive: true });
});

/** Bundles that a bundle may load, by their names. */
function loads(bundle: string): string[] {
  const text = readFileSync(join(RUNTIME, 'dist', bundle), 'utf8');
  return [...new Set([...text.matchAll(/require\("\.\/([\w.-]+)"\)/g)].map(([, name]) => name))];
}

test('every bundle that a collector may load is in the image, but for two', () => {
  const loaded = loads('collector.js');
  expect(loaded).toEqual(expect.arrayContaining(['telemetry-sdk.js', 'aws-sdk.js', ...LEFT_OUT]));
  const held = FILES.map((file) => basename(file));
  expect(loaded.filter((name) => !held.includes(name)).sort()).toEqual(LEFT_OUT);
  expect(held.flatMap((name) => name.endsWith('.js') ? loads(name) : [])
    .filter((name) => !held.includes(name)).sort()).toEqual(LEFT_OUT);
});

test('every bundle in the image has the licences of its libraries beside it', () => {
  const libraries = FILES.filter((file) => existsSync(join(RUNTIME, `${file}.LEGAL.txt`)));
  expect(libraries).toEqual(['dist/collector.js', 'dist/telemetry-sdk.js', 'dist/aws-sdk.js']);
  expect(FILES).toEqual(expect.arrayContaining(libraries.map((file) => `${file}.LEGAL.txt`)));
});

test('bundles are ASCII, which is how they are read', () => {
  const bytes = readFileSync(join(RUNTIME, 'dist', 'collector.js'));
  expect(bytes.findIndex((byte) => byte > 0x7f)).toBe(-1);
});

test('a collector of the files of the image sends its own metrics', async () => {
  const program = join(folder, 'collector.js');
  execFileSync(process.execPath, [join(RUNTIME, 'dist', 'write-code-cache.js'), program]);
  expect(existsSync(`${program}.cache`)).toBe(true);
  const sink = loopbackReceiver();
  await sink.receiver.start();
  const [health] = await freePorts(1);
  const { ports } = sink.receiver;
  const exporter = { otlp: { protocol: 'grpc', endpoint: `http://127.0.0.1:${ports.grpc}` } };
  const config = {
    // Without zstd, which Node.js of the image has and that of this test may not.
    receivers: {
      otlp: {
        protocols: {
          http: { endpoint: '127.0.0.1:0', compression_algorithms: ['gzip'] },
        },
      },
    },
    exporters: { nop: {} },
    extensions: { health_check: { endpoint: `127.0.0.1:${health}` } },
    service: {
      extensions: ['health_check'],
      telemetry: { metrics: { readers: [{ periodic: { interval: 3_600_000, exporter } }] } },
      pipelines: { traces: { receivers: ['otlp'], exporters: ['nop'] } },
    },
  };
  const collector = new CollectorProcess(
    ['run', '--config', `yaml:${JSON.stringify(config)}`], {}, [], join(folder, 'otelgw.js'));
  await until('readiness', async () => (await get(health)).status === 200);
  collector.signal('SIGTERM');
  expect((await collector.ended).code).toBe(0);
  await sink.receiver.stop();
  expect(sink.consumers.metrics.payloads.length).toBeGreaterThan(0);
});
