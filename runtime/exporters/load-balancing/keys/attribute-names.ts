/** The encodings of attributes in identifiers, of today and of older releases. */
import { addText, addValueText } from '../../../otlp/value-text';
import type { ByteBuilder } from '../../../wire/byte-builder';

const PIPE = 0x7c;
const EQUALS = 0x3d;

/** How one attribute stands in an identifier. */
export interface AttributeEncoding {
  /** Whether names stand before values. */
  readonly isNamed: boolean;
}

/** `name=value|`, or `name=|` without one: since v0.152 for traces, and ever for other signals. */
export const NAMED: AttributeEncoding = { isNamed: true };

/** The value alone where it is a text, else nothing: traces up to v0.151. */
export const BARE: AttributeEncoding = { isNamed: false };

/** The names of attributes that decide, and how they are written. */
export class AttributeNames {
  /** The names as UTF-8. */
  public readonly names: readonly Uint8Array[];

  public constructor(names: readonly string[], private readonly encoding: AttributeEncoding) {
    this.names = names.map((name) => Buffer.from(name));
  }

  /** Writes attribute number `index` with the AnyValue from `start` to `end`. */
  public addValue(
    to: ByteBuilder, index: number, bytes: Uint8Array, start: number, end: number,
  ): void {
    if (!this.encoding.isNamed) {
      addText(to, bytes, start, end);
      return;
    }
    this.begin(to, index);
    addValueText(to, bytes, start, end);
    to.addByte(PIPE);
  }

  /** Writes attribute number `index` with the text from `start` to `end`. */
  public addText(
    to: ByteBuilder, index: number, bytes: Uint8Array, start: number, end: number,
  ): void {
    const { isNamed } = this.encoding;
    if (isNamed) this.begin(to, index);
    to.add(bytes, start, end);
    if (isNamed) to.addByte(PIPE);
  }

  private begin(to: ByteBuilder, index: number): void {
    const name = this.names[index];
    to.add(name, 0, name.length);
    to.addByte(EQUALS);
  }
}
