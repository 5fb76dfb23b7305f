import { holdsName, namesOf, nameToVerify } from '../../src/security/server-names';

test('a certificate holds every name of both Services, and those of pods', () => {
  expect(namesOf({ name: 'a', headlessName: 'a-headless', namespace: 'ns' })).toEqual([
    'a', 'a.ns', 'a.ns.svc', 'a.ns.svc.cluster.local',
    'a-headless', 'a-headless.ns', 'a-headless.ns.svc', 'a-headless.ns.svc.cluster.local',
    '*.a-headless.ns.svc.cluster.local',
  ]);
});

test('a certificate holds short names only where nobody knows the namespace', () => {
  expect(namesOf({ name: 'a', headlessName: 'a-headless' })).toEqual(['a', 'a-headless']);
});

test.each([
  ['a.example.com', 'a.example.com', true],
  ['A.example.com', 'a.Example.com.', true],
  ['*.example.com', 'a.example.com', true],
  ['*.example.com', 'example.com', false],
  ['*.example.com', 'b.a.example.com', false],
  ['a.example.com', 'b.example.com', false],
  ['*', 'a', false],
])('a certificate of %s is one of %s: %s', (name, host, expected) => {
  expect(holdsName([name], host)).toBe(expected);
});

test.each([
  [['x', 'gateway.ns.svc'], 'gateway.ns.svc'],
  [['*.ns.svc'], 'gateway.ns.svc'],
  [['*.example.com', 'otel.example.com'], 'otel.example.com'],
  [[], 'gateway.ns.svc'],
])('with %j senders verify %s', (names, expected) => {
  expect(nameToVerify(names, 'gateway.ns.svc')).toBe(expected);
});
