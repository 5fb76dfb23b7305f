import { createProbabilisticSamplerProcessor } from './probabilistic-sampler';
import { SeededHash } from './sampler-mode';
import {
  probabilisticSamplerProcessor, type ProbabilisticSamplerSettings,
} from '../../config';
import { RetryableError } from '../../errors';
import { hexOf } from '../../otlp/sampling-threshold';
import { fanOut } from '../../pipeline/fan-out';
import { createPayload, type Payload, type Signal } from '../../pipeline/payload';
import { PartialFailure } from '../../pipeline/sender';
import { processorContext } from '../../testing/component-context';
import { componentSuite } from '../../testing/component-suite';
import { oracleLines } from '../../testing/oracle-lines';
import { withBytes } from '../../testing/oracle-traces';
import { decodeProto, encodeProto } from '../../testing/otlp-proto';
import { bytesOf, itemsIn, samplePayload } from '../../testing/sample-payload';
import { findSpans, logRecords, spans } from '../../testing/span-builder';

const settingsOf = (yaml: object): ProbabilisticSamplerSettings =>
  probabilisticSamplerProcessor.read(yaml).settings as ProbabilisticSamplerSettings;

/** A sampler, and what it passes on. */
function samplerOf(yaml: object, signal: Signal = 'traces') {
  const sent: Payload[] = [];
  const context = processorContext('probabilistic_sampler', signal, {
    consume: (payload) => { sent.push(payload); },
  });
  const processor = createProbabilisticSamplerProcessor(settingsOf(yaml), context);
  const take = (bytes: Uint8Array, items = 1): Uint8Array | undefined => {
    void processor.consume(createPayload(signal, [bytes], items));
    const passed = sent.splice(0);
    return passed.length === 0 ? undefined : bytesOf(passed);
  };
  return { context, processor, take };
}

componentSuite('probabilistic_sampler', {
  kind: 'processor',
  signals: ['traces', 'logs'],
  make: (signal) => {
    const { context, processor } = samplerOf({ sampling_percentage: 100 }, signal);
    return { component: processor, clock: context.clock };
  },
});

interface SpanCase {
  readonly 'kept': boolean;
  readonly 'trace_id': string;
  readonly 'tracestate_in': string;
  readonly 'tracestate_out'?: string;
  readonly 'sampling.priority'?: unknown;
  readonly 'priority_type'?: string;
}
interface RecordCase {
  readonly kept: boolean;
  readonly input: object;
  readonly attributes_out?: Readonly<Record<string, unknown>>;
}
interface Line {
  readonly kind: string;
  readonly config: object;
  readonly spans?: readonly SpanCase[];
  readonly records?: readonly RecordCase[];
  readonly error?: string;
}
interface Grid {
  readonly mode: string;
  readonly hash_seed: number;
  readonly sampling_percentage: number;
  readonly sampling_precision: number;
  readonly fail_closed: boolean;
  readonly results: readonly (readonly [string, number, string?])[];
}

const LINES = oracleLines<Line>('probabilistic_sampler_cases');
const GRIDS = oracleLines<Grid>('probabilistic_sampler_traces');
const linesOf = (kind: string) => LINES.filter((line) => line.kind === kind)
  .map((line) => [JSON.stringify(line.config), line] as const);

function attributeOf(key: string, value: unknown, type?: string): object {
  const kind = { int64: 'intValue', float64: 'doubleValue', bool: 'boolValue' }[type ?? ''];
  return { key, value: { [kind ?? 'stringValue']: value } };
}

function spanRequest(span: SpanCase): Buffer {
  const priority = 'sampling.priority';
  return encodeProto('ExportTraceServiceRequest', withBytes({
    resourceSpans: [{
      scopeSpans: [{
        spans: [{
          traceId: /^0+$/.test(span.trace_id) ? '' : span.trace_id,
          traceState: span.tracestate_in,
          name: 'a name behind',
          attributes: span[priority] === undefined
            ? [] : [attributeOf(priority, span[priority], span.priority_type)],
        }],
      }],
    }],
  }) as object);
}

interface Decoded {
  readonly resourceSpans?: readonly {
    readonly scopeSpans: readonly {
      readonly spans: readonly { readonly traceState?: string; readonly name?: string }[];
    }[];
  }[];
  readonly resourceLogs?: readonly {
    readonly scopeLogs: readonly {
      readonly logRecords: readonly {
        readonly attributes?: readonly {
          readonly key: string; readonly value: Readonly<Record<string, unknown>>;
        }[];
      }[];
    }[];
  }[];
}

function traceStateIn(bytes: Uint8Array | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  const decoded = decodeProto('ExportTraceServiceRequest', bytes) as Decoded;
  return decoded.resourceSpans?.[0].scopeSpans[0].spans[0].traceState ?? '';
}

function attributesIn(bytes: Uint8Array | undefined): object | undefined {
  if (bytes === undefined) return undefined;
  const decoded = decodeProto('ExportLogsServiceRequest', bytes) as Decoded;
  const list = decoded.resourceLogs?.[0].scopeLogs[0].logRecords[0].attributes ?? [];
  return Object.fromEntries(list.map(({ key, value: { bytesValue, ...value } }) => [
    key, bytesValue === undefined
      ? Object.values(value)[0] : Buffer.from(String(bytesValue), 'hex').toString('base64'),
  ]));
}

/** Numbers and bytes as the oracle and protobufjs write them. */
function plain(attributes: object | undefined): object | undefined {
  const shown = (value: unknown): string =>
    typeof value === 'object' ? JSON.stringify(value) : String(value);
  return attributes && Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [key, shown(value)]));
}

test('the oracle has cases of spans, records and settings', () => {
  expect(['traces', 'logs', 'validate'].map((kind) => linesOf(kind).length)).toEqual([7, 4, 7]);
  expect(GRIDS.map(({ results }) => results.length)).toEqual(Array(12).fill(100));
});

test.each(linesOf('traces'))('%s decides about spans as upstream does', (_name, line) => {
  const cases = line.spans ?? [];
  const ours = cases.map((span) => traceStateIn(samplerOf(line.config).take(spanRequest(span))));
  expect(ours).toEqual(cases.map(({ kept, tracestate_out: out }) => kept ? out ?? '' : undefined));
});

test.each(linesOf('logs'))('%s decides about records as upstream does', (_name, line) => {
  const cases = line.records ?? [];
  const ours = cases.map(({ input }) => {
    const request = encodeProto('ExportLogsServiceRequest', withBytes(input) as object);
    return plain(attributesIn(samplerOf(line.config, 'logs').take(request)));
  });
  expect(ours).toEqual(cases.map(({ kept, attributes_out: out }) =>
    kept ? plain(out ?? {}) : undefined));
});

test.each(linesOf('validate'))('%s is taken or refused as upstream does', (_name, line) => {
  const { problems } = probabilisticSamplerProcessor.read(line.config);
  expect(problems.length > 0).toBe(line.error !== undefined);
});

test.each(GRIDS.map((grid) => [
  grid.mode, grid.sampling_percentage, grid.hash_seed, grid,
] as const))('%s with %d %% and the seed %d keeps the same traces', (...[, , , grid]) => {
  const {
    results, mode, hash_seed, sampling_percentage, sampling_precision, fail_closed,
  } = grid;
  const { take } = samplerOf(
    { mode, hash_seed, sampling_percentage, sampling_precision, fail_closed });
  const ours = results.map(([id]) => traceStateIn(take(spanRequest({
    kept: true, trace_id: id, tracestate_in: '',
  }))));
  expect(ours).toEqual(results.map(([, kept, out]) => kept === 1 ? out ?? '' : undefined));
});

const all = { mode: 'equalizing', sampling_percentage: 100 };
const none = { sampling_percentage: 0 };

test.each<Signal>(['traces', 'logs'])(
  'resources, scopes, schema URLs and unknown fields of %s stay as they were', (signal) => {
    const payload = samplePayload(signal, 3, 'a');
    const kept = samplerOf({ ...all, fail_closed: false }, signal)
      .take(bytesOf([payload]), payload.items) as Uint8Array;
    const withoutThreshold = (line: string): string => line
      .replace('"trace_state":"ot=th:0",', '')
      .replace(',{"key":"sampling.threshold","value":{"string_value":"0"}}', '');
    expect(itemsIn(signal, kept).map(withoutThreshold))
      .toEqual(itemsIn(signal, bytesOf([payload])).map(withoutThreshold));
    expect(itemsIn(signal, kept)).not.toEqual(itemsIn(signal, bytesOf([payload])));
  });

test('resources and scopes of which nothing is kept are left out', () => {
  const priority = 'sampling.priority';
  const request = spans([
    { trace: 'a', service: 'one', scope: 's', attributes: { [priority]: 1 } },
    { trace: 'b', service: 'one', scope: 't' },
    { trace: 'c', service: 'two', scope: 's' },
    { trace: 'd', service: 'one', scope: 's', attributes: { [priority]: 1 }, name: 'last' },
  ]);
  const { take, context } = samplerOf(none);
  const found = findSpans(take(request, 4) as Uint8Array);
  expect(found.map(({ service, scope, name }) => `${service} ${scope} ${name}`))
    .toEqual(['one s operation', 'one s last']);
  const decoded = decodeProto('ExportTraceServiceRequest', take(request, 4) as Uint8Array);
  expect((decoded as Decoded).resourceSpans).toHaveLength(2);
  expect(['true', 'false'].map((sampled) => context.metrics.value(
    'otelcol_processor_probabilistic_sampler_count_spans_processed',
    { policy: 'sampling_priority', sampled }))).toEqual([4, 4]);
});

test('nothing goes on when nothing is kept', () => {
  const { take } = samplerOf(none);
  expect(take(spans([{ trace: 'a' }, { trace: 'b' }]), 2)).toBeUndefined();
});

test('what was sampled and taken in part only is not sampled again', async () => {
  const taken: Payload[] = [];
  const fault = new PartialFailure('half of it', samplePayload('traces', 1, 'rest'), 0);
  const processor = createProbabilisticSamplerProcessor(settingsOf(none), processorContext(
    'probabilistic_sampler', 'traces', {
      consume: (payload) => {
        taken.push(payload);
        return taken.length === 1 ? Promise.reject(fault) : undefined;
      },
    }));
  const request = spans([{ trace: 'a', attributes: { 'sampling.priority': 1 } }]);
  await expect(processor.consume(createPayload('traces', [request], 1))).rejects.toBe(fault);
  void processor.consume(fault.rest);
  expect(taken[1]).toBe(fault.rest);
});

test.each([
  ['at once', () => { throw new RetryableError('full'); }],
  ['later', () => Promise.reject(new RetryableError('full'))],
])('who took what was sampled does not get it again because another refused it %s',
  async (_when, refuse: () => void | Promise<void>) => {
    const [taken, late]: Payload[][] = [[], []];
    let isFull = true;
    const next = fanOut([
      { consume: (payload) => { taken.push(payload); } },
      { consume: (payload) => (isFull ? refuse() : void late.push(payload)) },
    ]);
    const context = processorContext('probabilistic_sampler', 'traces', next);
    const processor = createProbabilisticSamplerProcessor(settingsOf(all), context);
    const payload = createPayload('traces', [spans([{ trace: 'a' }, { trace: 'b' }])], 2);
    for (let times = 0; times < 2; times += 1) {
      await expect(async () => processor.consume(payload)).rejects.toThrow('full');
    }
    isFull = false;
    await processor.consume(payload);
    expect([taken, late].map((got) => got.map(({ items }) => items))).toEqual([[2], [2]]);
  });

test.each([
  ['a text', 'abc'], ['a whole number', 12], ['a fraction', 1.5], ['a truth value', true],
  ['what is no number', NaN], ['a number without end', -Infinity],
] as const)('a record without trace id is kept or not by %s', (_what, value) => {
  const text = Buffer.from(String(value));
  const hash = new SeededHash(7);
  hash.read(text, 0, text.length);
  const yaml = {
    attribute_source: 'record', from_attribute: 'id', hash_seed: 7, sampling_percentage: 99.9,
  };
  const { take, context } = samplerOf(yaml, 'logs');
  const attributes = attributesIn(take(logRecords([{ body: 'b', attributes: { id: value } }])));
  expect(attributes).toMatchObject({ 'sampling.randomness': hexOf(hash.randomness) });
  expect(context.metrics.value('otelcol_processor_probabilistic_sampler_count_logs_sampled',
    { policy: 'id', sampled: 'true' })).toBe(1);
});

test.each([
  ['1_0', 1], ['1_2.5_0e+1_0', 1], ['0_0.0', 0], ['-1_0', undefined], ['1__0', undefined],
  ['_1', undefined], ['1_', undefined], ['1_.5', undefined], ['1._5', undefined],
])('digits of a priority may be told apart by low lines: %s', (text, kept) => {
  const span = { trace: 'a', attributes: { 'sampling.priority': text } };
  // A priority that is no number leaves it to the share.
  const isKept = (percent: number): boolean =>
    samplerOf({ sampling_percentage: percent }).take(spans([span])) !== undefined;
  expect([isKept(0), isKept(100)]).toEqual([kept === 1, kept !== 0]);
});

test('a percentage has 32 bits, as upstream reads it', () => {
  const { take } = samplerOf(
    { mode: 'equalizing', sampling_percentage: 33.3, sampling_precision: 14 });
  const most = 'ot=rv:ffffffffffffff';
  expect(traceStateIn(take(spans([{ trace: 'a', traceState: most }]))))
    .toBe(`${most};th:aac08333333334`);
});

test('a priority of many digits that is no number takes no time', () => {
  const span = { trace: 'a', attributes: { 'sampling.priority': `${'1'.repeat(200_000)}x` } };
  const { take } = samplerOf(all);
  const bytes = spans([span]);
  const began = process.cpuUsage();
  expect(take(bytes)).toBeDefined();
  expect(process.cpuUsage(began).user).toBeLessThan(2_000_000);
});

test('a sampler that was stopped refuses, so that the sender keeps what it has', async () => {
  const { processor } = samplerOf(all);
  await processor.stop();
  expect(() => processor.consume(samplePayload('traces', 1, 'a'))).toThrow(RetryableError);
});

test.each([
  [1e-16, 'must be 0 or at least'], [-1, 'must be a number ≥ 0'],
])('a share of %d %% is refused', (percent, sentence) => {
  const { problems } = probabilisticSamplerProcessor.read({ sampling_percentage: percent });
  expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining(sentence)]);
});
