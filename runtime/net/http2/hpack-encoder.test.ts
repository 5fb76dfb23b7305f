import { HpackDecoder } from './hpack-decoder';
import { HpackEncoder } from './hpack-encoder';

type Fields = (readonly [string, string])[];

function hex(block: Uint8Array): string {
  return Buffer.from(block).toString('hex');
}

function decoded(decoder: HpackDecoder, block: Uint8Array): Fields {
  const fields: Fields = [];
  decoder.decode(block, 0, block.length, (name, value) => fields.push([name, value]));
  return fields;
}

function newDecoder(): HpackDecoder {
  return new HpackDecoder({ maxTableBytes: 4096, maxListBytes: 100_000, maxFields: 1000 });
}

it('requests are encoded as in the example C.4 of RFC 7541', () => {
  const encoder = new HpackEncoder();
  const request: Fields = [
    [':method', 'GET'], [':scheme', 'http'], [':path', '/'], [':authority', 'www.example.com'],
  ];
  expect(hex(encoder.encode(request))).toBe('828684418cf1e3c2e5f23a6ba0ab90f4ff');
  expect(hex(encoder.encode([...request, ['cache-control', 'no-cache']])))
    .toBe('828684be5886a8eb10649cbf');
});

it.each([
  ['in a table', [[':status', '200']], undefined, '88'],
  ['new', [['x', 'y']], undefined, '4001780179'],
  ['of a known name', [['via', 'z']], undefined, '7c017a'],
  ['shorter when coded', [['x', 'aaaa']], undefined, '4001788318c63f'],
  ['that carries credentials', [['authorization', 'b']], undefined, '1f080162'],
  ['that is called sensitive', [['x', 'y']], new Set(['x']), '1001780179'],
  ['that differs every time', [['grpc-timeout', '%']], undefined, '00899acac8b24d494f6a7f0125'],
  ['of no value', [['x', '']], undefined, '40017800'],
  ['of no name', [['', 'x']], undefined, '40000178'],
] as const)('a field %s', (_what, fields, sensitive, expected) => {
  expect(hex(new HpackEncoder().encode(fields, sensitive))).toBe(expected);
});

it('a field that would fill half of the table is not put into it', () => {
  const encoder = new HpackEncoder();
  const fields: Fields = [['x', 'é'.repeat(2048)]];
  expect(hex(encoder.encode(fields).subarray(0, 3))).toBe('000178');
  expect(encoder.encode(fields).length).toBeGreaterThan(2048);
});

it('credentials are written as such in every block, and never by an index', () => {
  const encoder = new HpackEncoder();
  const decoder = newDecoder();
  const fields: Fields = [[':method', 'POST'], ['authorization', 'Bearer %%'], ['cookie', '%']];
  for (let i = 0; i < 4; i++) {
    const block = encoder.encode(fields);
    expect(hex(block)).toMatch(/^831f08.*1f110125$/);
    expect(decoded(decoder, block)).toEqual(fields);
  }
});

it.each([
  ['a name', [['é–', 'b']], 'the name of a field must be Latin-1, got another'],
  ['a value', [['a', '–']], 'the value of a must be Latin-1, got another'],
] as const)('%s that is no string of bytes is refused, and changes nothing', (_what, bad, why) => {
  const encoder = new HpackEncoder();
  const decoder = newDecoder();
  decoded(decoder, encoder.encode([['x', 'y']]));
  encoder.setMaxTableBytes(1000);
  expect(() => encoder.encode([['new', 'field'], ...bad])).toThrow(`hpack: ${why}`);
  expect(decoded(decoder, encoder.encode([['x', 'y'], ['new', 'field']])))
    .toEqual([['x', 'y'], ['new', 'field']]);
});

describe('the size of the table', () => {
  it.each([
    ['lowered', [100], '3f45'],
    ['lowered and raised', [100, 1000], '3f45 3fc907'],
    ['lowered and raised to what it was', [0, 4096], '20 3fe11f'],
    ['lowered twice', [100, 50], '3f13'],
    ['raised and lowered', [9000, 100], '3f45'],
    ['raised beyond what this end will hold', [9000], ''],
    ['set to what it is', [4096], ''],
  ])('%s is told once, first in the next block', (_what, sizes, expected) => {
    const encoder = new HpackEncoder();
    for (const size of sizes) encoder.setMaxTableBytes(size);
    const start = expected.replace(/ /g, '');
    expect(hex(encoder.encode([[':status', '200']]))).toBe(`${start}88`);
    expect(hex(encoder.encode([[':status', '200']]))).toBe('88');
  });

  it('is told before a block that was kept', () => {
    const encoder = new HpackEncoder();
    for (let i = 0; i < 4; i++) encoder.encode([['x', 'y']]);
    encoder.setMaxTableBytes(0);
    expect(hex(encoder.encode([['x', 'y']]))).toBe('200001780179');
  });

  it('is told in an empty block too', () => {
    const encoder = new HpackEncoder();
    encoder.setMaxTableBytes(0);
    expect(hex(encoder.encode([]))).toBe('20');
  });
});

it('an equal list gives the block that it gave before', () => {
  const encoder = new HpackEncoder();
  const blocks = Array.from({ length: 5 }, () => encoder.encode([[':status', '200'], ['x', 'y']]));
  expect(blocks[4]).toBe(blocks[3]);
  expect(blocks.map(hex)).toEqual(['884001780179', '88be', '88be', '88be', '88be']);
});

it('an equal list is written anew where other fields are sensitive', () => {
  const encoder = new HpackEncoder();
  const blocks = [undefined, undefined, new Set(['x']), undefined]
    .map((sensitive) => hex(encoder.encode([['x', 'y']], sensitive)));
  expect(blocks).toEqual(['4001780179', 'be', '1f2f0179', 'be']);
});

it('a list that a caller changes afterwards is taken for what it is', () => {
  const encoder = new HpackEncoder();
  const decoder = newDecoder();
  const fields: [string, string][] = [[':status', '200'], ['x', 'y'], ['grpc-timeout', '1S']];
  for (let i = 0; i < 4; i++) decoded(decoder, encoder.encode(fields));
  for (const value of ['2S', '3S', '3S', '3S']) {
    fields[2][1] = value;
    expect(decoded(decoder, encoder.encode(fields))).toEqual(fields);
  }
});

it('lists that begin or end alike are told apart', () => {
  const encoder = new HpackEncoder();
  const decoder = newDecoder();
  const all: Fields = [['a', '1'], ['b', '2'], ['c', '3'], ['grpc-timeout', '1S'], ['d', '4']];
  for (let round = 0; round < 3; round++) {
    for (let start = 0; start < all.length; start++) {
      for (let end = start; end <= all.length; end++) {
        const list = all.slice(start, end);
        expect(decoded(decoder, encoder.encode(list))).toEqual(list);
      }
    }
  }
});
