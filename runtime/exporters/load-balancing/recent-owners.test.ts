import { isDiverted, NOWHERE, ownerIn, RecentOwners } from './recent-owners';
import { randomNumbers } from '../../testing/random-numbers';

const MEMORY_MS = 30_000;
const SEED = 7;

function setUp(mostSlots?: number) {
  const recent = new RecentOwners(MEMORY_MS, mostSlots, SEED);
  const at = (ms: number) => { recent.look(ms); };
  const give = (crc: number, owner: number, diverted = false) => {
    recent.find(crc, true);
    recent.set(crc, owner, diverted);
  };
  const ownerOf = (crc: number, keeps = false): number | undefined => {
    const found = recent.find(crc, keeps);
    return found === NOWHERE ? undefined : ownerIn(found);
  };
  at(0);
  return { recent, at, give, ownerOf };
}

test.each([0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff])('checksum %i is found', (crc) => {
  const { recent, give, ownerOf } = setUp();
  expect(ownerOf(crc)).toBeUndefined();
  give(crc, 9_999, true);
  expect([ownerOf(crc), isDiverted(recent.find(crc, false))]).toEqual([9_999, true]);
  give(crc, 0);
  expect([ownerOf(crc), isDiverted(recent.find(crc, false))]).toEqual([0, false]);
});

const MEMORIES: [string, number[], boolean, boolean][] = [
  ['as long as it was promised', [MEMORY_MS], false, true],
  ['after twice as long no more', [MEMORY_MS, 2 * MEMORY_MS], false, false],
  ['after a long silence no more', [10 * MEMORY_MS], false, false],
  ['for as long as it is met', [25_000, 50_000, 75_000, 100_000], true, true],
];

test.each(MEMORIES)('what was sent is remembered %s', (_, moments, keeps, isKnown) => {
  const { at, give, ownerOf } = setUp();
  give(5, 2);
  for (const moment of moments.slice(0, -1)) {
    at(moment);
    ownerOf(5, keeps);
  }
  at(moments[moments.length - 1]);
  expect(ownerOf(5, keeps)).toBe(isKnown ? 2 : undefined);
});

test.each([
  [1000, 1000, true], [1000, 999, false], [1000, 1009, true], [1000, 995, false],
  [1000, -Infinity, false],
])('what was sent at %i counts as sent by %p: %p', (sent, moment, expected) => {
  const { recent, at, give } = setUp();
  at(sent);
  give(5, 2);
  at(20_000);
  expect(recent.wasSentBy(recent.find(5, false), moment)).toBe(expected);
});

test('what is met for hours was sent long ago, and never seems new', () => {
  const { recent, at, give, ownerOf } = setUp();
  give(5, 2);
  for (let moment = 0; moment < 4_000_000; moment += 20_000) {
    at(moment);
    expect(ownerOf(5, true)).toBe(2);
    if (moment > MEMORY_MS) {
      expect(recent.wasSentBy(recent.find(5, true), moment - MEMORY_MS)).toBe(true);
    }
  }
});

test('it grows with what it holds, up to its bound, and then forgets what is oldest', () => {
  const { recent, give, ownerOf } = setUp(2 ** 14);
  const random = randomNumbers(3);
  const crcs = Array.from({ length: 40_000 }, () => Math.floor(random() * 2 ** 32));
  const before = recent.sizeBytes;
  crcs.forEach((crc, index) => give(crc, index % 7));
  expect(recent.sizeBytes).toBeGreaterThan(before);
  expect(recent.sizeBytes).toBeLessThanOrEqual(2 * 2 ** 14 * 8);
  const isRight = crcs.map((crc, index) => ownerOf(crc) === index % 7);
  const latest = isRight.slice(-10_000).filter((is) => is).length;
  expect(latest).toBeGreaterThan(9_990);
  expect(isRight.slice(0, 10_000)).not.toContain(true);
});

test('whatever it has room for is found', () => {
  const { give, ownerOf } = setUp();
  const random = randomNumbers(4);
  const crcs = Array.from({ length: 100_000 }, () => Math.floor(random() * 2 ** 32));
  crcs.forEach((crc, index) => give(crc, index % 100));
  const wrong = crcs.filter((crc, index) => ownerOf(crc) !== index % 100);
  // Runs that are longer than what is looked at, and equal numbers.
  expect(wrong.length).toBeLessThan(10);
});

test('a ring that changes renames owners, and those that are gone are none of its', () => {
  const { recent, at, give, ownerOf } = setUp();
  give(1, 0);
  at(MEMORY_MS);
  give(2, 1, true);
  give(3, 2);
  recent.rename([5, undefined, 0]);
  expect([ownerOf(1), ownerOf(3)]).toEqual([5, 0]);
  expect(ownerOf(2)).toBeGreaterThan(10_000);
  expect(isDiverted(recent.find(2, false))).toBe(true);
});
