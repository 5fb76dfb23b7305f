import { PatternCache } from './pattern-cache';
import { TextSet } from './text-set';

test('a question is asked once while its answer is remembered', () => {
  const asked: string[] = [];
  const cache = new PatternCache(128, (text) => {
    asked.push(text);
    return text.length > 1;
  });
  const test = (text: string): boolean => {
    const bytes = Buffer.from(`<${text}>`);
    return cache.test(bytes, 1, bytes.length - 1);
  };
  expect([test('ab'), test('c'), test('ab'), test('c'), test('')])
    .toEqual([true, false, true, false, false]);
  expect(asked).toEqual(['ab', 'c', '']);
});

test('the answers are right however small the cache is', () => {
  const cache = new PatternCache(1, (text) => Number(text) % 3 === 0);
  for (let i = 0; i < 3000; i += 1) {
    const bytes = Buffer.from(String(i * 7 % 50));
    expect(cache.test(bytes, 0, bytes.length)).toBe(i * 7 % 50 % 3 === 0);
  }
});

test('a set holds its texts and nothing else', () => {
  const texts = ['', 'a', 'ab', 'größe', ...Array.from({ length: 300 }, (_, i) => `/${i}`)];
  const set = new TextSet(texts);
  const has = (text: string): boolean => {
    const bytes = Buffer.from(text);
    return set.has(bytes, 0, bytes.length);
  };
  expect(texts.filter((text) => !has(text))).toEqual([]);
  expect(['b', 'abc', '/300', 'grösse', 'x'.repeat(99)].filter(has)).toEqual([]);
});
