import { CookieJar } from './cookie-jar';

const NOW = 1_700_000_000_000;
const HERE = new URL('http://lb.example:4318/v1/traces');

test.each<[string, string, string, string | undefined]>([
  ['the same path', 'a=1', 'http://lb.example:4318/v1/traces', 'a=1'],
  ['beside it', 'a=1', 'http://lb.example:4318/v1/logs', 'a=1'],
  ['elsewhere on the host', 'a=1', 'http://lb.example:4318/v2/logs', undefined],
  ['a name that begins alike', 'a=1', 'http://lb.example:4318/v10/logs', undefined],
  ['everywhere', 'a=1; Path=/', 'http://lb.example/other', 'a=1'],
  ['another host', 'a=1; Path=/', 'http://other.example/', undefined],
  ['a part of its domain', 'a=1; Path=/; Domain=example', 'http://x.example/', undefined],
  ['its own domain', 'a=1; Path=/; Domain=.example', 'http://lb.example/', 'a=1'],
  ['a domain of others', 'a=1; Path=/; Domain=evil.test', 'http://lb.example/', undefined],
  ['TLS only', 'a=1; Path=/; Secure', 'http://lb.example/', undefined],
  ['TLS', 'a=1; Path=/; Secure', 'https://lb.example/', 'a=1'],
  ['a value with =', 'a=b=c; HttpOnly', HERE.href, 'a=b=c'],
  ['no name', '=1', HERE.href, undefined],
  ['no pair', 'a', HERE.href, undefined],
  ['what would split a header', 'a=1\r\nx: y', HERE.href, undefined],
  ['too much', `a=${'x'.repeat(5000)}`, HERE.href, undefined],
  ['what is over', 'a=1; Max-Age=0', HERE.href, undefined],
  ['an age before a date', 'a=1; Max-Age=5; Expires=Thu, 01 Jan 1970 00:00:00 GMT', HERE.href,
    'a=1'],
  ['a date that is past', 'a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT', HERE.href, undefined],
])('a cookie is shown where it belongs: %s', (_where, line, url, shown) => {
  const jar = new CookieJar();
  jar.keep(HERE, [line], NOW);
  expect(jar.shownTo(new URL(url), NOW)).toBe(shown);
});

test('a cookie ends at its time, and the next one of its name takes its place', () => {
  const jar = new CookieJar();
  jar.keep(HERE, ['a=1; Max-Age=10', 'b=2; Path=/'], NOW);
  jar.keep(HERE, ['a=3; Max-Age=10'], NOW + 1);
  expect(jar.shownTo(HERE, NOW + 9000)).toBe('a=3; b=2');
  expect(jar.shownTo(HERE, NOW + 10_001)).toBe('b=2');
  jar.keep(HERE, ['b=; Path=/; Max-Age=-1'], NOW);
  expect(jar.shownTo(HERE, NOW + 10_001)).toBeUndefined();
});

test('a server that gives cookies without end does not fill the memory', () => {
  const jar = new CookieJar();
  jar.keep(HERE, Array.from({ length: 1000 }, (_, index) => `c${index}=1`), NOW);
  expect(jar.shownTo(HERE, NOW)?.split('; ')).toHaveLength(180);
});
