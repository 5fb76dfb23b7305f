import { countItems } from './count-items';
import { TraceSplitter, type Route } from './trace-splitter';
import { MalformedError } from '../errors';
import { createPayload } from '../pipeline/payload';
import { foreignPayload } from '../testing/foreign-otlp';
import { itemsIn } from '../testing/sample-payload';
import { decodeTraces, findSpans, spans, traceIdOf, type TestSpan } from '../testing/span-builder';
import { crc32 } from '../wire/crc32';

/** Sends traces by the last letter of their name: `a` to 0, `b` to 1 and so on. */
const byName: Route = (bytes, idAt) => idAt < 0 ? 9 : bytes[idAt + 15] - 'a'.charCodeAt(0);

function byHash(targets: number): Route {
  return (bytes, idAt) => crc32(bytes, idAt, idAt + 16) % targets;
}

/** Spans of many traces, services and scopes, in a random but repeatable order. */
function mixture(count: number, seed: number): TestSpan[] {
  let state = seed;
  const random = (below: number): number => {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
  return Array.from({ length: count }, (_, i) => ({
    trace: `trace ${random(count / 3)}`,
    span: `span ${i}`,
    name: 'n'.repeat(random(300)),
    service: `service ${random(4)}`,
    scope: `scope ${random(3)}`,
  }));
}

describe('a request that goes to several targets', () => {
  const bytes = spans([
    { trace: 'a', span: '1', service: 'shop', scope: 'http' },
    { trace: 'b', span: '2', service: 'shop', scope: 'http' },
    { trace: 'a', span: '3', service: 'shop', scope: 'http' },
    { trace: 'a', span: '4', service: 'shop', scope: 'sql' },
    { trace: 'c', span: '5', service: 'bank', scope: 'http' },
    { trace: 'a', span: '6', service: 'bank', scope: 'http' },
  ]);
  const parts = new TraceSplitter().split(bytes, byName);
  const found = (target: number): string[] => findSpans(parts[target].bytes).map((span) =>
    `${Buffer.from(span.spanId, 'hex').toString().slice(-1)} ${span.service} ${span.scope}`);

  test('is split in order of the targets, with the number of spans', () => {
    expect(parts.map(({ target, items }) => [target, items])).toEqual([[0, 4], [1, 1], [2, 1]]);
  });

  test('keeps order, resource and scope of each span', () => {
    expect(found(0)).toEqual(['1 shop http', '3 shop http', '4 shop sql', '6 bank http']);
    expect(found(1)).toEqual(['2 shop http']);
    expect(found(2)).toEqual(['5 bank http']);
  });

  test('writes each resource and scope once per target', () => {
    const { resourceSpans } = decodeTraces(parts[0].bytes);
    expect(resourceSpans?.map(({ scopeSpans }) => scopeSpans?.length)).toEqual([2, 1]);
  });
});

test('a request with one target is passed on as it is', () => {
  const bytes = spans([{ trace: 'b' }, { trace: 'b' }]);
  const [part] = new TraceSplitter().split(bytes, byName);
  expect(part).toEqual({ target: 1, bytes, items: 2 });
  expect(part.bytes).toBe(bytes);
});

test('a span without a trace id is routed too', () => {
  const bytes = spans([{ trace: 'a' }, { trace: 'b' }]);
  const anonymous = Buffer.concat([bytes, Buffer.from('0a06120412022a00', 'hex')]);
  const parts = new TraceSplitter().split(anonymous, byName);
  expect(parts.map(({ target }) => target)).toEqual([0, 1, 9]);
});

test('a request without spans has no parts', () => {
  expect(new TraceSplitter().split(Buffer.from('0a021200', 'hex'), byName)).toEqual([]);
});

test('bytes that are no request are refused', () => {
  expect(() => new TraceSplitter().split(Buffer.from('0a7f00', 'hex'), byName))
    .toThrow(MalformedError);
});

test('fields that OTLP does not have survive at every level', () => {
  const trace = (name: string): object => ({ trace_id: traceIdOf(name), future: `span ${name}` });
  const payload = foreignPayload('traces', {
    future: 'request',
    resource_spans: [{
      resource: { future: 'resource' },
      future: 'resource spans',
      schema_url: 'https://a',
      scope_spans: [{
        scope: { name: 's', future: 'scope' },
        future: 'scope spans',
        schema_url: 'https://b',
        spans: [trace('a'), trace('b'), trace('a')],
      }],
    }],
  }, 3);
  const parts = new TraceSplitter().splitPayload(payload, byName);
  const together = Buffer.concat(parts.flatMap(({ payload: part }) => part.chunks));
  const before = itemsIn('traces', payload.chunks[0]);
  expect(parts.map(({ target }) => target)).toEqual([0, 1]);
  expect(itemsIn('traces', together)).toEqual(before);
  const levels = ['resource', 'resource spans', 'scope', 'scope spans', 'https://a', 'span a'];
  for (const level of levels) expect(before[0]).toContain(level);
});

describe('whatever is split', () => {
  const splitter = new TraceSplitter();
  test.each([
    [1, 2, 1], [10, 3, 2], [100, 7, 3], [1000, 5, 4], [1000, 40, 5], [3000, 300, 6], [50, 2, 7],
  ])('%d spans over %d targets are there once, in their trace\'s part', (count, targets, seed) => {
    const bytes = spans(mixture(count, seed));
    const parts = splitter.split(bytes, byHash(targets));
    const together = Buffer.concat(parts.map((part) => part.bytes));
    expect(itemsIn('traces', together)).toEqual(itemsIn('traces', bytes));
    for (const { target, bytes: part, items } of parts) {
      expect(countItems('traces', part)).toBe(items);
      const owners = findSpans(part).map(({ traceId }) =>
        crc32(Buffer.from(traceId, 'hex'), 0, 16) % targets);
      expect(new Set(owners)).toEqual(new Set([target]));
    }
  });

  test('several chunks become one payload per target', () => {
    const chunks = [1, 2, 3].map((seed) => spans(mixture(20, seed)));
    const parts = splitter.splitPayload(createPayload('traces', chunks, 60), byHash(3));
    expect(parts.map(({ target }) => target).sort()).toEqual([0, 1, 2]);
    expect(parts.reduce((sum, { payload }) => sum + payload.items, 0)).toBe(60);
    const together = Buffer.concat(parts.flatMap(({ payload }) => payload.chunks));
    expect(itemsIn('traces', together)).toEqual(itemsIn('traces', Buffer.concat(chunks)));
  });

  test('is written into the memory that the caller gives', () => {
    const block = Buffer.alloc(1 << 20);
    const parts = new TraceSplitter(() => block).split(spans(mixture(100, 8)), byHash(3));
    expect(parts.every(({ bytes }) => bytes.buffer === block.buffer)).toBe(true);
  });
});
