import { ALWAYS, hexOf, thresholdOfShare, thresholdText, type Word64 } from './sampling-threshold';
import { TraceState } from './trace-state';

const state = new TraceState();

function read(text: string): boolean {
  const bytes = Buffer.from(`<${text}>`);
  return state.read(bytes, 1, bytes.length - 1);
}

function written(): string {
  const out = Buffer.alloc(2000, '~');
  const end = state.write(out, 3);
  expect(end).toBe(3 + state.length);
  return out.subarray(3, end).toString();
}

const half = thresholdOfShare(0.5) as Word64;
const long = (length: number): string => 'v'.repeat(length);

test.each([
  ['', ''],
  ['vendor=1', 'vendor=1'],
  ['ot=th:8', 'ot=th:8'],
  ['ot=th:80000000000000', 'ot=th:80000000000000'],
  ['ot=rv:9B8233F7E3A151', 'ot=rv:9B8233F7E3A151'],
  ['a=1, \tot=xx:1;th:C;rv:00000000000001 ,,b@c=2,', 'ot=rv:00000000000001;th:C;xx:1,a=1,b@c=2'],
  ['ot=th:8,ot=p:1', 'ot=p:1'],
  ['ot=th:8;th:c', 'ot=th:c'],
  ['0a@b= x y', '0a@b= x y'],
  [`k=${long(256)}`, `k=${long(256)}`],
  [Array.from({ length: 31 }, (_, i) => `k${i}=1`).join(), undefined],
])('%s is read, and written with ot first', (text, out) => {
  expect(read(text)).toBe(true);
  expect(written()).toBe(out ?? text);
});

test.each([
  ['no value', 'vendor'], ['an empty value', 'vendor='], ['an empty key', '=1'],
  ['a capital letter', 'Vendor=1'], ['two equal signs', 'a=1=2'], ['a digit first', '1a=1'],
  ['an empty tenant', '@b=1'], ['a system that begins with a digit', 'a@1=1'],
  ['a long key', `${long(257)}=1`], ['a long system', `a@${long(15)}=1`],
  ['a long value', `k=${long(257)}`], ['a letter beyond ASCII', 'k=ä'],
  ['more than a thousand bytes', Array.from({ length: 5 }, (_, i) => `k${i}=${long(250)}`).join()],
  ['32 members', Array.from({ length: 32 }, (_, i) => `k${i}=1`).join()],
  ['a semicolon at the end', 'ot=th:8;'], ['nothing between semicolons', 'ot=a:1;;b:2'],
  ['a member without colon', 'ot=th'], ['a threshold of nothing', 'ot=th:'],
  ['a threshold of 15 digits', 'ot=th:123456789012345'], ['a threshold of letters', 'ot=th:xyz'],
  ['a randomness of 13 digits', 'ot=rv:1234567890123'], ['a blank in ot', 'ot=a:1 2'],
  ['a capital letter in a key of ot', 'ot=A:1'], ['a fault in the first of two ot', 'ot=;,ot=th:8'],
])('%s is no trace state', (_what, text) => {
  expect(read(text)).toBe(false);
});

test('a threshold replaces one that is less strict, and no other', () => {
  read('ot=rv:ffffffffffffff;th:4;x:y,a=b');
  expect(state.raiseThreshold(half)).toBe(true);
  expect(written()).toBe('ot=rv:ffffffffffffff;th:8;x:y,a=b');
  expect(state.raiseThreshold(ALWAYS)).toBe(false);
  expect(written()).toBe('ot=rv:ffffffffffffff;th:8;x:y,a=b');
});

test('what there was not is added', () => {
  read('a=b');
  state.setRandomness({ high: 0xabc, low: 1 });
  state.raiseThreshold(ALWAYS);
  expect(written()).toBe('ot=rv:000abc00000001;th:0,a=b');
});

test('a threshold that is taken out is gone', () => {
  read('ot=th:8,a=b');
  state.clearThreshold();
  expect(written()).toBe('a=b');
});

test.each([
  [1, 14, '0'], [0.75, 14, '4'], [0.5, 14, '8'], [0.25, 14, 'c'], [0.1, 14, 'e6666666666666'],
  [0.01, 3, 'fd71'], [0.01, 4, 'fd70a'], [0.01, 14, 'fd70a3d70a3d71'], [0.4, 3, '99a'],
  [2 ** -56, 4, 'ffffffffffffff'],
])('a share of %d with %d digits has the threshold %s', (share, precision, text) => {
  expect(thresholdText(thresholdOfShare(share, precision) as Word64)).toBe(text);
});

test.each([0, -1, 1.5, NaN, 2 ** -57])('a share of %d has none', (share) => {
  expect(thresholdOfShare(share)).toBeUndefined();
});

test('56 bits have 14 digits', () => {
  expect(hexOf({ high: 1, low: 2 })).toBe('00000100000002');
});
