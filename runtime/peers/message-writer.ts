/** Writes messages and answers as protobuf (docs/trace-peers.md has the schema). */
import type {
  AnswerBody, LivingRing, Members, PeerAnswer, PeerIdentity, PeerMessage, PeerRequest,
} from './messages';
import { packNotes, type VerdictNote } from './verdict-note';
import { LEN, VARINT } from '../wire/reader';
import { varintLength, writeHeader, writeVarint } from '../wire/writer';

/** Bytes in pieces, so that spans are not copied. */
type Pieces = readonly Uint8Array[];

/** Field of each body in its envelope. */
export const BODY_FIELDS = {
  announce: 4, claim: 5, forward: 6, decisions: 7, bye: 8, refusal: 9,
} as const;

/** The bytes of a request, in pieces that belong side by side. */
export function writeRequest({ version, from, to, body }: PeerRequest): Uint8Array[] {
  const message = body === undefined ? [] : field(BODY_FIELDS[body.kind], writeMessage(body));
  const chunks = body?.kind === 'forward' ? body.chunks.length : 0;
  const header = message.slice(0, message.length - chunks);
  return [
    Buffer.concat([number(1, version), ...field(2, identity(from)), number(3, to), ...header]),
    ...message.slice(header.length),
  ];
}

/** The bytes of an answer. */
export function writeAnswer({ version, from, body }: PeerAnswer): Uint8Array {
  const message = body === undefined ? [] : field(BODY_FIELDS[body.kind], writeBody(body));
  return Buffer.concat([number(1, version), ...field(2, identity(from)), ...message]);
}

function writeMessage(body: PeerMessage): Pieces {
  switch (body.kind) {
    case 'announce':
      return [
        number(1, body.seq), ...ring(2, body.current), ...ring(3, body.next),
        ...body.generation === undefined ? [] : [number(4, body.generation)],
      ];
    case 'claim':
      return field(1, [body.ids]);
    case 'forward':
      return [
        number(1, body.seq), number(2, body.hops), number(3, body.spans),
        ...field(4, body.chunks),
      ];
    case 'decisions':
      return [
        ...field(1, [body.kept]), ...field(2, [body.dropped]), ...notes(3, body.notes),
      ];
    case 'bye':
      return [];
  }
}

function writeBody(body: AnswerBody): Pieces {
  switch (body.kind) {
    case 'announce':
      return [
        number(1, body.seq), ...ring(2, body.current), ...ring(3, body.next),
        ...body.others.flatMap((other) => field(4, livingRing(other))),
        ...body.gone.flatMap((pod) => field(5, identity(pod))),
      ];
    case 'claim':
      return [
        ...field(1, [packed(body.answers)]),
        ...body.pods.flatMap((pod) => field(2, [Buffer.from(pod)])),
        ...notes(3, body.notes),
      ];
    case 'forward':
      return [number(1, body.taken ? 1 : 0)];
    case 'bye':
      return [number(1, body.accepted ? 1 : 0)];
    case 'refusal':
      return field(1, [Buffer.from(body.reason)]);
    case 'decisions':
      return [];
  }
}

function identity({ address, incarnation }: PeerIdentity): Pieces {
  return [...field(1, [Buffer.from(address)]), number(2, incarnation)];
}

function ring(at: number, members?: Members): Pieces {
  if (members === undefined) return [];
  return field(at, members.flatMap((member) => field(1, [Buffer.from(member)])));
}

function livingRing({ members, msLeft }: LivingRing): Pieces {
  return [...ring(1, members), number(2, msLeft)];
}

function notes(at: number, list: readonly (VerdictNote | undefined)[] = []): Pieces {
  const packedNotes = packNotes(list);
  if (packedNotes === undefined) return [];
  const { fixed, policies, numbers } = packedNotes;
  return field(at, [
    ...field(1, [fixed]),
    ...policies.flatMap((policy) => field(2, [Buffer.from(policy)])),
    ...field(3, [packed(numbers)]),
  ]);
}

function field(at: number, body: Pieces): Uint8Array[] {
  const length = body.reduce((sum, piece) => sum + piece.length, 0);
  const header = Buffer.allocUnsafe(1 + varintLength(length));
  writeHeader(header, 0, at * 8 + LEN, length);
  return [header, ...body];
}

function number(at: number, value: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(1 + varintLength(value));
  bytes[0] = at * 8 + VARINT;
  writeVarint(bytes, 1, value);
  return bytes;
}

function packed(values: readonly number[]): Uint8Array {
  const bytes = Buffer.allocUnsafe(values.reduce((sum, value) => sum + varintLength(value), 0));
  let at = 0;
  for (const value of values) at = writeVarint(bytes, at, value);
  return bytes;
}
