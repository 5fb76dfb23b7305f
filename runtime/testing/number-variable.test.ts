import { numberVariable } from './number-variable';

const NAME = 'OTELGW_TEST_NUMBER';

afterEach(() => { delete process.env[NAME]; });

test.each([['7', 7], ['0', 0], ['0.25', 0.25], [undefined, 3]])('%p is %d', (text, number) => {
  if (text !== undefined) process.env[NAME] = text;
  expect(numberVariable(NAME, 3)).toBe(number);
});

test.each(['x', '', ' ', '-1', 'NaN', 'Infinity', '1s'])('%p is told with its name', (text) => {
  process.env[NAME] = text;
  expect(() => numberVariable(NAME, 3))
    .toThrow(`${NAME}: must be a number from 0 on, got ${JSON.stringify(text)}`);
});
