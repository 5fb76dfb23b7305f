/**
 * Whole configurations: what is read from them, and what is said about mistakes in them.
 */
import {
  problemReport, problemText, readCollectorConfig, type CollectorTarget,
} from '../../src/config';

/** A configuration without mistakes, that cases change. */
const GOOD = `receivers:
  otlp:
    protocols:
      grpc:
processors:
  batch:
  tail_sampling/eu:
    policies:
      - name: slow
        type: latency
        latency:
          threshold_ms: 500
exporters:
  debug:
    verbosity: normal
extensions:
  health_check:
service:
  extensions: [health_check]
  pipelines:
    traces:
      receivers: [otlp]
      processors: [tail_sampling/eu, batch]
      exporters: [debug]
`;

function read(
  text: string, env: Record<string, string> = {}, options?: Partial<CollectorTarget>,
) {
  return readCollectorConfig([{ name: 'gateway.yaml', text }], env, options);
}

/** `GOOD` with one text in place of another. */
function changed(part: string, replacement: string): string {
  expect(GOOD).toContain(part);
  return GOOD.replace(part, () => replacement);
}

/** What is wrong, the text that is replaced, what replaces it, and what is then said. */
/** A list of lists of lists …, ten times as long on every level. */
const LAUGHS = `[${['a', 'b', 'c', 'd'].map((name, level, all) =>
  `&${name} [${Array(10).fill(level === 0 ? 'x' : `*${all[level - 1]}`).join(', ')}]`)
  .join(', ')}]`;
const MISTAKES: readonly (readonly [string, string, string, string])[] = [
  ['a value of the wrong type', 'threshold_ms: 500', 'threshold_ms: "5s"',
    'processors.tail_sampling/eu.policies[0].latency.threshold_ms:' +
    ' must be a whole number ≥ 0, got "5s" (gateway.yaml:12)'],
  ['an unknown key', '  batch:', '  batch: { send_batch_sise: 5 }',
    'processors.batch.send_batch_sise: is not a setting here (did you mean send_batch_size?);' +
    ' the settings are timeout, send_batch_size, send_batch_max_size, metadata_keys,' +
    ' metadata_cardinality_limit (gateway.yaml:6)'],
  ['a key that only upstream has', 'service:', 'service:\n  telemetry: { traces: { limits: {} } }',
    'service.telemetry.traces.limits: is a key of the OpenTelemetry Collector that this runtime' +
    ' does not implement (gateway.yaml:19)'],
  ['a required key that is missing', '  batch:', '  batch:\n  memory_limiter: { limit_mib: 5 }',
    'processors.memory_limiter.check_interval: is required and must be a duration ≥ 0 such as' +
    ' 200ms, 5s or 1h30m (gateway.yaml:7)'],
  ['an unknown type', '  batch:', '  batch:\n  bach/x:',
    'processors.bach/x: bach is not a processor of this runtime (did you mean batch?); the' +
    ' processors are memory_limiter, batch, tail_sampling, probabilistic_sampler (gateway.yaml:7)'],
  ['a component in the wrong section', '  debug:', '  tail_sampling:\n  debug:',
    'exporters.tail_sampling: tail_sampling is a processor, not an exporter (gateway.yaml:14)\n' +
    '  → move it under processors'],
  ['an id without a name', '  batch:', '  batch:\n  batch/:',
    'processors.batch/: must be type or type/name: the part after / is empty (gateway.yaml:7)'],
  ['a reference to nothing', 'exporters: [debug]', 'exporters: [debug, debug/2]',
    'service.pipelines.traces.exporters[1]: names debug/2, which is not configured under' +
    ' exporters (did you mean debug?) (gateway.yaml:24)\n' +
    '  → configure exporters.debug/2, or remove the name here'],
  ['a reference to another section', 'receivers: [otlp]', 'receivers: [otlp, batch]',
    'service.pipelines.traces.receivers[1]: names batch, which is a processor (gateway.yaml:22)\n' +
    '  → name it under processors'],
  ['a component that nobody uses', '  batch:', '  batch:\n  batch/2:',
    'processors.batch/2: is not used by any pipeline (gateway.yaml:7)\n' +
    '  → name it under processors of a pipeline, or remove it'],
  ['an extension that nobody uses', '  extensions: [health_check]', '  extensions: []',
    'extensions.health_check: is not used (gateway.yaml:17)\n' +
    '  → name it under service.extensions, or remove it'],
  ['an extension that is not there', '[health_check]', '[health_check, zpages]',
    'service.extensions[1]: names zpages, which is not configured under extensions' +
    ' (gateway.yaml:19)\n  → configure extensions.zpages, or remove the name here'],
  ['a pipeline without receivers', 'receivers: [otlp]', 'receivers: []',
    'service.pipelines.traces.receivers: must hold at least one name (gateway.yaml:22)\n' +
    '  → name a receiver here, or remove the pipeline\n' +
    'receivers.otlp: is not used by any pipeline (gateway.yaml:2)\n' +
    '  → name it under receivers of a pipeline, or remove it'],
  ['a processor twice in a pipeline', '[tail_sampling/eu, batch]',
    '[tail_sampling/eu, batch, batch]',
    'service.pipelines.traces.processors[2]: names batch a second time (gateway.yaml:23)\n' +
    '  → remove it here'],
  ['a signal that a processor cannot carry', '    traces:', '    logs:',
    'service.pipelines.logs.processors[0]: names tail_sampling/eu, which carries traces only' +
    ' (gateway.yaml:23)\n  → remove it from this pipeline of logs'],
  ['an unknown signal', '    traces:', '    trace/eu:',
    'service.pipelines.trace/eu: must begin with one of traces, metrics, logs, got trace' +
    ' (did you mean traces?) (gateway.yaml:21)'],
  ['an unknown section', 'processors:\n  batch:', 'procesors: {}\nprocessors:\n  batch:',
    'procesors: is not a section here (did you mean processors?); the sections are receivers,' +
    ' processors, exporters, connectors, extensions, service (gateway.yaml:5)'],
  ['an unknown key of a pipeline', '      exporters: [debug]',
    '      exporters: [debug]\n      exporter: []',
    'service.pipelines.traces.exporter: is not a setting here (did you mean exporters?); the' +
    ' settings are receivers, processors, exporters (gateway.yaml:25)'],
  ['a list in the place of a map', '  otlp:\n    protocols:\n      grpc:', '  - otlp',
    'receivers: must be a map, got ["otlp"] (gateway.yaml:1)\n' +
    'service.pipelines.traces.receivers[0]: names otlp, which is not configured under receivers' +
    ' (gateway.yaml:20)\n  → configure receivers.otlp, or remove the name here'],
  ['a name in the place of a list', 'receivers: [otlp]', 'receivers: otlp',
    'service.pipelines.traces.receivers: must be a list of names, got "otlp" (gateway.yaml:22)'],
  ['a variable that is not set', 'verbosity: normal', 'verbosity: ${env:VERBOSITY}',
    'exporters.debug.verbosity: needs the environment variable VERBOSITY, which is not set' +
    ' (gateway.yaml:15)\n  → set VERBOSITY, or give a default: ${env:VERBOSITY:-…}'],
  ['a reference to something else', 'verbosity: normal', 'verbosity: ${file:x}',
    'exporters.debug.verbosity: must refer to environment variables only, got ${file:x}' +
    ' (gateway.yaml:15)\n  → write ${env:NAME}, or put the value itself here'],
  ['a mistake in telemetry', 'service:', 'service:\n  telemetry: { metrics: { readers: [] } }',
    'service.telemetry.metrics.readers: must hold at least one reader unless the level is none,' +
    ' got [] (gateway.yaml:19)'],
  ['a key that upstream has given up', 'service:',
    'service:\n  telemetry: { metrics: { address: ":8888" } }',
    'service.telemetry.metrics.address: is no longer a setting; write' +
    ' readers: [{ pull: { exporter: { prometheus: { host, port } } } }] (gateway.yaml:19)'],
  ['a port that is no text', '  debug:',
    '  load_balancing: { resolver: { dns: { hostname: h, port: 4317 } } }\n  debug:',
    'exporters.load_balancing.resolver.dns.port: must be a port as text, such as "4317",' +
    ' got 4317 (gateway.yaml:14)'],
  ['broken YAML', 'receivers: [otlp]', 'receivers: [otlp',
    'is not YAML: Flow sequence in block collection must be sufficiently indented and end with' +
    ' a ] (gateway.yaml:23)'],
  ['a key that stands twice', '  debug:', '  debug:\n  debug:',
    'is not YAML: Map keys must be unique (gateway.yaml:14)'],
  ['an alias within what it stands for', '  debug:', '  debug:\n    a: &all {a: *all}',
    'is not YAML: an anchor must not hold an alias of itself (gateway.yaml)'],
  ['a merge key with a number', '  debug:', '  debug:\n    <<: 3',
    'is not YAML: Merge sources must be maps or map aliases (gateway.yaml)'],
  ['aliases that unfold without end', '  debug:', `  debug:\n    a: ${LAUGHS}`,
    'is not YAML: Excessive alias count indicates a resource exhaustion attack (gateway.yaml)'],
];

describe('a mistake is told with path, line and way out:', () => {
  test('none in a good configuration', () => {
    expect(problemReport(read(GOOD).problems)).toBe('');
  });

  test.each(MISTAKES)('%s', (_what, part, instead, report) => {
    const { settings, problems } = read(changed(part, instead));
    expect(problemReport(problems)).toContain(report);
    expect(settings).toBeUndefined();
  });

  test('all of them at once', () => {
    const all = changed('threshold_ms: 500', 'threshold_ms: -1')
      .replace('verbosity: normal', 'verbosity: loud').replace('[otlp]', '[otlp, x]');
    expect(read(all).problems.map(({ path }) => path)).toEqual([
      'processors.tail_sampling/eu.policies[0].latency.threshold_ms',
      'exporters.debug.verbosity',
      'service.pipelines.traces.receivers[1]',
    ]);
  });

  test.each([
    ['', 'must hold receivers, exporters and service, but is empty (gateway.yaml)'],
    ['5', 'must be a map of receivers, exporters, service and others (gateway.yaml:1)'],
    ['receivers: {}', 'service.pipelines: must hold at least one pipeline, such as traces' +
      ' (gateway.yaml:1)'],
  ])('nothing to work with: %j', (text, report) => {
    expect(read(text).problems.map(problemText)).toEqual([report]);
  });
});

describe('settings', () => {
  test('hold every component by id, with canonical types and all defaults', () => {
    const { settings } = read(GOOD);
    expect([...settings!.processors]).toEqual([
      ['batch', {
        type: 'batch',
        settings: {
          timeout: 200,
          sendBatchSize: 8192,
          sendBatchMaxSize: 0,
          metadataKeys: [],
          metadataCardinalityLimit: 1000,
        },
      }],
      ['tail_sampling/eu', {
        type: 'tail_sampling',
        settings: expect.objectContaining({
          decisionWait: 30_000,
          policies: [{
            name: 'slow', type: 'latency', latency: { thresholdMs: 500, upperThresholdMs: 0 },
          }],
        }),
      }],
    ]);
    expect(settings!.pipelines).toEqual([{
      id: 'traces',
      signal: 'traces',
      receivers: ['otlp'],
      processors: ['tail_sampling/eu', 'batch'],
      exporters: ['debug'],
    }]);
    expect(settings!.extensionOrder).toEqual(['health_check']);
    expect(settings!.telemetry.metrics.level).toBe('normal');
  });

  test('take old names, with a warning', () => {
    const { settings, warnings } = read(
      changed('  debug:\n    verbosity: normal', '  otlphttp/a:\n    endpoint: http://h:4318')
        .replace('exporters: [debug]', 'exporters: [otlphttp/a]'));
    expect(settings!.exporters.get('otlphttp/a')!.type).toBe('otlp_http');
    expect(warnings.map(problemText)).toEqual([
      'exporters.otlphttp/a: uses the old name otlphttp of otlp_http (gateway.yaml:14)\n' +
      '  → write otlp_http/a, here and in the pipelines',
    ]);
  });
});

describe('references to variables', () => {
  const env = { SIZE: '5', TOKEN: '0123', HOST: 'tempo', EMPTY: '', LIST: '[otlp]' };
  const exporter = (yaml: string) => changed(
    '  debug:\n    verbosity: normal', `  otlp_grpc: ${yaml}`)
    .replace('exporters: [debug]', 'exporters: [otlp_grpc]');

  test.each([
    ['in the middle of a text', '{ endpoint: "${env:HOST}.ns:${env:SIZE}" }',
      { endpoint: 'tempo.ns:5' }],
    ['without env:', '{ endpoint: "${HOST}:1" }', { endpoint: 'tempo:1' }],
    ['with a default that is not needed', '{ endpoint: "${env:HOST:-x}:1" }',
      { endpoint: 'tempo:1' }],
    ['with a default that is needed', '{ endpoint: "dns:///${env:NONE:-x:-y}" }',
      { endpoint: 'dns:///x:-y' }],
    ['with an empty default', '{ endpoint: "a${env:NONE:-}:1" }', { endpoint: 'a:1' }],
    ['as a number', '{ endpoint: "h:1", sending_queue: { queue_size: "${env:SIZE}" } }',
      { sendingQueue: expect.objectContaining({ queueSize: 5 }) }],
    ['as a text that looks like a number', '{ endpoint: "h:1", headers: { a: "${env:TOKEN}" } }',
      { headers: { a: '0123' } }],
    ['that is empty', '{ endpoint: "h:1", compression: "${env:EMPTY}" }', { compression: 'gzip' }],
    ['after a dollar sign that is meant', '{ endpoint: "h:1", headers: { a: "$${env:HOST}" } }',
      { headers: { a: '${env:HOST}' } }],
    ['that are none', '{ endpoint: "h:1", headers: { a: "$HOST" } }', { headers: { a: '$HOST' } }],
  ])('%s', (_what, yaml, expected) => {
    const { settings, problems } = read(exporter(yaml), env);
    expect(problemReport(problems)).toBe('');
    expect(settings!.exporters.get('otlp_grpc')!.settings).toMatchObject(expected);
  });

  test('can stand for a whole list', () => {
    const { settings } = read(changed('receivers: [otlp]', 'receivers: ${env:LIST}'), env);
    expect(settings!.pipelines[0].receivers).toEqual(['otlp']);
  });
});

describe('several documents', () => {
  const base = { name: 'base.yaml', text: GOOD };

  test('are merged: maps key by key, anything else by the later one', () => {
    const { settings, problems } = readCollectorConfig([base, {
      name: 'more.yaml', text: `
processors:
  batch: { timeout: 1s }
exporters:
  debug/2:
service:
  pipelines:
    traces:
      exporters: [debug, debug/2]
`,
    }], {});
    expect(problemReport(problems)).toBe('');
    expect(settings!.processors.get('batch')!.settings).toMatchObject({ timeout: 1000 });
    expect(settings!.exporters.get('debug')!.settings).toMatchObject({ verbosity: 'normal' });
    expect(settings!.pipelines[0].exporters).toEqual(['debug', 'debug/2']);
  });

  test('are named where their values are wrong', () => {
    const { problems } = readCollectorConfig([
      { ...base, text: changed('threshold_ms: 500', 'threshold_ms: x') },
      { name: 'more.yaml', text: 'processors:\n  batch:\n    timeout: x' },
    ], {});
    expect(problems.map(({ file, line }) => `${file}:${line}`))
      .toEqual(['more.yaml:3', 'base.yaml:12']);
  });
});

describe('a configuration for collectors of upstream', () => {
  const upstream = { unknownComponents: 'accept' } as const;

  test.each([
    ['unknown components', '  batch:', '  batch: { metadata_keys: [a] }\n  k8s_attributes:',
      '[tail_sampling/eu, batch]', '[k8s_attributes, tail_sampling/eu, batch]'],
    ['policies that only upstream has', 'type: latency', 'type: ottl_condition',
      '        latency:\n          threshold_ms: 500\n', ''],
    ['references to variables', 'verbosity: normal', 'verbosity: ${env:VERBOSITY}', '', ''],
    ['references in numbers', 'threshold_ms: 500', 'threshold_ms: ${env:SLOW}', '', ''],
    ['connectors', 'exporters:\n', 'connectors:\n  span_metrics:\nexporters:\n',
      '      exporters: [debug]\n', '      exporters: [debug, span_metrics]\n' +
      '    metrics: { receivers: [span_metrics], exporters: [debug] }\n'],
  ])('may hold %s', (_what, part, instead, second, secondInstead) => {
    const text = changed(part, instead).replace(second, secondInstead);
    const { settings, problems } = read(text, {}, upstream);
    expect(problemReport(problems)).toBe('');
    expect(settings).toBeDefined();
  });

  test.each([
    ['a reference to nothing', '[otlp]', '[otlp, x]', 'names x, which is not configured'],
    ['a wrong value', 'threshold_ms: 500', 'threshold_ms: x', 'must be a whole number ≥ 0'],
    ['a misspelled key', 'threshold_ms: 500', 'treshold_ms: 500', 'did you mean threshold_ms?'],
    ['a component in the wrong section', '  debug:', '  batch:\n  debug:', 'move it under proc'],
    ['a connector with one end', 'exporters:\n', 'connectors:\n  span_metrics:\nexporters:\n',
      'is not a receiver of any pipeline'],
    ['traces in the wrong pipeline', '    traces:', '    logs:', 'carries traces only'],
  ])('may not hold %s', (_what, part, instead, sentence) => {
    expect(problemReport(read(changed(part, instead), {}, upstream).problems)).toContain(sentence);
  });
});
