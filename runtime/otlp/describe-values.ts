/** Values as the Go collector prints them: attributes, times, numbers, names of enums. */
import { listOf, type MessageValue } from './message-value';
import { messageOf, type MessageName } from './messages';
import { textOf } from './value-text';

const NANOS_PER_SECOND = 1_000_000_000n;
const EXPONENT_FROM = 21;
const EXPONENT_BELOW = -4;

/** The parts of an attribute value: what type it has, and its text. */
export interface Described {
  /** `Str`, `Bool`, `Int`, `Double`, `Map`, `Slice`, `Bytes` or `Empty`. */
  readonly type: string;
  /** The value as text. */
  readonly text: string;
}

/** An attribute value. */
export function valueOf(any: MessageValue | undefined): Described {
  const {
    stringValue, boolValue, intValue, doubleValue, bytesValue, arrayValue, kvlistValue,
  } = any ?? {};
  if (stringValue !== undefined) return { type: 'Str', text: stringValue as string };
  if (boolValue !== undefined) return { type: 'Bool', text: String(boolValue) };
  if (intValue !== undefined) return { type: 'Int', text: String(intValue) };
  const type = doubleValue !== undefined ? 'Double' : bytesValue !== undefined ? 'Bytes'
    : arrayValue !== undefined ? 'Slice' : kvlistValue !== undefined ? 'Map' : 'Empty';
  return { type, text: any === undefined || type === 'Empty' ? '' : bytesOfText(any) };
}

/** `key` and value of each attribute in the list `field` of `message`. */
export function attributesOf(
  message: MessageValue | undefined, field = 'attributes',
): { readonly key: string; readonly value: Described }[] {
  return listOf(message ?? {}, field).map(({ key, value }) =>
    ({ key: (key ?? '') as string, value: valueOf(value as MessageValue | undefined) }));
}

/** Attributes under a heading; under an indented heading they are indented further. */
export function attributeLines(
  heading: string, message: MessageValue | undefined, field = 'attributes',
): string[] {
  const lines = attributesOf(message, field);
  if (lines.length === 0) return [];
  const indent = heading.includes('->') ? heading.split('->')[0] : '';
  return [
    `${heading}:`,
    ...lines.map(({ key, value }) => `${indent}     -> ${key}: ${value.type}(${value.text})`),
  ];
}

/** A text or id, empty when it is not set. */
export function word(value: unknown): string {
  return String(value ?? '');
}

/** A count, zero when it is not set. */
export function count(value: unknown): string {
  return String(value ?? 0);
}

/** As all texts here, its bytes one by one. */
function bytesOfText(value: MessageValue): string {
  return Buffer.from(textOf(value)).toString('latin1');
}

/** Nanoseconds since the Unix epoch as Go prints a time. */
export function timeOf(nanos: unknown): string {
  const whole = (nanos ?? 0n) as bigint;
  const seconds = new Date(Number(whole / NANOS_PER_SECOND) * 1000).toISOString();
  const fraction = String(whole % NANOS_PER_SECOND).padStart(9, '0').replace(/0+$/, '');
  const [day, time] = seconds.slice(0, 19).split('T');
  return `${day} ${time}${fraction === '' ? '' : `.${fraction}`} +0000 UTC`;
}

/** A number with six decimals, as `%f` prints it. */
export function fixed(value: unknown): string {
  const number = Number(value ?? 0);
  if (!Number.isFinite(number)) return infinite(number);
  return Math.abs(number) >= 1e21 ? `${BigInt(number)}.000000` : number.toFixed(6);
}

/** A number in its shortest form, as `%v` prints it. */
export function shortest(value: unknown): string {
  const number = Number(value ?? 0);
  if (!Number.isFinite(number)) return infinite(number);
  const [mantissa, digits] = number.toExponential().split('e');
  const exponent = Number(digits);
  if (number === 0 || exponent >= EXPONENT_BELOW && exponent < EXPONENT_FROM) {
    return Object.is(number, -0) ? '-0' : String(number);
  }
  const size = String(Math.abs(exponent)).padStart(2, '0');
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${size}`;
}

function infinite(number: number): string {
  if (Number.isNaN(number)) return 'NaN';
  return number > 0 ? '+Inf' : '-Inf';
}

/** A number of an enum as pdata names it, for instance `Server`; nothing for unknown ones. */
export function enumName(message: MessageName, field: string, value: unknown): string {
  const names = messageOf(message).byKey.get(field)?.enumNames ?? [];
  const name = names[(value ?? 0) as number]?.split('_').at(-1) ?? '';
  return name.slice(0, 1) + name.slice(1).toLowerCase();
}
