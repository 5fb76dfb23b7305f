import { readFileSync } from 'fs';
import { join } from 'path';
import { Enum, type Field as ProtoField, type Type } from 'protobufjs';
import * as tags from './fields';
import { ALL_MESSAGES, type Field } from './messages';
import { protoType } from '../testing/otlp-proto';

/** Messages that have another name in the .proto files, or in the text that the tests use. */
const PROTO_NAMES: Readonly<Record<string, string>> = {
  SpanEvent: 'Span.Event',
  SpanLink: 'Span.Link',
  Buckets: 'ExponentialHistogramDataPoint.Buckets',
  ValueAtQuantile: 'SummaryDataPoint.ValueAtQuantile',
};
const TELEMETRY = ALL_MESSAGES.filter(({ name }) => !/(Response|PartialSuccess)$/.test(name));

function ours({ number, name, kind, repeated, oneof, message, enumNames }: Field): object {
  const type = kind === 'message' ? PROTO_NAMES[message?.name ?? ''] ?? message?.name : kind;
  return {
    number,
    name,
    repeated,
    oneof,
    names: enumNames?.length,
    type: kind.startsWith('id') ? 'bytes' : type,
  };
}

function theirs({ id, name, repeated, partOf, resolvedType, type }: ProtoField): object {
  const isEnum = resolvedType instanceof Enum;
  const optional = partOf?.name.startsWith('_') ?? false;
  return {
    number: id,
    name,
    repeated,
    oneof: partOf !== null && !optional,
    names: isEnum && resolvedType.name !== 'SeverityNumber'
      ? Object.keys(resolvedType.values).length
      : undefined,
    type: isEnum ? 'enum' : resolvedType?.fullName.replace('.otlp.', '') ?? type,
  };
}

test.each(TELEMETRY)('$name has the fields of the .proto file', ({ name, fields }) => {
  const type: Type = protoType(PROTO_NAMES[name] ?? name);
  type.resolveAll();
  const expected = [...type.fieldsArray].sort((a, b) => a.id - b.id).map(theirs);
  const severity = (field: object): object => 'names' in field && field.names === 25
    ? { ...field, names: undefined, type: 'int32' }
    : field;
  expect(fields.map(ours).map(severity)).toEqual(expected);
});

describe('the tags of the hot path', () => {
  const source = readFileSync(join(__dirname, 'fields.ts'), 'utf8');
  const rows = [...source.matchAll(
    /\/\*\* ([\w, ]+): `(?:repeated )?\S+ (\w+) = (\d+);` \*\/\nexport const (\w+) =/g,
  )].flatMap(([, messages, field, number, constant]) => messages.split(', ')
    .map((message) => ({ message, field, number, constant })));

  test('stand beside their line of the .proto file, all of them', () => {
    expect([...new Set(rows.map(({ constant }) => constant))]).toEqual(Object.keys(tags));
  });

  test.each(rows)('$constant is $message.$field', ({ message, field, number, constant }) => {
    const known = ALL_MESSAGES.find(({ name }) => name === message)?.byKey.get(field);
    expect(known?.number).toBe(Number(number));
    expect((tags as Readonly<Record<string, number>>)[constant])
      .toBe(Number(number) * 8 + (known?.wireType ?? NaN));
  });
});
