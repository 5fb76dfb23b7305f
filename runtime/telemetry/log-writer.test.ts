import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { telemetry, type TelemetrySettings } from '../config';
import { RetryableError } from '../errors';
import { createLogger } from './log-writer';
import { FakeClock } from '../testing/fake-clock';

type LogSettings = TelemetrySettings['logs'];

const OFF = { enabled: false, tick: 10_000, initial: 10, thereafter: 100 };
const { settings: DEFAULTS } = telemetry.read({ logs: { encoding: 'json' } });
const SETTINGS: LogSettings = { ...DEFAULTS!.logs, sampling: OFF };

function loggerOf(settings: Partial<LogSettings> = {}, resource?: Record<string, string>) {
  const lines: string[] = [];
  const clock = new FakeClock();
  const log = createLogger({ ...SETTINGS, ...settings }, {
    clock, resource, write: (line) => lines.push(line),
  });
  const objects = (): Record<string, unknown>[] => lines.map((line) => (
    JSON.parse(line) as Record<string, unknown>));
  return { log, lines, clock, objects };
}

describe('createLogger', () => {
  it('writes one JSON object per line with level, time, sentence and fields', () => {
    const { log, lines, objects } = loggerOf(
      { initialFields: { tier: 'gateway' } }, { 'service.name': 'otelgw' });
    log.with({ 'otelcol.component.id': 'batch' }).info('Started.', { port: 4317 });
    expect(lines[0].endsWith('}\n')).toBe(true);
    expect(objects()).toEqual([{
      'level': 'info',
      'ts': '2001-09-09T01:46:40.000Z',
      'tier': 'gateway',
      'resource': { 'service.name': 'otelgw' },
      'otelcol.component.id': 'batch',
      'port': 4317,
      'msg': 'Started.',
    }]);
  });

  it('writes one readable line when the encoding is console', () => {
    const { log, lines } = loggerOf({ encoding: 'console' });
    log.with({ 'otelcol.component.id': 'batch' }).warn('Sender failed', { error: 'away' });
    log.info('Alone');
    expect(lines).toEqual([
      '2001-09-09T01:46:40.000Z\twarn\tSender failed\t'
        + '{"otelcol.component.id":"batch","error":"away"}\n',
      '2001-09-09T01:46:40.000Z\tinfo\tAlone\n',
    ]);
  });

  it.each([
    ['debug', ['d', 'i', 'w', 'e']],
    ['info', ['i', 'w', 'e']],
    ['warn', ['w', 'e']],
    ['error', ['e']],
    ['fatal', []],
  ] as [LogSettings['level'], string[]][])('writes at level %s only %j', (level, expected) => {
    const { log, objects } = loggerOf({ level });
    log.debug('d');
    log.info('i');
    log.warn('w');
    log.error('e');
    expect(objects().map(({ msg }) => msg)).toEqual(expected);
  });

  it('writes the sentence of a failure, and the stack too of a bug', () => {
    const { log, objects } = loggerOf();
    log.error('Failed.', { error: new RetryableError('away') });
    log.error('Failed.', { error: new TypeError('bug') });
    expect(objects()[0]).toMatchObject({ error: 'away' });
    expect(objects()[0]).not.toHaveProperty('stacktrace');
    expect(objects()[1]).toMatchObject({
      error: 'bug', stacktrace: expect.stringContaining('log-writer.test.ts') as string,
    });
  });

  it('bounds a flood of one line per window, each level and sentence apart', async () => {
    const { log, lines, clock } = loggerOf({
      sampling: { enabled: true, tick: 10_000, initial: 2, thereafter: 3 },
    });
    for (let i = 0; i < 8; i++) log.with({ i }).info('same', { n: i });
    expect(lines.map((line) => (JSON.parse(line) as { n: number }).n)).toEqual([0, 1, 4, 7]);
    log.warn('same');
    log.info('other');
    expect(lines).toHaveLength(6);
    await clock.advance(10_000);
    log.info('same');
    expect(lines).toHaveLength(7);
  });

  it('writes only the first lines of a window when none shall follow', () => {
    const sampling = { enabled: true, tick: 1000, initial: 1, thereafter: 0 };
    const { log, lines } = loggerOf({ sampling });
    for (let i = 0; i < 5; i++) log.info('same');
    expect(lines).toHaveLength(1);
  });
});

describe('createLogger with paths', () => {
  let folder: string;

  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'otelgw-log-')); });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('appends lines to all files that it is given', () => {
    const paths = ['a.log', 'b.log'].map((name) => join(folder, name));
    writeFileSync(paths[1], 'before\n');
    createLogger({ ...SETTINGS, outputPaths: paths }, { clock: new FakeClock() }).info('Started.');
    const [first, second] = paths.map((path) => readFileSync(path, 'utf8'));
    expect(JSON.parse(first)).toMatchObject({ msg: 'Started.' });
    expect(second).toBe(`before\n${first}`);
  });

  it('refuses a file that cannot be opened', () => {
    const outputPaths = [join(folder, 'none', 'a.log')];
    expect(() => createLogger({ ...SETTINGS, outputPaths })).toThrow(
      /^service\.telemetry\.logs\.output_paths: must be stdout, stderr or files that can be/);
  });
});

describe('what lines carry', () => {
  const bug = new TypeError('x is not a function');
  const failure = new RetryableError('peer is away');

  it.each([
    [{}, bug, true], [{}, failure, false],
    [{ development: true }, failure, true],
    [{ disableStacktrace: true }, bug, false],
    [{ disableStacktrace: true, development: true }, bug, false],
  ])('with %j: a stack of %s is there: %s', (settings, error, isThere) => {
    const { log, objects } = loggerOf(settings);
    log.error('Failed.', { error });
    expect('stacktrace' in objects()[0]).toBe(isThere);
  });

  it('are no attributes of the process when it shall not', () => {
    const { log, objects } = loggerOf({ disableZapResource: true }, { 'service.name': 'gateway' });
    log.info('Started.');
    expect(objects()[0]).not.toHaveProperty('resource');
  });

  it('is sent with all its fields, when it was written', () => {
    const sent: unknown[][] = [];
    const log = createLogger({ ...SETTINGS, level: 'warn' }, {
      clock: new FakeClock(), write: () => undefined, send: (...line) => sent.push(line),
    }).with({ 'otelcol.component.id': 'batch' });
    log.info('Not written.');
    log.error('Failed.', { error: failure, items: 3 });
    expect(sent).toEqual([
      ['error', 'Failed.', {
        'otelcol.component.id': 'batch', 'error': 'peer is away', 'items': 3,
      }],
    ]);
  });
});
