import { proxyFor } from './proxy';

const PROXY = { HTTP_PROXY: 'http://p:1', HTTPS_PROXY: 'http://p:2' };

/** The rules of golang.org/x/net/http/httpproxy. */
test.each<[string, Record<string, string>, string | undefined]>([
  ['http://h/', {}, undefined],
  ['http://h/', PROXY, 'p:1'],
  ['https://h/', PROXY, 'p:2'],
  ['https://h/', { HTTP_PROXY: 'http://p:1' }, undefined],
  ['http://h/', { http_proxy: 'p:1' }, 'p:1'],
  ['http://localhost:4318/', PROXY, undefined],
  ['http://127.0.0.9/', PROXY, undefined],
  ['http://[::1]/', PROXY, undefined],
  ['http://h/', { ...PROXY, NO_PROXY: '*' }, undefined],
  ['http://h/', { ...PROXY, no_proxy: 'a, H ' }, undefined],
  ['http://a.h/', { ...PROXY, NO_PROXY: 'h' }, undefined],
  ['http://ah/', { ...PROXY, NO_PROXY: 'h' }, 'p:1'],
  ['http://h/', { ...PROXY, NO_PROXY: '.h' }, 'p:1'],
  ['http://a.h/', { ...PROXY, NO_PROXY: '.h' }, undefined],
  ['http://a.h/', { ...PROXY, NO_PROXY: '*.h' }, undefined],
  ['http://h:81/', { ...PROXY, NO_PROXY: 'h:81' }, undefined],
  ['http://h/', { ...PROXY, NO_PROXY: 'h:81' }, 'p:1'],
  ['https://h/', { ...PROXY, NO_PROXY: 'h:443' }, undefined],
  ['http://10.1.2.3/', { ...PROXY, NO_PROXY: '10.1.0.0/16' }, undefined],
  ['http://10.2.2.3/', { ...PROXY, NO_PROXY: '10.1.0.0/16' }, 'p:1'],
  ['http://10.1.2.3/', { ...PROXY, NO_PROXY: '10.1.2.3' }, undefined],
  ['http://[fd00::1]:4318/', { ...PROXY, NO_PROXY: 'fd00::/8' }, undefined],
  ['http://[fd00::1]:4318/', { ...PROXY, NO_PROXY: '[fd00::1]:4318' }, undefined],
  ['http://h/', { ...PROXY, NO_PROXY: '10.0.0.0/99,,' }, 'p:1'],
])('requests to %s with %j go to %s', (url, env, host) => {
  expect(proxyFor(new URL(url), '', env)?.host).toBe(host);
});

test('a proxy that is given is taken for every host, whatever the variables say', () => {
  const given = 'http://q:3';
  expect(proxyFor(new URL('http://localhost'), given, { NO_PROXY: '*' })?.host).toBe('q:3');
});

test('a variable that names no proxy is told, but not what it holds', () => {
  expect(() => proxyFor(new URL('http://h'), '', { HTTP_PROXY: 'socks5://u:secret@h' }))
    .toThrow('HTTP_PROXY: must be a URL such as http://host:3128');
});
