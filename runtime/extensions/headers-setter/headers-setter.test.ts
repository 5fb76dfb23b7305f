import { createHeadersSetterExtension } from './headers-setter';
import type { Extension } from '../../component';
import { headersSetterExtension } from '../../config';
import { withCredentials, type ClientAuthenticator } from '../../net/authentication';
import { componentContext } from '../../testing/component-context';
import { componentSuite } from '../../testing/component-suite';

function setter(yaml: object, other?: object) {
  const { settings, problems } = headersSetterExtension.read(yaml);
  if (settings === undefined) throw new Error(JSON.stringify(problems));
  const context = componentContext('headers_setter', {
    extension: (id) => id === 'other' ? other as Extension : undefined,
  });
  return { extension: createHeadersSetterExtension(settings, context), context };
}

componentSuite('headers_setter', {
  kind: 'extension',
  make: () => {
    const { extension, context } = setter({ headers: [{ key: 'a', value: 'b' }] });
    return { component: extension, clock: context.clock };
  },
});

test.each([
  ['insert', { a: '1' }, { a: '1', b: '2' }],
  ['update', { a: '2' }, { a: '2' }],
  ['upsert', { a: '2' }, { a: '2', b: '2' }],
  ['delete', {}, {}],
])('%s does to one header %j, and to one and another that is not there %j', async (
  action, one, both,
) => {
  const change = (...keys: string[]) => setter({
    headers: keys.map((key) => ({ key, action, value: '2' })),
  }).extension.credentials();
  expect(withCredentials({ a: '1' }, await change('A'))).toEqual(one);
  expect(withCredentials({ a: '1' }, await change('A', 'b'))).toEqual(both);
});

test.each([
  [{ 'x-tenant': ['b'] }, { default_value: 'c' }, 'b'],
  [{ other: ['b'] }, { default_value: 'c' }, 'c'],
  [undefined, {}, ''],
])('of a request with %j, and %j, the header is %j', (metadata, more, value) => {
  const { extension } = setter({ headers: [{ key: 'tenant', from_context: 'X-Tenant', ...more }] });
  expect(extension.credentials(metadata)).toEqual([{ action: 'upsert', name: 'tenant', value }]);
});

test('a header that a request has twice is no value', () => {
  const { extension } = setter({ headers: [{ key: 'tenant', from_context: 'a' }] });
  expect(() => extension.credentials({ a: ['1', '2'] })).toThrow(
    'headers[0].from_context: must name a header that requests have once, got 2 values');
});

test('what another extension sets comes before the header of a request', async () => {
  const before = [{ action: 'upsert', name: 'authorization', value: 'x' }] as const;
  const { extension } = setter({
    headers: [{ key: 'tenant', from_context: 'a' }], additional_auth: 'other',
  }, { needsTls: false, credentials: () => Promise.resolve(before) });
  expect(await extension.credentials({ a: ['1'] }))
    .toEqual([...before, { action: 'upsert', name: 'tenant', value: '1' }]);
});

test('another extension sets its headers before', async () => {
  const before = [{ action: 'upsert', name: 'authorization', value: 'x' }] as const;
  const other: ClientAuthenticator = { needsTls: true, credentials: () => before };
  const yaml = { headers: [{ key: 'tenant', value: 'y' }], additional_auth: 'other' };
  const { extension } = setter(yaml, other);
  await extension.start();
  expect(extension.needsTls).toBe(true);
  const both = [...before, { action: 'upsert', name: 'tenant', value: 'y' }];
  expect(extension.credentials()).toEqual(both);
  expect(extension.credentials()).toBe(extension.credentials());
  const late = setter(yaml, { ...other, credentials: () => Promise.resolve(before) });
  expect(await late.extension.credentials()).toEqual(both);
});

test.each([
  [undefined, 'must name an extension that service.extensions names, got "other"'],
  [{ authenticate: () => undefined }, 'must name an extension that adds credentials to requests,'
    + ' got "other"'],
])('another extension that cannot do so is told at start', (other, message) => {
  const { extension } = setter(
    { headers: [{ key: 'a', value: 'b' }], additional_auth: 'other' }, other);
  expect(() => extension.start()).toThrow(`additional_auth: ${message}`);
});
