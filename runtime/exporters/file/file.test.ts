import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileExporter } from './file';
import { groupedPath } from './grouped-path';
import { fileExporter } from '../../config';
import { inflate } from '../../net/compression';
import { createPayload, type Payload } from '../../pipeline/payload';
import { exporterContext } from '../../testing/component-context';
import { componentSuite } from '../../testing/component-suite';
import { settle } from '../../testing/fake-clock';
import { decodeForeign, foreignPayload } from '../../testing/foreign-otlp';
import { bytesOf, samplePayload } from '../../testing/sample-payload';

let folder: string;

beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'otelgw-file-')); });
afterEach(() => rmSync(folder, { recursive: true }));

function exporterOf(yaml: object = {}) {
  const { settings, problems } = fileExporter.read({ path: join(folder, 'data.json'), ...yaml });
  if (settings === undefined) throw new Error(JSON.stringify(problems));
  const context = exporterContext('file');
  return { exporter: createFileExporter(settings, context), ...context };
}

async function written(yaml: object, ...payloads: Payload[]) {
  const { exporter } = exporterOf(yaml);
  await exporter.start();
  for (const payload of payloads) await exporter.consume(payload);
  await exporter.stop();
}

const read = (name = 'data.json'): Buffer => readFileSync(join(folder, name));

/** Messages that stand behind their lengths. */
function framed(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32BE(at);
    messages.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return messages;
}

/** A request with one span in a resource with each of the segments. */
function grouped(...segments: (string | undefined)[]) {
  return foreignPayload('traces', {
    resource_spans: segments.map((segment) => ({
      resource: {
        attributes: segment === undefined ? [] : [
          { key: 'other', value: { string_value: 'x' } },
          { key: 'fileexporter.path_segment', value: { string_value: segment } },
        ],
      },
      scope_spans: [{ spans: [{ name: `in ${segment ?? 'none'}` }] }],
    })),
  }, segments.length);
}

componentSuite('file', {
  kind: 'exporter',
  make: () => {
    const { exporter, clock } = exporterOf();
    return { component: exporter, clock };
  },
});

describe('file', () => {
  it('writes one JSON object per line', async () => {
    await written(
      {}, samplePayload('traces', 2), samplePayload('logs', 1), samplePayload('metrics', 3));
    const lines = read().toString().trimEnd().split('\n');
    expect(lines.map((line) => Object.keys(JSON.parse(line) as object))).toEqual([
      ['resourceSpans'], ['resourceLogs'], ['resourceMetrics'],
    ]);
  });

  it('writes protobuf behind its length, every byte as it came', async () => {
    const payloads = [samplePayload('traces', 2), samplePayload('traces', 3)];
    await written({ format: 'proto' }, ...payloads);
    expect(framed(read())).toEqual(payloads.map((payload) => Buffer.from(bytesOf([payload]))));
  });

  it.each(['json', 'proto'])('compresses each request of format %s by itself', async (format) => {
    const payload = samplePayload('traces', 2);
    await written({ format, compression: 'zstd' }, payload, payload);
    const [first, second] = framed(read()).map((frame) => inflate('zstd', frame, 1e6));
    expect(first).toEqual(second);
    if (format === 'proto') expect(Buffer.from(first)).toEqual(Buffer.from(bytesOf([payload])));
    else expect(JSON.parse(Buffer.from(first).toString())).toHaveProperty('resourceSpans');
  });

  it.each([[false, 1], [true, 2]])('with append %s holds %d requests', async (append, count) => {
    await written({ append, format: 'proto' }, samplePayload('traces', 1));
    await written({ append, format: 'proto' }, samplePayload('traces', 1));
    expect(framed(read())).toHaveLength(count);
  });

  it('writes what waits when its interval is over, and says what it still holds', async () => {
    const { exporter, clock } = exporterOf({ flush_interval: '5s' });
    await exporter.start();
    await exporter.consume(samplePayload('traces', 4));
    expect(statSync(join(folder, 'data.json')).size).toBe(0);
    expect(exporter.pendingItems).toBe(4);
    await clock.advance(5_000);
    // The disk is real, so its time is too: stopping waits for what was begun.
    await exporter.stop();
    expect(exporter.pendingItems).toBe(0);
    expect(read().length).toBeGreaterThan(0);
  });

  it('puts full files aside, and keeps as many as it shall', async () => {
    const large = createPayload('traces', [Buffer.concat([
      Buffer.from([0x0a, 0x80, 0x80, 0x30]), Buffer.alloc(3 * 2 ** 18),
    ])], 1);
    const { exporter, clock } = exporterOf({
      format: 'proto', rotation: { max_megabytes: 1, max_backups: 2 },
    });
    writeFileSync(join(folder, 'data-of-somebody-else.json'), 'x');
    await exporter.start();
    for (let i = 0; i < 5; i++) {
      await exporter.consume(large);
      await clock.advance(1_000);
    }
    await exporter.stop();
    expect(readdirSync(folder).sort()).toEqual([
      'data-2001-09-09T01-46-43.000-size.json', 'data-2001-09-09T01-46-44.000-size.json',
      'data-of-somebody-else.json', 'data.json',
    ]);
    expect(framed(read())).toHaveLength(1);
  });

  it('writes one file per value of an attribute, and drops what has none', async () => {
    const path = join(folder, 'a', '*.pb');
    await written(
      { path, format: 'proto', group_by: { enabled: true, max_open_files: 1 } },
      grouped('x', 'y/z', 'x', undefined), grouped('x'));
    const names = (name: string) => framed(read(name)).map((message) => {
      const { resource_spans } = decodeForeign('traces', message) as {
        resource_spans: { scope_spans: { spans: { name: string }[] }[] }[];
      };
      return resource_spans.map(({ scope_spans: [{ spans: [span] }] }) => span.name);
    });
    expect(names('a/y/z.pb')).toEqual([['in y/z']]);
    // A file that was closed for another is begun anew, as by upstream, unless it is appended to.
    expect(names('a/x.pb')).toEqual([['in x']]);
  });

  it('refuses for now what cannot be written, and goes on later', async () => {
    const { exporter, log, metrics } = exporterOf({
      path: join(folder, '*', 'data.json'), group_by: { enabled: true },
    });
    writeFileSync(join(folder, 'busy'), '');
    await exporter.start();
    await expect(exporter.consume(grouped('busy'))).rejects.toThrow(
      /^file .*busy\/data\.json: must be writable/);
    expect(metrics.value('otelcol_exporter_send_failed_spans')).toBe(1);
    rmSync(join(folder, 'busy'));
    await exporter.consume(grouped('busy'));
    await exporter.stop();
    expect(read('busy/data.json').length).toBeGreaterThan(0);
    expect(log.lines).toEqual([]);
    await settle();
  });

  it('says at start what is wrong with its path', async () => {
    const { exporter } = exporterOf({ path: join(folder, 'none', 'data.json') });
    await expect(exporter.start()).rejects.toThrow(
      /^exporters\.file\.path: must be a file that can be written, got .*ENOENT/);
    await exporter.stop();
  });

  it('makes the directory when it shall', async () => {
    await written({
      path: join(folder, 'a', 'b', 'c.json'), create_directory: true, directory_permissions: '0700',
    }, samplePayload('traces', 1));
    expect(statSync(join(folder, 'a', 'b')).mode & 0o777).toBe(0o700);
  });
});

describe('groupedPath', () => {
  it.each([
    ['/data/*.json', 'a', '/data/a.json'],
    ['/data/*.json', 'a/b', '/data/a/b.json'],
    ['/data/*.json', '../etc/config', '/data/etc/config.json'],
    ['/data/*.json', './a', '/data/a.json'],
    ['/data/*.json', '/etc/a', '/data/etc/a.json'],
    ['/data/*.json', 'a/../../../b', '/data/b.json'],
    ['/data/x-*.json', '../../etc/a', '/data/x-/etc/a.json'],
    ['./data/*.json', '../a', 'data/a.json'],
  ])('of %s for %s is %s', (pattern, segment, path) => {
    expect(groupedPath(pattern, segment)).toBe(path);
  });
});

it.each([
  [{ path: '' }, 'path: must be the name of a file, got ""'],
  [{ format: 'xml' }, 'format: must be one of json, proto, got "xml"'],
  [{ append: true, rotation: null }, 'append: must be false beside rotation'],
  [{ group_by: { enabled: true } },
    'path: must hold one * behind its beginning when group_by is on, got "f"'],
  [{ directory_permissions: '0700' },
    'directory_permissions: must not be there unless create_directory is true'],
  [{ create_directory: true, directory_permissions: '9' },
    'directory_permissions: must be octal digits such as "0755", got "9"'],
  [{ encoding: 'otlp_encoding' }, 'encoding: is a key of the OpenTelemetry Collector that this'
    + ' runtime does not implement'],
])('%j is refused: %s', (yaml, sentence) => {
  const { problems } = fileExporter.read({ path: 'f', ...yaml }, ['file']);
  expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([`file.${sentence}`]);
});
