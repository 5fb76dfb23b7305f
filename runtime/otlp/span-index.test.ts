import { SpanIndex, type RangeTable } from './span-index';
import { MalformedError } from '../errors';
import { inCollectorOrder } from '../testing/collector-order';
import { HOSTILE_BYTES } from '../testing/hostile-bytes';
import { encodeProto } from '../testing/otlp-proto';
import { spans, traceIdOf, type TestSpan } from '../testing/span-builder';

function read(bytes: Uint8Array): SpanIndex {
  const index = new SpanIndex();
  index.read(bytes);
  return index;
}

function hex(text: string): Buffer {
  return Buffer.from(text.replace(/ /g, ''), 'hex');
}

function traceIds(index: SpanIndex, bytes: Uint8Array): (string | undefined)[] {
  return [...index.traceIdAt.subarray(0, index.spanCount)].map((at) => at < 0
    ? undefined
    : Buffer.from(bytes.subarray(at, at + 16)).toString('hex'));
}

function ranges(table: RangeTable, group: number, bytes: Uint8Array): string[] {
  const found: string[] = [];
  for (let i = table.from[group]; i < table.from[group + 1]; i += 1) {
    found.push(Buffer.from(bytes.subarray(table.start[i], table.end[i])).toString('hex'));
  }
  return found;
}

/** A request with one span, whose message this is. */
function requestOf(span: Buffer): Buffer {
  const wrapped = (tag: number, body: Buffer): Buffer =>
    Buffer.concat([Buffer.of(tag, body.length), body]);
  return wrapped(0x0a, wrapped(0x12, wrapped(0x12, span)));
}

const ID = '000102030405060708090a0b0c0d0e0f';

describe('the index of a request', () => {
  test('finds every span, its trace id, scope and resource', () => {
    const bytes = spans([
      { trace: 'a', service: 'shop', scope: 'http' },
      { trace: 'b', service: 'shop', scope: 'http' },
      { trace: 'a', service: 'shop', scope: 'sql' },
      { trace: 'c', service: 'bank', scope: 'http' },
    ]);
    const index = read(bytes);
    expect(traceIds(index, bytes))
      .toEqual(['a', 'b', 'a', 'c'].map((name) => traceIdOf(name).toString('hex')));
    expect([...index.scopeOf.subarray(0, 4)]).toEqual([0, 0, 1, 2]);
    expect([...index.resourceOf.subarray(0, 3)]).toEqual([0, 0, 1]);
    expect([index.spanCount, index.scopeCount, index.resourceCount]).toEqual([4, 3, 2]);
  });

  test('tells tag, body and end of a span apart', () => {
    const bytes = hex(`0a 1a 12 18 12 12 0a 10 ${ID} 12 02 2a 00`);
    bytes[1] = bytes.length - 2;
    bytes[3] = bytes.length - 4;
    bytes[5] = 18;
    const index = read(bytes);
    expect([...index.spanTag.subarray(0, 2)]).toEqual([4, 24]);
    expect([...index.spanBody.subarray(0, 2)]).toEqual([6, 26]);
    expect([...index.spanEnd.subarray(0, 2)]).toEqual([24, 28]);
    expect(traceIds(index, bytes)).toEqual([ID, undefined]);
  });

  test.each<[string, string, string | undefined]>([
    ['first, as most encoders write it', `0a10${ID} 1200`, ID],
    ['last, as the Go collector writes it', `7a00 2200 2a0161 0a10${ID}`, ID],
    ['twice: the last one counts', `2a0161 0a10${'00'.repeat(16)} 0a10${ID}`, ID],
    ['with a tag longer than needed', `8a00 10${ID}`, ID],
    ['missing', '2a0161', undefined],
    ['empty', '0a00 2a0161', undefined],
    ['too short', '0a0401020304', undefined],
    ['cleared by an empty one', `2a0161 0a10${ID} 0a00`, undefined],
  ])('finds a trace id that stands %s', (_, body, expected) => {
    const span = hex(body);
    const scope = Buffer.concat([hex('12'), Buffer.from([span.length]), span]);
    const resource = Buffer.concat([hex('12'), Buffer.from([scope.length]), scope]);
    const bytes = Buffer.concat([hex('0a'), Buffer.from([resource.length]), resource]);
    expect(traceIds(read(bytes), bytes)).toEqual([expected]);
  });

  test.each([17, 18, 126, 127, 128, 129, 16_382, 16_383, 16_384, 70_000])(
    'reads spans whose name has %d bytes', (length) => {
      const bytes = spans([
        { trace: 'a', name: 'x'.repeat(length) }, { trace: 'b', name: 'y' },
      ]);
      const index = read(bytes);
      expect(traceIds(index, bytes))
        .toEqual(['a', 'b'].map((name) => traceIdOf(name).toString('hex')));
    });

  test('finds trace ids whatever the order of the fields', () => {
    const list = Array.from({ length: 30 }, (_, i): TestSpan => ({
      trace: `t${i % 7}`,
      parent: i % 2 === 0 ? 'p' : undefined,
      traceState: i % 3 === 0 ? 'a=b' : undefined,
      status: 'error',
      statusMessage: 'm'.repeat(i * 10),
      attributes: { short: i, long: 'v'.repeat(i * 9), last: 'x' },
    }));
    const bytes = inCollectorOrder('ExportTraceServiceRequest', spans(list));
    expect(traceIds(read(bytes), bytes))
      .toEqual(list.map(({ trace }) => traceIdOf(trace).toString('hex')));
  });

  test('does not read on where a span ends and what follows looks like an attribute', () => {
    const bytes = hex('0a10 120e 1204 4a020a00 4a06 010203040506');
    expect(traceIds(read(bytes), bytes)).toEqual([undefined]);
  });

  test('takes no trace id out of a text that ends like a span', () => {
    const forged = `12080102030405060708 0a10${ID}`;
    const attribute = `4a28 0a026964 1222 0a20 ${'41'.repeat(4)} ${forged}`;
    const id = 'f'.repeat(32);
    const span = hex(`8501 01000000 0a10${id} 7a00 ${attribute}`);
    const bytes = requestOf(span);
    expect(traceIds(read(bytes), bytes)).toEqual([id]);
  });

  test('keeps what is not a span, wherever it stands', () => {
    const bytes = hex('0a 13 0a00 12 0b 0a00 12022a00 fa0701aa 1a0162 1a0161 9a0601bb');
    bytes[1] = bytes.length - 2 - 4;
    bytes[5] = bytes.length - 6 - 4 - 3;
    const index = read(bytes);
    expect(ranges(index.scopeExtras, 0, bytes)).toEqual(['0a00', 'fa0701aa1a0162']);
    expect(ranges(index.resourceExtras, 0, bytes)).toEqual(['0a00', '1a0161']);
    expect(ranges(index.requestExtras, 0, bytes)).toEqual(['9a0601bb']);
    expect([index.scopeExtras.byteCount[0], index.resourceExtras.byteCount[0]]).toEqual([9, 5]);
  });

  test('grows with the largest request and forgets the one before', () => {
    const list = Array.from({ length: 5000 }, (_, i) =>
      ({ trace: `t${i}`, scope: `scope ${i % 500}`, service: `service ${i % 100}` }));
    const bytes = spans(list);
    const index = read(bytes);
    expect(traceIds(index, bytes))
      .toEqual(list.map(({ trace }) => traceIdOf(trace).toString('hex')));
    expect([index.scopeCount, index.resourceCount]).toEqual([5000, 5000]);
    index.read(spans([{ trace: 'a' }]));
    expect([index.spanCount, index.scopeCount, index.resourceCount]).toEqual([1, 1, 1]);
  });

  test.each([
    ['no bytes', Buffer.alloc(0)],
    ['resources without spans', encodeProto('ExportTraceServiceRequest', {
      resourceSpans: [{}, { scopeSpans: [{}] }],
    })],
  ])('holds no span of %s', (_, bytes) => {
    expect(read(bytes).spanCount).toBe(0);
  });

  const notRequests = HOSTILE_BYTES.filter(([name]) => name !== 'a resource that is a number'
    && !/thousand|cut off/.test(name));
  test.each(notRequests)('refuses %s, and is empty then', (_, bytes) => {
    const index = read(spans([{ trace: 'a' }]));
    expect(() => index.read(bytes)).toThrow(MalformedError);
    expect([index.spanCount, index.scopeCount, index.resourceCount]).toEqual([0, 0, 0]);
  });
});
