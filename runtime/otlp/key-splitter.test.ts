import { countItems } from './count-items';
import { KeySplitter, Verdict, type Key, type KeyRoute } from './key-splitter';
import { MalformedError } from '../errors';
import { SIGNALS, type Signal } from '../pipeline/payload';
import { decodeForeign, encodeForeign, foreignPayload } from '../testing/foreign-otlp';
import { contents } from '../testing/routing-oracle';
import { logRecords } from '../testing/span-builder';
import { ByteBuilder } from '../wire/byte-builder';

/** Routes a group by its last bytes where they say so, and items by their last byte. */
class LetterKey implements Key {
  public readonly identifier = new ByteBuilder();
  public asked = 0;

  public constructor(private readonly decideAt: number, private readonly leaveOut = '') {}

  public group(bytes: Uint8Array, _start: number, end: number, depth: number): Verdict {
    if (depth < this.decideAt) return Verdict.Inside;
    this.write(bytes, end);
    return String.fromCharCode(bytes[end - 1]) === this.leaveOut
      ? Verdict.LeftOut : Verdict.Whole;
  }

  public item(bytes: Uint8Array, _start: number, end: number, unit: number): number {
    this.asked += 1;
    this.write(bytes, end);
    return unit;
  }

  private write(bytes: Uint8Array, end: number): void {
    this.identifier.end = 0;
    this.identifier.addByte(bytes[end - 1]);
  }
}

/** `a` goes to 0, `b` to 1 and so on. */
const byLetter: KeyRoute = ([letter]) => letter - 'a'.charCodeAt(0);

/** Text that no version of OTLP has a field for today, at the very end of its message. */
const ending = (future: string): object => ({ future });

function entries(signal: Signal, letters: readonly string[]): object {
  const items = letters.map((letter) => ending(`item ${letter}`));
  const [resources, scopes, list] = {
    traces: ['resource_spans', 'scope_spans', 'spans'],
    logs: ['resource_logs', 'scope_logs', 'log_records'],
    metrics: ['resource_metrics', 'scope_metrics', 'metrics'],
  }[signal];
  const inner = signal !== 'metrics' ? items : [
    { name: 'one', unit: 's', sum: { data_points: items, is_monotonic: true, ...ending('sum') } },
    { name: 'two', gauge: { data_points: items.slice(0, 1) }, ...ending('metric') },
  ];
  return {
    [resources]: letters.slice(0, 2).map((letter, number) => ({
      resource: { attributes: [{ key: 'number', value: { int_value: number } }], ...ending('r') },
      schema_url: `https://resource/${number}`,
      [scopes]: [
        {
          scope: { name: `first ${letter}`, ...ending('scope') },
          schema_url: 'https://scope',
          [list]: inner,
          ...ending('scope entry'),
        },
        { scope: { name: 'second' }, [list]: inner },
      ],
      ...ending(`resource ${letter}`),
    })),
    ...ending('request'),
  };
}

describe.each(SIGNALS)('%s', (signal) => {
  const bytes = encodeForeign(signal, entries(signal, ['b', 'a', 'b', 'b', 'd']) as never);
  const whole = contents(signal, bytes);

  test('that are split by item keep all that is around, and what OTLP has not yet', () => {
    const parts = new KeySplitter(signal, new LetterKey(9)).split(bytes, byLetter);
    expect(parts.map(({ target }) => target)).toEqual([0, 1, 3]);
    for (const part of parts) {
      expect(countItems(signal, part.bytes)).toBe(part.items);
      expect(part.items).toBeGreaterThan(0);
      expect(decodeForeign(signal, part.bytes)).toMatchObject(ending('request'));
    }
    const all = parts.flatMap((part) => contents(signal, part.bytes)).sort();
    expect(all).toEqual(whole);
  });

  test('keep their order in a part, and each group once', () => {
    const [, part] = new KeySplitter(signal, new LetterKey(9)).split(bytes, byLetter);
    const expected = entries(signal, ['b', 'a', 'b', 'b', 'd']);
    const text = JSON.stringify(decodeForeign(signal, part.bytes));
    expect(text.match(/item ./g)).toEqual(
      JSON.stringify(expected).match(/item ./g)?.filter((item) => item === 'item b'));
    expect(text.match(/https:\/\/resource\/0/g)).toHaveLength(1);
    expect(text.match(/"name":"second"/g)).toHaveLength(2);
  });

  test('whose groups are decided about are not looked into', () => {
    const key = new LetterKey(1);
    const parts = new KeySplitter(signal, key).split(bytes, byLetter);
    expect(key.asked).toBe(0);
    expect(parts.map(({ target }) => target)).toEqual([0, 1]);
    expect(parts.flatMap((part) => contents(signal, part.bytes)).sort()).toEqual(whole);
    expect(parts.map((part) => countItems(signal, part.bytes)))
      .toEqual(parts.map(({ items }) => items));
  });

  test('that all go to one target are that request itself', () => {
    const [part, ...others] = new KeySplitter(signal, new LetterKey(9)).split(bytes, () => 7);
    expect(part).toEqual({ target: 7, bytes, items: countItems(signal, bytes) });
    expect(part.bytes).toBe(bytes);
    expect(others).toEqual([]);
  });

  test('that belong nowhere are in no part, and counted', () => {
    const splitter = new KeySplitter(signal, new LetterKey(1, 'b'));
    const payload = foreignPayload(signal, entries(signal, ['b', 'a', 'b', 'b', 'd']) as never, 1);
    const [{ payload: part }, ...others] = splitter.splitPayload(payload, byLetter);
    expect(others).toEqual([]);
    expect(part.items + splitter.leftOutItems).toBe(countItems(signal, bytes));
    const text = JSON.stringify(decodeForeign(signal, part.chunks[0]));
    expect(text).toContain('resource a');
    expect(text).not.toContain('resource b');
    expect(splitter.splitPayload(
      foreignPayload(signal, entries(signal, ['a']) as never, 1), byLetter)).toHaveLength(1);
    expect(splitter.leftOutItems).toBe(0);
  });
});

test('chunks of a payload are gathered by target', () => {
  const splitter = new KeySplitter('logs', new LetterKey(9));
  const one = encodeForeign('logs', entries('logs', ['a', 'b']) as never);
  const other = encodeForeign('logs', entries('logs', ['b', 'c']) as never);
  const parts = splitter.splitPayload(
    { signal: 'logs', chunks: [one, other], items: 0, sizeBytes: 0 }, byLetter);
  expect(parts.map(({ target, payload }) => [target, payload.chunks.length, payload.items]))
    .toEqual([[0, 1, 4], [1, 2, 8], [2, 1, 4]]);
});

test('more targets, groups and items than before are no matter', () => {
  const splitter = new KeySplitter('logs', new LetterKey(9));
  const few = splitter.split(encodeForeign('logs', entries('logs', ['a', 'b']) as never), byLetter);
  expect(few).toHaveLength(2);
  const letters = Array.from({ length: 3000 }, (_, i) => String.fromCharCode(97 + i % 25));
  const bytes = Buffer.concat(Array.from({ length: 60 }, () =>
    encodeForeign('logs', entries('logs', letters.slice(0, 100)) as never)));
  const parts = splitter.split(bytes, byLetter);
  expect(parts).toHaveLength(25);
  const all = parts.flatMap((part) => contents('logs', part.bytes)).sort();
  expect(all).toEqual(contents('logs', bytes));
});

test('bytes that are no request are refused', () => {
  const splitter = new KeySplitter('logs', new LetterKey(9));
  const bytes = logRecords([{ body: 'x' }]);
  expect(() => splitter.split(bytes.subarray(0, -1), byLetter)).toThrow(MalformedError);
  expect(splitter.split(bytes, () => 0)).toHaveLength(1);
  expect(splitter.split(new Uint8Array(0), byLetter)).toEqual([]);
});
