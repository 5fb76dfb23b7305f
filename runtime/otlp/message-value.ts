/**
 * A message as an object, for the ways that are not hot: JSON and descriptions.
 *
 * Fields stand under their JSON names; what is not there is not set. Texts are byte strings (one
 * character per UTF-8 byte, so that broken UTF-8 survives), ids are lower-case hex, 64-bit
 * integers are bigints, enums are numbers.
 */
export interface MessageValue {
  /** A field by its JSON name. */
  [field: string]: FieldValue | undefined;
}

/** The value of one field. */
export type FieldValue =
  string | number | bigint | boolean | Uint8Array | MessageValue | FieldValue[];

/** The text that a byte string stands for. */
export function textOf(byteString: string): string {
  return Buffer.from(byteString, 'latin1').toString();
}

/** Messages of a list field, none when it is not set. */
export function listOf(value: MessageValue, field: string): readonly MessageValue[] {
  return (value[field] ?? []) as MessageValue[];
}
