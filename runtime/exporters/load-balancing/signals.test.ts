/** Everything but spans by trace id, through the whole exporter. */
import { createLoadBalancingExporter, LoadBalancingExporter } from './load-balancing';
import { loadBalancingExporter, LoadBalancingSettings } from '../../config';
import { PermanentError, RetryableError } from '../../errors';
import { countItems } from '../../otlp/count-items';
import { createPayload, Payload, Signal, SIGNALS } from '../../pipeline/payload';
import { buildRing, endpointOf, GENERATION_1, GENERATION_3 } from '../../routing/hash-ring';
import { exporterContext } from '../../testing/component-context';
import { oracleLines } from '../../testing/oracle-lines';
import {
  contents, requestBytes, routingCases, type RoutingCase,
} from '../../testing/routing-oracle';
import { bytesOf } from '../../testing/sample-payload';
import { ScriptedSender, withCopies } from '../../testing/scripted-sender';
import { spans, traceIdOf } from '../../testing/span-builder';
import { crc32 } from '../../wire/crc32';

const BACKENDS = ['10.0.0.1:4317', '10.0.0.2:4317', '10.0.0.3:4317', '10.0.0.4:4317'];
const ID = 'load_balancing/all';
const AT_ONCE = {
  resolver: { static: { hostnames: BACKENDS } },
  protocol: { otlp: { sending_queue: { enabled: false }, retry_on_failure: { enabled: false } } },
};

function settingsOf(yaml: object): LoadBalancingSettings {
  const { settings, problems } = loadBalancingExporter.read({ ...AT_ONCE, ...yaml });
  expect(problems).toEqual([]);
  return settings as LoadBalancingSettings;
}

/** An exporter in pipelines of `signals` whose backends are scripts. */
async function setUp(yaml: object, signals: readonly Signal[]) {
  const context = exporterContext(ID, signals);
  const backends = new Map(BACKENDS.map((backend) => [backend, new ScriptedSender()]));
  const exporter = new LoadBalancingExporter(settingsOf(yaml), context, {
    resolver: {
      kind: 'static', start: async (tell) => tell(BACKENDS), stop: () => Promise.resolve(),
    },
    makeSender: (endpoint) => withCopies(backends.get(endpoint) as ScriptedSender),
  });
  await exporter.start();
  const consume = async (payload: Payload): Promise<unknown> => {
    const outcome = Promise.resolve(exporter.consume(payload))
      .then(() => 'taken', (error: unknown) => error);
    await context.clock.advance(5);
    return outcome;
  };
  return { ...context, exporter, backends, consume };
}

function payloadOf(signal: Signal, request: object): Payload {
  const bytes = requestBytes(signal, request);
  return createPayload(signal, [bytes], countItems(signal, bytes));
}

const MANY = routingCases().filter((line) => /^many|^all kinds/.test(line.case)
  && (line.signal !== 'traces' || line.routing_key !== 'traceID'));

/** The contents of each backend as upstream has it: every piece at the owner of its identifier. */
function expected({ input, pieces, signal }: RoutingCase): string[][] {
  const ring = buildRing(BACKENDS);
  const owned = new Map(BACKENDS.map((backend) => [backend, [] as string[]]));
  for (const { hex, piece = input } of pieces) {
    const identifier = Buffer.from(hex, 'hex');
    owned.get(endpointOf(ring, crc32(identifier, 0, identifier.length)))
      ?.push(...contents(signal, requestBytes(signal, piece)));
  }
  return [...owned.values()].map((list) => list.sort());
}

test.each(MANY)('backends get their $signal by $routing_key $routing_attributes (keys $keys)',
  async (line) => {
    const balanced = await setUp({
      routing_key: line.routing_key,
      routing_attributes: line.routing_key === 'attributes' ? line.routing_attributes : [],
      compatibility: { keys: line.keys },
    }, [line.signal]);
    await balanced.consume(payloadOf(line.signal, line.input));
    const got = [...balanced.backends.values()].map(({ taken }) =>
      taken.length === 0 ? [] : contents(line.signal, bytesOf(taken)));
    expect(got).toEqual(expected(line));
    await balanced.exporter.stop();
  });

const service = (name: string): object =>
  ({ attributes: [{ key: 'service.name', value: { stringValue: name } }] });
const NAMES = Array.from({ length: 40 }, (_, number) => `service ${number}`);

function logsOf(names: readonly string[]): Payload {
  return payloadOf('logs', {
    resourceLogs: names.map((name) => ({
      resource: service(name), scopeLogs: [{ logRecords: [{ body: { stringValue: name } }] }],
    })),
  });
}

function metricsOf(names: readonly (string | undefined)[]): Payload {
  return payloadOf('metrics', {
    resourceMetrics: names.map((name) => ({
      resource: name === undefined ? {} : service(name),
      scopeMetrics: [{ metrics: [{ name: 'm', gauge: { dataPoints: [{ asInt: '1' }] } }] }],
    })),
  });
}

function tracesOf(names: readonly string[]): Payload {
  return createPayload('traces',
    [spans(names.map((trace) => ({ trace, service: 'shop' })))], names.length);
}

test('all signals of a service meet the backend that logs and metrics of it go to', async () => {
  const balanced = await setUp({ routing_key: 'service' }, SIGNALS);
  await balanced.consume(logsOf(NAMES));
  await balanced.consume(metricsOf(NAMES));
  const namesOf = (signal: Signal) => [...balanced.backends.values()].map(({ taken }) =>
    contents(signal, bytesOf(taken.filter((payload) => payload.signal === signal)))
      .map((text) => /service \d+/.exec(text)?.[0]).sort());
  expect(namesOf('logs')).toEqual(namesOf('metrics'));
  expect(namesOf('logs').flat().sort()).toEqual([...NAMES].sort());
  await balanced.exporter.stop();
});

test('signals of one moment are not mixed in a request', async () => {
  const balanced = await setUp({}, SIGNALS);
  const all = [logsOf(NAMES), metricsOf(NAMES), tracesOf(NAMES), logsOf(NAMES)];
  const outcomes = all.map((payload) => balanced.exporter.consume(payload));
  await balanced.clock.advance(5);
  await Promise.all(outcomes);
  for (const { taken } of balanced.backends.values()) {
    expect(taken.map(({ signal }) => signal).sort()).toEqual(['logs', 'metrics', 'traces']);
    for (const { chunks, items, signal } of taken) {
      expect(countItems(signal, Buffer.concat(chunks))).toBe(items);
    }
  }
  await balanced.exporter.stop();
});

test('of logs, too, only what failed is tried again', async () => {
  const balanced = await setUp({ protocol: { otlp: {} } }, ['logs']);
  const [failing, ...others] = balanced.backends.values();
  failing.script.push(() => new RetryableError('away'));
  const payload = logsOf(NAMES);
  expect(await balanced.consume(payload)).toBe('taken');
  await balanced.clock.advance(60_000);
  expect(failing.attempts).toHaveLength(2);
  expect(others.map(({ attempts }) => attempts.length)).toEqual([1, 1, 1]);
  const taken = [...balanced.backends.values()].flatMap((sender) => sender.taken);
  expect(contents('logs', bytesOf(taken))).toEqual(contents('logs', bytesOf([payload])));
  expect(balanced.metrics.value('otelcol_exporter_sent_log_records')).toBe(NAMES.length);
  await balanced.exporter.stop();
});

test('metrics without a service are counted as lost, and the others go on', async () => {
  const balanced = await setUp({ protocol: { otlp: {} } }, ['metrics']);
  await balanced.consume(metricsOf([...NAMES, undefined, undefined]));
  await balanced.clock.advance(60_000);
  const taken = [...balanced.backends.values()].flatMap((sender) => sender.taken);
  expect(contents('metrics', bytesOf(taken)))
    .toEqual(contents('metrics', bytesOf([metricsOf(NAMES)])));
  const count = (name: string) => balanced.metrics.value(`otelcol_exporter_${name}_metric_points`);
  expect([count('sent'), count('send_failed')]).toEqual([NAMES.length, 2]);
  expect(balanced.log.lines.map((line) => JSON.stringify(line)).join())
    .toContain('unable to get service name from resource metric');
  await balanced.exporter.stop();
});

test('metrics of which none has a service are refused for good', async () => {
  const balanced = await setUp({}, ['metrics']);
  const refused = await balanced.consume(metricsOf([undefined, undefined]));
  expect(refused).toBeInstanceOf(PermanentError);
  expect((refused as Error).message).toBe('unable to get service name from resource metric');
  await balanced.exporter.stop();
});

test.each([[1, GENERATION_1], [3, GENERATION_3]])('a ring of generation %d is used when told',
  async (ring, shape) => {
    const balanced = await setUp({ compatibility: { ring } }, ['traces']);
    await balanced.consume(tracesOf(NAMES));
    const expectedRing = buildRing(BACKENDS, shape);
    const wanted = new Map<string, number>();
    for (const name of NAMES) {
      const owner = endpointOf(expectedRing, crc32(traceIdOf(name), 0, 16));
      wanted.set(owner, (wanted.get(owner) ?? 0) + 1);
    }
    expect([...balanced.backends].map(([, { taken }]) => taken.map(({ items }) => items)))
      .toEqual(BACKENDS.map((backend) => wanted.has(backend) ? [wanted.get(backend)] : []));
    await balanced.exporter.stop();
  });

const TOLD: [number, string, number][] = [
  [1, 'service', 1], [2, 'service', 1], [3, 'service', 0], [1, 'traceID', 0], [2, '', 0],
];

test.each(TOLD)(
  'keys of generation %d, routing key "%s": %d warnings about logs', async (keys, key, count) => {
    const balanced = await setUp({ routing_key: key, compatibility: { keys } }, ['logs']);
    expect(balanced.log.messages('warn')).toEqual(Array.from({ length: count }, () =>
      'logs go by trace id, as they do in releases before v0.154'));
    await balanced.exporter.stop();
  });

interface ConfigLine {
  readonly kind: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly decode_error?: string;
  readonly validate_error?: string;
  readonly create_traces_error?: string;
  readonly create_logs_error?: string;
  readonly create_metrics_error?: string;
}

const CONFIGS = oracleLines<ConfigLine>('lb_config').filter(({ kind }) => kind === 'case')
  .map((line) => ({ ...line, text: JSON.stringify(line.input) }));

/** Whether a configuration is refused in a pipeline of `signal`, when it is read or built. */
function isRefused(input: object, signal: Signal): boolean {
  const { settings, problems } = loadBalancingExporter.read(input);
  if (problems.length > 0) return true;
  try {
    createLoadBalancingExporter(
      settings as LoadBalancingSettings, exporterContext(ID, [signal]));
    return false;
  } catch {
    return true;
  }
}

test.each(CONFIGS)('is taken or refused as upstream does, for each signal: $text', (line) => {
  const refused = line.decode_error !== undefined || line.validate_error !== undefined;
  expect(SIGNALS.map((signal) => [signal, isRefused(line.input, signal)]))
    .toEqual(SIGNALS.map((signal) =>
      [signal, refused || line[`create_${signal}_error`] !== undefined]));
});

const WAYS = [
  { compatibility: { ring: 2 } },
  { routing_key: 'service' },
  { routing_key: 'service', compatibility: { keys: 2 } },
  { routing_key: 'attributes', routing_attributes: ['a'] },
  { routing_key: 'attributes', routing_attributes: ['b'] },
];

async function fingerprintOf(yaml: object, signal: Signal = 'traces') {
  const { exporter, metrics } = await setUp(yaml, [signal]);
  const fingerprint = metrics.value('otelgw_ring_fingerprint', { exporter: ID });
  await exporter.stop();
  return fingerprint;
}

test('each way of routing over the same backends has a fingerprint of its own', async () => {
  const seen = await Promise.all([{}, ...WAYS].map((yaml) => fingerprintOf(yaml)));
  expect(new Set(seen).size).toBe(WAYS.length + 1);
  expect(await fingerprintOf({ routing_key: 'traceID', compatibility: { ring: 3, keys: 1 } }))
    .toBe(seen[0]);
});

test('logs by service, by hex and by bytes of the trace id have fingerprints apart', async () => {
  const [byService, byHex, byBytes, alsoByBytes] = await Promise.all([
    {}, { routing_key: 'traceID' }, { compatibility: { keys: 1 } },
    { routing_key: 'traceID', compatibility: { keys: 2 } },
  ].map((yaml) => fingerprintOf(yaml, 'logs')));
  expect(new Set([byService, byHex, byBytes]).size).toBe(3);
  expect(alsoByBytes).toBe(byBytes);
  expect(byService).toBe(await fingerprintOf({}));
});
