/** The trace id of each log record; records without one go anywhere. */
import { LOG_TRACE_ID } from '../../../otlp/fields';
import { Verdict, type Key } from '../../../otlp/key-splitter';
import { ByteBuilder } from '../../../wire/byte-builder';
import { fieldTag, nextField, position } from '../../../wire/reader';

const ID_BYTES = 16;
/** So much of an id that is made up is random, the rest is zero. */
const RANDOM_BYTES = 4;

/** How a trace id stands in an identifier. */
export type TraceIdForm = 'hex' | 'bytes';

/** Routes log records by trace id. */
export class LogTraceIdKey implements Key {
  public readonly identifier = new ByteBuilder();
  private readonly made = new Uint8Array(ID_BYTES);

  public constructor(
    private readonly form: TraceIdForm, private readonly random: () => number,
  ) {}

  public group(): Verdict {
    return Verdict.Inside;
  }

  public item(bytes: Uint8Array, start: number, end: number, unit: number): number {
    let idAt = -1;
    for (let at = start; at < end;) {
      at = nextField(bytes, at, end);
      if (fieldTag === LOG_TRACE_ID) idAt = at - position === ID_BYTES ? position : -1;
    }
    if (idAt >= 0 && !isEmpty(bytes, idAt)) {
      this.write(bytes, idAt);
    } else {
      for (let i = 0; i < RANDOM_BYTES; i += 1) this.made[i] = Math.floor(this.random() * 256);
      this.write(this.made, 0);
    }
    return unit;
  }

  private write(bytes: Uint8Array, at: number): void {
    const { identifier } = this;
    identifier.end = 0;
    if (this.form === 'hex') identifier.addHex(bytes, at, at + ID_BYTES);
    else identifier.add(bytes, at, at + ID_BYTES);
  }
}

function isEmpty(bytes: Uint8Array, at: number): boolean {
  let i = 0;
  while (i < ID_BYTES && bytes[at + i] === 0) i += 1;
  return i === ID_BYTES;
}
