import { groupByResource } from './resource-groups';
import { MalformedError } from '../errors';
import { createPayload, SIGNALS } from '../pipeline/payload';
import { HOSTILE_BYTES } from '../testing/hostile-bytes';
import { bytesOf, samplePayload } from '../testing/sample-payload';

describe('groupByResource', () => {
  it.each(SIGNALS)('keeps every byte of %s, by the text of the attribute', (signal) => {
    const all = createPayload(signal, [
      ...samplePayload(signal, 1, 'a').chunks, ...samplePayload(signal, 2, 'b').chunks,
      ...samplePayload(signal, 3, 'a').chunks,
    ], 6);
    const groups = groupByResource(all, 'service.name');
    expect([...groups].map(([text, parts]) => [text, parts.length])).toEqual([['a', 2], ['b', 1]]);
    const first = bytesOf([samplePayload(signal, 1, 'a')]);
    expect(first.includes(Buffer.from(groups.get('a')![0]))).toBe(true);
  });

  it('takes no other attribute, and none that is no text', () => {
    expect([...groupByResource(samplePayload('traces', 1), 'service').keys()]).toEqual([undefined]);
  });

  it.each(HOSTILE_BYTES)('answers %s with a typed error, if any', (_name, bytes) => {
    try {
      groupByResource(createPayload('traces', [bytes], 1), 'a');
    } catch (error) {
      expect(error).toBeInstanceOf(MalformedError);
    }
  });
});
