import {
  createPayload, letGo, mergePayloads, receivedPayload, shared, withMetadata, type Payload,
} from './payload';
import { messageBlocks } from '../wire/block-pool';

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

describe('The memory of what was received', () => {
  const lent = () => {
    const bytes = messageBlocks.take(100_000);
    return { bytes, payload: receivedPayload('traces', bytes, 1) };
  };
  const isLentNext = ({ buffer }: Uint8Array): boolean =>
    messageBlocks.take(100_000).buffer === buffer;

  it('is lent again when its consumer lets it go, once', () => {
    const { bytes, payload } = lent();
    letGo(payload);
    expect(isLentNext(bytes)).toBe(true);
    letGo(payload);
    expect(isLentNext(bytes)).toBe(false);
  });

  it.each([
    ['is kept for a socket that may still read it', (payload: Payload) => {
      messageBlocks.keep(payload.chunks[0]);
      letGo(payload);
    }],
    ['is nobody\'s own where several get it', (payload: Payload) => letGo(shared(payload))],
    ['is not let go by what is made of it', (payload: Payload) =>
      letGo(mergePayloads('traces', [payload, payload]))],
  ])('%s', (_, end) => {
    const { bytes, payload } = lent();
    end(payload);
    expect(isLentNext(bytes)).toBe(false);
  });
});
