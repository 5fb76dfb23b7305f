import { HpackDecoder } from './hpack-decoder';
import { HpackEncoder } from './hpack-encoder';
import { HpackError } from './hpack-error';
import { mutant, randomFrom } from '../../testing/mutant';

const LIMITS = { maxTableBytes: 4096, maxListBytes: 10_000, maxFields: 100 };

function told(decoder: HpackDecoder, block: Uint8Array): string[] {
  const fields: string[] = [];
  decoder.decode(block, 0, block.length, (name, value) => fields.push(`${name}: ${value}`));
  return fields;
}

function decodeAll(blocks: readonly string[], limits = LIMITS): string[][] {
  const decoder = new HpackDecoder(limits);
  return blocks.map((hex) => told(decoder, bytes(hex)));
}

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replace(/ /g, ''), 'hex');
}

function failureOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

const REQUESTS = [
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'],
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com',
    'cache-control: no-cache'],
  [':method: GET', ':scheme: https', ':path: /index.html', ':authority: www.example.com',
    'custom-key: custom-value'],
];
const RESPONSES = [
  [':status: 302', 'cache-control: private', 'date: Mon, 21 Oct 2013 20:13:21 GMT',
    'location: https://www.example.com'],
  [':status: 307', 'cache-control: private', 'date: Mon, 21 Oct 2013 20:13:21 GMT',
    'location: https://www.example.com'],
  [':status: 200', 'cache-control: private', 'date: Mon, 21 Oct 2013 20:13:22 GMT',
    'location: https://www.example.com', 'content-encoding: gzip',
    'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'],
];
/** The responses of RFC 7541 need a table of 256 bytes. */
const TABLE_256 = '3fe101';

it.each([
  ['C.2.1', ['400a637573746f6d2d6b65790d637573746f6d2d686561646572'],
    [['custom-key: custom-header']]],
  ['C.2.2', ['040c2f73616d706c652f70617468'], [[':path: /sample/path']]],
  ['C.2.3', ['100870617373776f726406736563726574'], [['password: secret']]],
  ['C.2.4', ['82'], [[':method: GET']]],
  ['C.3', ['828684410f7777772e6578616d706c652e636f6d', '828684be58086e6f2d6361636865',
    '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565'], REQUESTS],
  ['C.4', ['828684418cf1e3c2e5f23a6ba0ab90f4ff', '828684be5886a8eb10649cbf',
    '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf'], REQUESTS],
  ['C.5', [
    `${TABLE_256}4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31`
    + '333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d',
    '4803333037c1c0bf',
    '88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738'
    + '666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d33'
    + '3630303b2076657273696f6e3d31',
  ], RESPONSES],
  ['C.6', [
    `${TABLE_256}488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e91`
    + '9d29ad171863c78f0b97c8e9ae82ae43d3',
    '4883640effc1c0bf',
    '88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7'
    + 'b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
  ], RESPONSES],
])('the example %s of RFC 7541 is decoded', (_example, blocks, lists) => {
  expect(decodeAll(blocks)).toEqual(lists);
});

it.each([
  ['index 0', '80', 'an index must be between 1 and 61, got 0'],
  ['an index beyond the static table', 'be', 'an index must be between 1 and 61, got 62'],
  ['an index beyond the dynamic table', '4001610162 bf',
    'an index must be between 1 and 62, got 63'],
  ['the index of a name beyond the tables', '7f00 0161',
    'an index must be between 1 and 61, got 63'],
  ['a number without end', 'ffffffffffffffff',
    'a number must end within five bytes, got a longer one'],
  ['a number of many bytes that is small', 'ff8080808000',
    'a number must end within five bytes, got a longer one'],
  ['a size without end', '3fffffffffff',
    'a number must end within five bytes, got a longer one'],
  ['a length without end', '007fffffffffff',
    'a number must end within five bytes, got a longer one'],
  ['the end of a string coded in it', '00016184ffffffff',
    'a string must not code its own end, got EOS'],
  ['zeros as padding', '0001618118',
    'the padding of a string must be less than a byte of ones, got others'],
  ['a whole byte of padding', '000161821fff',
    'the padding of a string must be less than a byte of ones, got others'],
  ['nothing but a byte of padding', '00016181ff',
    'the padding of a string must be less than a byte of ones, got others'],
  ['a table larger than allowed', '3fe21f', 'a table must have at most 4096 bytes, got 4097'],
  ['a size of the table after a field', '8220',
    'the size of the table must come first in a block, got it after a field'],
  ['half a number', 'ff', 'a block must be whole, got its end within a field'],
  ['half a size', '3f', 'a block must be whole, got its end within a field'],
  ['no name', '40', 'a block must be whole, got its end within a field'],
  ['half a name', '400261', 'a block must be whole, got its end within a field'],
  ['no value', '400161', 'a block must be whole, got its end within a field'],
  ['half a value', '4001610261', 'a block must be whole, got its end within a field'],
  ['half a coded value', '400161821f', 'a block must be whole, got its end within a field'],
])('a block with %s is refused', (_what, hex, message) => {
  const failure = failureOf(() => decodeAll([hex]));
  expect(failure).toBeInstanceOf(HpackError);
  expect(failure).toMatchObject({ message: `hpack: ${message}` });
});

it('a block is read only between its start and its end', () => {
  const fields: string[] = [];
  const decoder = new HpackDecoder(LIMITS);
  decoder.decode(bytes('ff 82 84 ff'), 1, 3, (name, value) => fields.push(name + value));
  expect(fields).toEqual([':methodGET', ':path/']);
});

it('an entry is gone when the table has become too small for it', () => {
  expect(String(failureOf(() => decodeAll(['4001610162', '20', 'be'])))).toMatch('got 62');
});

it('an entry that is larger than the table empties it', () => {
  const large = `4001617f9f1f${'62'.repeat(4126)}`;
  expect(String(failureOf(() => decodeAll(['4001610162', large, 'be'])))).toMatch('got 62');
});

it('an entry that is evicted for one that takes over its name is still read', () => {
  const [, second] = decodeAll(['3f05 4001610162', '7e0163 be']);
  expect(second).toEqual(['a: c', 'a: c']);
});

describe('a peer whose table must become smaller', () => {
  function decoderWithTable(): HpackDecoder {
    const decoder = new HpackDecoder(LIMITS);
    told(decoder, bytes('4001610162'));
    decoder.setMaxTableBytes(64);
    return decoder;
  }

  it.each([
    ['says so in its next block', ['3f21be'], [['a: b']]],
    ['makes it smaller still', ['20 3f21 82'], [[':method: GET']]],
    ['clears it', ['2082', '4001610163'], [[':method: GET'], ['a: c']]],
  ])('is read when it %s', (_what, blocks, lists) => {
    const decoder = decoderWithTable();
    expect(blocks.map((hex) => told(decoder, bytes(hex)))).toEqual(lists);
  });

  const LOWER = 'a block must first lower the table to 64 bytes, got 4096';

  it.each([
    ['says nothing', '82', LOWER],
    ['sends a block that was kept', 'be', LOWER],
    ['makes it too large', '3f22', 'a table must have at most 64 bytes, got 65'],
    ['sends nothing', '', LOWER],
  ])('is refused when it %s', (_what, hex, message) => {
    const decoder = new HpackDecoder(LIMITS);
    told(decoder, bytes('4001610162'));
    for (let i = 0; i < 3; i++) told(decoder, bytes('be'));
    decoder.setMaxTableBytes(64);
    expect(failureOf(() => told(decoder, bytes(hex)))).toMatchObject({
      message: `hpack: ${message}`,
    });
  });

  it('must tell the smallest of the sizes since its last block', () => {
    const decoder = decoderWithTable();
    decoder.setMaxTableBytes(4096);
    expect(String(failureOf(() => told(decoder, bytes('3fe11f'))))).toMatch('table to 64');
    const other = decoderWithTable();
    other.setMaxTableBytes(4096);
    expect(told(other, bytes('3f21 3fe11f be'))).toEqual(['a: b']);
  });
});

describe('a list beyond its limits', () => {
  const BLOCK = bytes('4001610162 4001630164 be bf 82');

  it.each([
    ['fields', { ...LIMITS, maxFields: 2 }, ['a: b', 'c: d']],
    ['bytes', { ...LIMITS, maxListBytes: 101 }, ['a: b', 'c: d']],
    ['bytes of the first field', { ...LIMITS, maxListBytes: 33 }, []],
  ])('is told up to its limit of %s', (_what, limits, fields) => {
    const decoder = new HpackDecoder(limits);
    const seen: string[] = [];
    const tell = (name: string, value: string): void => void seen.push(`${name}: ${value}`);
    expect(decoder.decode(BLOCK, 0, BLOCK.length, tell)).toBe(false);
    expect(seen).toEqual(fields);
  });

  it.each([
    ['fields', { ...LIMITS, maxFields: 5 }], ['bytes', { ...LIMITS, maxListBytes: 4 * 34 + 42 }],
  ])('begins after exactly as many %s', (_what, limits) => {
    const decoder = new HpackDecoder(limits);
    expect(decoder.decode(BLOCK, 0, BLOCK.length, () => {})).toBe(true);
  });

  it('leaves the table as the peer knows it', () => {
    const decoder = new HpackDecoder({ ...LIMITS, maxFields: 1 });
    told(decoder, BLOCK);
    expect(told(decoder, bytes('be'))).toEqual(['c: d']);
    expect(told(decoder, bytes('bf'))).toEqual(['a: b']);
  });

  it('is not taken for within its limits when it comes again', () => {
    const decoder = new HpackDecoder({ ...LIMITS, maxFields: 1 });
    const results = Array.from({ length: 5 }, () => decoder.decode(bytes('8284'), 0, 2, () => {}));
    expect(results).toEqual([false, false, false, false, false]);
  });
});

it('the same bytes mean something else after the table has changed', () => {
  const decoder = new HpackDecoder(LIMITS);
  told(decoder, bytes('4001610162'));
  const before = Array.from({ length: 4 }, () => told(decoder, bytes('82be')));
  told(decoder, bytes('4001630164'));
  expect(before).toEqual(Array(4).fill([':method: GET', 'a: b']));
  expect(told(decoder, bytes('82be'))).toEqual([':method: GET', 'c: d']);
});

it('changed blocks are decoded or refused, and nothing else', () => {
  const random = randomFrom(7541);
  const encoder = new HpackEncoder();
  const blocks = Array.from({ length: 8 }, (_, i) => encoder.encode([
    [':method', 'POST'], [':path', `/path/${i % 3}`], ['x-number', String(random(1e9))],
    ['authorization', 'Bearer abc'], ['grpc-timeout', `${i}S`], [`x-${i % 4}`, 'é'.repeat(i * 9)],
  ]));
  const outcomes = { told: 0, refused: 0 };
  for (let round = 0; round < 4000; round++) {
    const decoder = new HpackDecoder(LIMITS);
    const failure = failureOf(() => blocks.forEach((block, i) => {
      told(decoder, i === round % 8 ? mutant(block, random) : block);
    }));
    if (failure !== undefined) expect(failure).toBeInstanceOf(HpackError);
    outcomes[failure === undefined ? 'told' : 'refused']++;
  }
  expect(outcomes.told).toBeGreaterThan(400);
  expect(outcomes.refused).toBeGreaterThan(400);
});
