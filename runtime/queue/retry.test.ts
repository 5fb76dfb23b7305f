import { Backoff } from './retry';

const DEFAULTS = {
  enabled: true,
  initialInterval: 5000,
  maxInterval: 30000,
  maxElapsedTime: 300000,
  multiplier: 1.5,
  randomizationFactor: 0.5,
};
const middle = () => 0.5;

function waits(settings: Partial<typeof DEFAULTS>, random: () => number, count: number) {
  const backoff = new Backoff({ ...DEFAULTS, ...settings }, random);
  return Array.from({ length: count }, () => backoff.next(0));
}

describe('Backoff', () => {
  it('multiplies the interval and caps it', () => {
    expect(waits({}, middle, 7)).toEqual([5000, 7500, 11250, 16875, 25312.5, 30000, 30000]);
  });

  it('draws the wait evenly from interval × [1 − f, 1 + f]', () => {
    expect(waits({}, () => 0, 2)).toEqual([2500, 3750]);
    expect(waits({}, () => 1, 2)).toEqual([7500, 11250]);
    expect(waits({ randomizationFactor: 0 }, () => 1, 2)).toEqual([5000, 7500]);
  });

  it('may wait longer than the cap, because chance comes after it', () => {
    expect(waits({ initialInterval: 30000 }, () => 1, 2)).toEqual([45000, 45000]);
  });

  it('does not wait at all when everything is zero', () => {
    const zero = { initialInterval: 0, maxInterval: 0, multiplier: 0, randomizationFactor: 0 };
    expect(waits({ ...zero, maxElapsedTime: 0 }, middle, 3)).toEqual([0, 0, 0]);
  });

  it.each([
    ['a shorter wish of the peer', 100, 5000],
    ['a longer wish of the peer', 12000, 12000],
  ])('waits for the longer of backoff and %s', (_name, asked, expected) => {
    expect(new Backoff(DEFAULTS, middle).next(0, asked)).toBe(expected);
  });

  it.each([
    ['ends in time', 295000, 5000],
    ['would end too late', 295001, undefined],
  ])('tries again only when the wait %s', (_name, elapsed, expected) => {
    expect(new Backoff(DEFAULTS, middle).next(elapsed)).toBe(expected);
  });

  it('tries for ever when max_elapsed_time is zero', () => {
    expect(new Backoff({ ...DEFAULTS, maxElapsedTime: 0 }, middle).next(1e12)).toBe(5000);
  });
});
