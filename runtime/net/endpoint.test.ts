import * as dns from 'dns';
import {
  addressesOf, authorityOf, listenOptions, parseClientEndpoint, parseHostPort,
} from './endpoint';

it.each([
  ['0.0.0.0:4317', { host: '0.0.0.0', port: 4317 }],
  ['[::1]:4317', { host: '::1', port: 4317 }],
  ['localhost:0', { host: 'localhost', port: 0 }],
  [':4317', { host: '', port: 4317 }],
  ['sampler-0.sampler.telemetry.svc:65535', {
    host: 'sampler-0.sampler.telemetry.svc', port: 65535,
  }],
])('%s names a host and a port', (text, expected) => {
  expect(parseHostPort(text, 'endpoint')).toEqual(expected);
});

it.each([
  ['h', 'address h: missing port in address'],
  ['[::1]', 'address [::1]: missing port in address'],
  ['::1:4317', 'address ::1:4317: too many colons in address'],
  ['h:x', 'invalid port "x"'],
  ['h:', 'invalid port ""'],
  ['h:65536', 'invalid port "65536"'],
  ['h:-1', 'invalid port "-1"'],
])('%s is refused', (text, rule) => {
  expect(() => parseHostPort(text, 'endpoint'))
    .toThrow(`endpoint: must be host:port, ${rule}, got "${text}"`);
});

it.each([
  ['tempo:4317', { scheme: '', host: 'tempo', port: 4317 }],
  ['http://tempo:4317', { scheme: 'http', host: 'tempo', port: 4317 }],
  ['HTTPS://tempo:4317/', { scheme: 'https', host: 'tempo', port: 4317 }],
  ['dns:///sampler.telemetry:4317', { scheme: '', host: 'sampler.telemetry', port: 4317 }],
  ['dns:///sampler.telemetry', { scheme: '', host: 'sampler.telemetry', port: 443 }],
  ['dns:///[::1]:4317', { scheme: '', host: '::1', port: 4317 }],
  ['passthrough:///10.0.0.1:4317', { scheme: '', host: '10.0.0.1', port: 4317 }],
])('%s is where a client connects to', (text, expected) => {
  expect(parseClientEndpoint(text, 'endpoint')).toEqual(expected);
});

it.each([
  ['tempo', /missing port in address/],
  ['dns://8.8.8.8/tempo:4317', /must have three slashes after "dns:"/],
])('a client cannot connect to %s', (text, message) => {
  expect(() => parseClientEndpoint(text, 'endpoint')).toThrow(message);
});

test.each([
  ['unix:///run/otel.sock', '/run/otel.sock'], ['unix:otel.sock', 'otel.sock'],
  ['unix:/run/otel.sock', '/run/otel.sock'],
])('a client connects to the socket of %s', (text, socketPath) => {
  const endpoint = parseClientEndpoint(text, 'endpoint');
  expect(endpoint).toMatchObject({ socketPath, host: 'localhost' });
  expect(authorityOf(endpoint)).toBe('localhost');
});

it('brackets IPv6 addresses only', () => {
  expect(authorityOf({ host: '::1', port: 1 })).toBe('[::1]:1');
  expect(authorityOf({ host: 'a', port: 1 })).toBe('a:1');
});

describe('a name', () => {
  const real = jest.requireActual<typeof dns>('dns');
  const { lookup } = real;

  afterEach(() => { Object.assign(real, { lookup }); });

  function answer(...addresses: readonly [string, number][]): void {
    const found = addresses.map(([address, family]) => ({ address, family }));
    Object.assign(real, {
      lookup: (_name: string, _options: object, done: (...all: unknown[]) => void) => {
        setImmediate(() => done(null, found));
      },
    });
  }

  it('has all its addresses, IPv4 first, each once', async () => {
    answer(['::1', 6], ['127.0.0.2', 4], ['127.0.0.1', 4], ['127.0.0.1', 4]);
    expect(await addressesOf('name.test')).toEqual(['127.0.0.2', '127.0.0.1', '::1']);
  });

  it('is listened on at its first address, and nothing at all addresses', async () => {
    answer(['::1', 6], ['127.0.0.2', 4]);
    expect(await listenOptions({ host: 'name.test', port: 1 })).toEqual({
      host: '127.0.0.2', port: 1,
    });
    expect(await listenOptions({ host: '', port: 1 })).toEqual({ port: 1 });
    expect(await listenOptions({ host: '::', port: 1 })).toEqual({ host: '::', port: 1 });
  });

  it('without an address is named', async () => {
    Object.assign(real, {
      lookup: (_name: string, _options: object, done: (error: Error) => void) => {
        setImmediate(() => done(new Error('getaddrinfo ENOTFOUND name.test')));
      },
    });
    await expect(addressesOf('name.test')).rejects.toThrow(
      'host name.test: must have an address, got getaddrinfo ENOTFOUND name.test');
  });
});
