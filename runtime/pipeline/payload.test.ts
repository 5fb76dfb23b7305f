import { createPayload, mergePayloads, withMetadata } from './payload';

const metadata = { tenant: ['a'] };
const part = (given?: typeof metadata) => createPayload('traces', [new Uint8Array(2)], 1, given);

test('parts of one request keep its metadata when they are merged', () => {
  expect(mergePayloads('traces', [part(metadata), part(metadata)])).toMatchObject(
    { metadata, items: 2, sizeBytes: 4 });
});

test('what is gathered from several requests has no metadata', () => {
  const merged = mergePayloads('traces', [part(metadata), part({ tenant: ['a'] })]);
  expect('metadata' in merged).toBe(false);
  expect('metadata' in mergePayloads('traces', [part(), part(metadata)])).toBe(false);
  expect('metadata' in mergePayloads('traces', [])).toBe(false);
});

test('metadata can be taken away, and is not copied where it stays', () => {
  const payload = part(metadata);
  expect(withMetadata(payload, metadata)).toBe(payload);
  expect('metadata' in withMetadata(payload, undefined)).toBe(false);
});
