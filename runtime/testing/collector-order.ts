/** OTLP bytes in the order of the Go collector: higher fields first, at every level. */
import { Type, Writer } from 'protobufjs';
import { protoType } from './otlp-proto';

const LEN = 2;

/** The same message as `bytes`, of the type `name`, with all fields in the other order. */
export function inCollectorOrder(name: string, bytes: Uint8Array): Buffer {
  const type = protoType(name);
  return Buffer.from(rewritten(type, type.decode(bytes) as unknown as Held));
}

type Held = Readonly<Record<string, unknown>>;

function rewritten(type: Type, message: Held): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const field of [...type.fieldsArray].sort((a, b) => b.id - a.id)) {
    if (!Object.hasOwn(message, field.name)) continue;
    const value = message[field.name];
    const inner = field.resolve().resolvedType;
    if (!(inner instanceof Type)) {
      pieces.push(type.encode({ [field.name]: value }).finish());
      continue;
    }
    for (const each of field.repeated ? value as Held[] : [value as Held]) {
      const header = Writer.create().uint32(field.id << 3 | LEN).bytes(rewritten(inner, each));
      pieces.push(header.finish());
    }
  }
  return Buffer.concat(pieces);
}
