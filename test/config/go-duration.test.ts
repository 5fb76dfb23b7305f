import { formatGoDuration, parseGoDuration } from '../../src/config';

test.each([
  ['0', 0], ['5s', 5_000], ['1.5s', 1_500], ['.5s', 500], ['1h30m', 5_400_000],
  ['1m0.5s', 60_500], ['300ms', 300], ['10us', 0.01], ['10µs', 0.01], ['7ns', 7e-6],
  ['-2s', -2_000], ['+2s', 2_000], ['24h', 86_400_000],
])('%s is so many milliseconds', (text, expected) => {
  expect(parseGoDuration(text)).toBeCloseTo(expected, 9);
});

test.each(['', '5', 's', '1d', '5 s', '5s ', '1h-3m', '1e3s', '..5s', 'x5s', '5S'])(
  '%j is not a duration', (text) => {
    expect(parseGoDuration(text)).toBeUndefined();
  });

test.each([
  [0, '0s'], [200, '200ms'], [1_500, '1.5s'], [5_000, '5s'], [90_000, '1m30s'],
  [300_000, '5m'], [3_600_000, '1h'], [5_400_000, '1h30m'], [3_601_001, '1h1.001s'],
  [0.01, '10us'], [5e-6, '5ns'], [0.5, '500us'], [1.25, '1.25ms'], [-2_000, '-2s'],
])('%d ms is written as short as it can be', (ms, expected) => {
  expect(formatGoDuration(ms)).toBe(expected);
  expect(parseGoDuration(expected)).toBeCloseTo(ms, 9);
});
