/** Values and trace states of all shapes, such as nobody means but somebody sends. */
import type { RandomChoices } from './random-choices';

/** Stands for bytes that are no UTF-8, which no text can hold. */
const HOLE = '\u01ff\u01ff';
const NO_UTF8 = [
  [0xff, 0xfe, 0x80, 0xc3], [0xed, 0xa0, 0x80, 0x41], [0xf0, 0x9f, 0x98, 0x22],
  [0x41, 0xc3, 0x28, 0x80], [0xe2, 0x82, 0xe2, 0x82],
];
const TEXTS = [
  'a', '', 'ü', '<&>', '\u2028x\u2029', 'a"b\\c', '\u0000\u001f\u007f', '\b\f\n\r\t', '😀',
  '\ufffd', 'b|c=d', ' x ', HOLE, `p${HOLE}`, 'true', '7',
];
const DOUBLES = [
  0, -0, 1, -1, 0.1, 1e21, 1e20, 123456789012345680000, 1e-6, 1e-7, 9.99e-7, 1e100, 5e-324,
  Number.MAX_VALUE, NaN, Infinity, -Infinity, 2 ** 53, 1.5e300, 100, 4294967296.5,
];
const INTEGERS = [
  '0', '1', '-1', '9223372036854775807', '-9223372036854775808', '9007199254740993',
  '9007199254740892', '9007199254740893', '-9007199254740993', '4294967296', '-4294967297',
];
const DEEPEST = 2;
const OT_MEMBERS = [
  'th:8', 'th:0', 'th:00', 'th:80000000000000', 'th:fffffffffffff8', 'th:ffffffffffffff', 'th:a',
  'rv:80000000000001', 'rv:00000000000000', 'rv:ffffffffffffff', 'rv:abcdef01234567', 'x:y', 'x:',
  'x9:A-b_.c', 'th:0001',
];
const FAULTY_OT_MEMBERS = [
  'th:C', 'th:', 'th:800000000000001', 'th:zz', 'th:-1', 'th:+1', 'rv:ABCDEF01234567', 'rv:',
  'rv:8', 'rv:800000000000011', 'X:y', ':y', 'x', '',
];
const VENDORS = [
  'vendor=a', 'other=x', 'k=v', '1a@b=c', 'v0=a b', 'a*/-_=~', 'vendor=b ', `k=${'v'.repeat(249)}`,
];
const FAULTY_VENDORS = ['1a=b', 'a@1=c', 'A=b', 'a=', '=b', 'a', 'a=b=c', 'ü=a', 'a@=b', 'a=b\tc'];

/** An AnyValue of any type. */
export function wildValue(choose: RandomChoices, depth = 0): object {
  const inner = (): object => wildValue(choose, depth + 1);
  const several = (make: () => object): object[] =>
    Array.from({ length: choose.whole(0, 4) }, make);
  const simple: readonly (() => object)[] = [
    () => ({}),
    () => ({ boolValue: choose.chance(0.5) }),
    () => ({ intValue: choose.one(INTEGERS) }),
    () => ({ doubleValue: choose.one(DOUBLES) }),
    () => ({ bytesValue: choose.bytes(choose.whole(0, 5)) }),
    () => ({ stringValue: choose.one(TEXTS) }),
  ];
  return choose.one(depth > DEEPEST ? simple : [
    ...simple,
    () => ({ arrayValue: { values: several(inner) } }),
    () => ({ kvlistValue: { values: several(() => keyed(choose.one(TEXTS), inner())) } }),
  ])();
}

/** The Go collector writes no empty key. */
function keyed(key: string, value: object): object {
  return key === '' ? { value } : { key, value };
}

/** Some of these attributes, in any order, a few of them twice. */
export function wildAttributes(
  choose: RandomChoices, keys: readonly string[], share: number,
): object[] {
  return choose.shuffled(keys.filter(() => choose.chance(share)).flatMap((key) =>
    Array.from({ length: choose.chance(0.15) ? 2 : 1 }, () => keyed(key, wildValue(choose)))));
}

/** A trace state of one to 33 members, one half of which can be read. */
export function wildTraceState(choose: RandomChoices): string {
  const isFaulty = choose.chance(0.5);
  const [ots, vendors] = isFaulty
    ? [[...OT_MEMBERS, ...FAULTY_OT_MEMBERS], [...VENDORS, ...FAULTY_VENDORS]]
    : [OT_MEMBERS, VENDORS];
  const ot = (): string =>
    `ot=${choose.some(ots, choose.whole(1, 3)).join(';')}${isFaulty ? choose.one(['', ';']) : ''}`;
  const members = [
    ot(),
    ...choose.some(vendors, choose.whole(0, 3)),
    ...isFaulty ? Array.from({ length: choose.one([0, 1, 29, 32]) }, (_, at) => `m${at}=1`) : [],
  ];
  const space = (): string => choose.one(['', '', '', ' ', '\t']);
  const all = choose.shuffled(members).map((member) => `${space()}${member}${space()}`);
  return all.join(',') + choose.one(['', '', '', ',', ' ']);
}

/** The request with bytes that are no UTF-8 where wild values have them. */
export function spoilt(choose: RandomChoices, request: Buffer): Buffer {
  const bytes = Buffer.from(request);
  for (let at = bytes.indexOf(HOLE); at >= 0; at = bytes.indexOf(HOLE, at + 1)) {
    bytes.set(choose.one(NO_UTF8), at);
  }
  return bytes;
}
