import { routingKeyOf, type RoutingKeySettings } from './routing-keys';
import { KeySplitter, type KeyRoute } from '../../otlp/key-splitter';
import { TraceSplitter } from '../../otlp/trace-splitter';
import { createPayload, type Signal } from '../../pipeline/payload';
import { inCollectorOrder } from '../../testing/collector-order';
import { oracleLines } from '../../testing/oracle-lines';
import {
  contents, requestBytes, requestName, routingCases, type RoutingCase,
} from '../../testing/routing-oracle';

interface TraceIdentifiers {
  readonly ids?: readonly { readonly hex: string }[];
  readonly error?: string;
}

/** The identifiers that upstream's tests of its functions show. */
const FUNCTIONS = oracleLines<RoutingCase & TraceIdentifiers>('lb_routing_ids')
  .map((line) => ({ ...line, keys: 3 }));
const CASES = routingCases();

/** Writes each field where protobufjs has it, or where the Go collector has it. */
const ORDERS: readonly [string, (signal: Signal, request: object) => Buffer][] = [
  ['lowest field first', requestBytes],
  ['highest field first', (signal, request) =>
    inCollectorOrder(requestName(signal), requestBytes(signal, request))],
];

function settingsOf(line: Pick<RoutingCase, 'keys' | 'routing_key' | 'routing_attributes'>) {
  return {
    routingKey: line.routing_key,
    routingAttributes: line.routing_attributes ?? [],
    compatibility: { keys: line.keys },
  } as RoutingKeySettings;
}

/** What goes where when each identifier has a target of its own: identifiers in hex, contents. */
function split(line: RoutingCase, bytes: Uint8Array) {
  const key = routingKeyOf(line.signal, settingsOf(line), { id: 'lb', random: () => 0.5 });
  const identifiers: string[] = [];
  const numberOf = (identifier: string): number => {
    if (!identifiers.includes(identifier)) identifiers.push(identifier);
    return identifiers.indexOf(identifier);
  };
  const route: KeyRoute = (identifier, length) =>
    numberOf(Buffer.from(identifier.subarray(0, length)).toString('hex'));
  const splitter = key === undefined ? undefined : new KeySplitter(line.signal, key);
  const parts = splitter === undefined
    ? new TraceSplitter().split(bytes, (held, at) => numberOf(
      at < 0 ? '00'.repeat(16) : Buffer.from(held.subarray(at, at + 16)).toString('hex')))
    : splitter.split(bytes, route);
  return {
    parts: Object.fromEntries(parts.map((part) =>
      [identifiers[part.target], contents(line.signal, part.bytes)])),
    items: parts.map(({ items }) => items),
    leftOutItems: splitter?.leftOutItems ?? 0,
  };
}

/** The same of upstream: pieces with one identifier are one part. */
function expected({ input, pieces, signal }: RoutingCase): Record<string, string[]> {
  const parts: Record<string, string[]> = {};
  for (const { hex, piece = input } of pieces) {
    parts[hex] = [...parts[hex] ?? [], ...contents(signal, requestBytes(signal, piece))].sort();
  }
  return parts;
}

test('the oracle has what the functions give, in all generations of keys', () => {
  expect(FUNCTIONS).toHaveLength(38);
  const counts = [1, 2, 3].map((keys) => CASES.filter((line) => line.keys === keys).length);
  expect(counts).toEqual([79, 2, 239]);
});

describe.each(ORDERS)('requests with the %s', (_, encode) => {
  test.each(CASES)('$signal by $routing_key (keys $keys): $case', (line) => {
    expect(split(line, encode(line.signal, line.input)).parts).toEqual(expected(line));
  });

  test.each(FUNCTIONS.filter(({ pieces }) => pieces !== undefined && pieces.length > 0))(
    'upstream\'s test of $signal by $routing_key: $case', (line) => {
      const { parts } = split(line, encode(line.signal, line.input));
      expect(Object.keys(parts).sort()).toEqual(line.pieces.map(({ hex }) => hex).sort());
      if (line.signal === 'logs') expect(parts).toEqual(expected(line));
    });

  // Of several resources the function looks at the first one's spans, but is only ever shown one.
  test.each(FUNCTIONS.filter(({ ids }) => ids !== undefined))(
    'upstream\'s test of $signal by $routing_key: $case', (line) => {
      const [first] = Object.keys(split(line, encode(line.signal, line.input)).parts);
      const ids = line.ids?.map(({ hex }) => hex);
      if (ids?.length === 1) expect(first).toBe(ids[0]);
      else expect(ids).toContain(first);
    });
});

test.each(FUNCTIONS.filter(({ error }) => error !== undefined))(
  'what upstream\'s function refuses has nothing to route: $case', (line) => {
    expect(split(line, requestBytes(line.signal, line.input)).items).toEqual([]);
  });

test.each(CASES.filter(({ errors }) => errors !== undefined))(
  'what upstream leaves out is counted: $signal by $routing_key, $case', (line) => {
    const { items, leftOutItems } = split(line, requestBytes(line.signal, line.input));
    const all = split({ ...line, routing_key: 'resource' }, requestBytes('metrics', line.input));
    const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
    expect(leftOutItems).toBeGreaterThanOrEqual(line.errors?.length ?? 0);
    expect(sum(items) + leftOutItems).toBe(sum(all.items));
  });

const SIGNALS: readonly [Signal, string, string[], string[]][] = [
  ['traces', 'traceID', ['traceID', 'service', 'attributes'], ['resource', 'metric', 'streamID']],
  ['logs', 'service', ['traceID', 'service', 'resource', 'attributes'], ['metric', 'streamID']],
  ['metrics', 'service', ['service', 'resource', 'metric', 'streamID', 'attributes'], ['traceID']],
];

test.each(SIGNALS)('%s are routed by %s unless told otherwise', (signal, fallback) => {
  const keyOf = (name: string) => routingKeyOf(
    signal, settingsOf({ keys: 3, routing_key: name }), { id: 'lb' });
  expect(keyOf('')).toEqual(keyOf(fallback));
});

test.each(SIGNALS)('%s take the keys that upstream takes', (signal, _, taken, refused) => {
  const keyOf = (name: string) => () => routingKeyOf(
    signal, settingsOf({ keys: 3, routing_key: name, routing_attributes: ['a'] }), { id: 'lb' });
  for (const name of taken) expect(keyOf(name)).not.toThrow();
  for (const name of refused) {
    expect(keyOf(name)).toThrow(new RegExp(
      `^exporters\\.lb\\.routing_key: must be one of .* in a pipeline of ${signal}, got ${name}$`));
  }
});

test('records without a trace id have ids that begin with four random bytes', () => {
  const numbers = [0.25, 0.5];
  const route: string[] = [];
  for (const keys of [2, 3]) {
    const key = routingKeyOf('logs', settingsOf({ keys, routing_key: 'traceID' }), {
      id: 'lb', random: () => numbers[route.length],
    });
    if (key === undefined) throw new Error('logs have a key');
    const record = requestBytes('logs', {
      resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'x' } }] }] }],
    });
    new KeySplitter('logs', key).splitPayload(createPayload('logs', [record], 1), (id, length) => {
      route.push(Buffer.from(id.subarray(0, length)).toString('latin1'));
      return 0;
    });
  }
  expect(route).toEqual([
    `${'\x40'.repeat(4)}${'\0'.repeat(12)}`, `${'80'.repeat(4)}${'00'.repeat(12)}`,
  ]);
});

test('a span without an id and one whose id is zeros are one trace, as upstream', () => {
  const line: RoutingCase = {
    ...CASES[0], signal: 'traces', keys: 3, routing_key: 'attributes', routing_attributes: ['a'],
  };
  const bytes = requestBytes('traces', {
    resourceSpans: [{
      scopeSpans: [{
        spans: [
          { name: 'none', attributes: [{ key: 'a', value: { stringValue: 'x' } }] },
          { name: 'zeros', traceId: '00'.repeat(16) },
          { name: 'other', traceId: '01'.repeat(16) },
        ],
      }],
    }],
  });
  const { items, parts } = split(line, bytes);
  expect(Object.keys(parts)).toEqual(['a=x|', 'a=|'].map((id) => Buffer.from(id).toString('hex')));
  expect(items).toEqual([2, 1]);
});
