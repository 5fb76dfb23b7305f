/**
 * Reads messages and answers from protobuf. Whatever a peer can make large has a bound, and what is
 * wrong ends in a MalformedError; fields that are not known are passed over.
 */
import { BODY_FIELDS } from './message-writer';
import {
  ASK, ID_BYTES, KEPT, MOST_GONE, MOST_IDS, MOST_MEMBERS, MOST_RINGS, MOST_TEXT_BYTES,
  PROTOCOL_VERSION,
  type Announce, type AnnounceAnswer, type AnswerBody, type Claim, type ClaimAnswer,
  type Decisions, type Forward, type LivingRing, type Members, type PeerAnswer,
  type PeerIdentity, type PeerMessage, type PeerRequest, type Refusal,
} from './messages';
import { ProtoCursor } from './proto-cursor';
import {
  fits, MOST_POLICIES, NOTE_BYTES, told, unpackNotes, type VerdictNote,
} from './verdict-note';

type Notes = readonly (VerdictNote | undefined)[];

const MOST_HOPS = 255;
const MOST_GENERATION = 255;
const MOST_SPANS = 0xffff_ffff;
const MOST_MS = 0xffff_ffff;
const MOST_INTEGER = Number.MAX_SAFE_INTEGER;

/**
 * Reads one request. Spans are not copied: they stay in `bytes`.
 *
 * @throws MalformedError when it is none.
 */
export function readRequest(bytes: Uint8Array): PeerRequest {
  let to = 0;
  let body: PeerMessage | undefined;
  const { version, from } = readEnvelope(bytes, (cursor) => {
    if (cursor.field === 3) to = cursor.number('PeerRequest.to', 0, MOST_INTEGER);
    else body = readMessage(cursor) ?? body;
  });
  return { version, from, to, body };
}

/**
 * Reads one answer.
 *
 * @throws MalformedError when it is none.
 */
export function readAnswer(bytes: Uint8Array): PeerAnswer {
  let body: AnswerBody | undefined;
  const { version, from } = readEnvelope(bytes, (cursor) => { body = readBody(cursor) ?? body; });
  return { version, from, body };
}

function readEnvelope(
  bytes: Uint8Array, visit: (cursor: ProtoCursor) => void,
): { version: number; from: PeerIdentity } {
  const cursor = new ProtoCursor(bytes, 0, bytes.length);
  let version = 0;
  let from: PeerIdentity | undefined;
  while (cursor.next()) {
    if (cursor.field === 1) version = cursor.number('version', 1, MOST_SPANS);
    else if (cursor.field === 2) from = readIdentity(cursor.message('from'));
    // What another version says between its envelope's lines is not ours to judge.
    else if (version === 0 || version === PROTOCOL_VERSION) visit(cursor);
  }
  if (version === 0) throw cursor.wrong('a message must have a version', 'none');
  return { version, from: cursor.given('from', from) };
}

function readMessage(cursor: ProtoCursor): PeerMessage | undefined {
  switch (cursor.field) {
    case BODY_FIELDS.announce: return readAnnounce(cursor.message('announce'));
    case BODY_FIELDS.claim: return readClaim(cursor.message('claim'));
    case BODY_FIELDS.forward: return readForward(cursor.message('forward'));
    case BODY_FIELDS.decisions: return readDecisions(cursor.message('decisions'));
    case BODY_FIELDS.bye:
      cursor.message('bye').passOver();
      return { kind: 'bye' };
    default: return undefined;
  }
}

function readBody(cursor: ProtoCursor): AnswerBody | undefined {
  switch (cursor.field) {
    case BODY_FIELDS.announce: return readAnnounceAnswer(cursor.message('announce'));
    case BODY_FIELDS.claim: return readClaimAnswer(cursor.message('claim'));
    case BODY_FIELDS.forward:
      return { kind: 'forward', taken: readFlag(cursor.message('forward')) };
    case BODY_FIELDS.decisions:
      cursor.message('decisions').passOver();
      return { kind: 'decisions' };
    case BODY_FIELDS.bye: return { kind: 'bye', accepted: readFlag(cursor.message('bye')) };
    case BODY_FIELDS.refusal: return readRefusal(cursor.message('refusal'));
    default: return undefined;
  }
}

function readIdentity(cursor: ProtoCursor): PeerIdentity {
  let address = '';
  let incarnation = 0;
  while (cursor.next()) {
    if (cursor.field === 1) address = cursor.text('address', MOST_TEXT_BYTES);
    else if (cursor.field === 2) incarnation = cursor.number('incarnation', 0, MOST_INTEGER);
  }
  if (address === '') throw cursor.wrong('a pod must have an address', 'none');
  return { address, incarnation };
}

function readMembers(cursor: ProtoCursor): Members {
  const members: string[] = [];
  while (cursor.next()) {
    if (cursor.field !== 1) continue;
    cursor.bound('members', members.length, MOST_MEMBERS);
    members.push(cursor.text('member', MOST_TEXT_BYTES));
  }
  if (members.length === 0 || members.includes('')) {
    throw cursor.wrong('a ring must have members, each with an address', members.length);
  }
  return members;
}

function readAnnounce(cursor: ProtoCursor): Announce {
  let seq = 0;
  let current: Members | undefined;
  let next: Members | undefined;
  let generation = 0;
  while (cursor.next()) {
    if (cursor.field === 1) seq = cursor.number('seq', 0, MOST_INTEGER);
    else if (cursor.field === 2) current = readMembers(cursor.message('current'));
    else if (cursor.field === 3) next = readMembers(cursor.message('next'));
    else if (cursor.field === 4) generation = cursor.number('generation', 0, MOST_GENERATION);
  }
  const usual = { kind: 'announce', seq, current: cursor.given('current', current), next } as const;
  return generation === 0 ? usual : { ...usual, generation };
}

function readClaim(cursor: ProtoCursor): Claim {
  let ids: Uint8Array = new Uint8Array(0);
  while (cursor.next()) if (cursor.field === 1) ids = readIds(cursor, 'ids');
  return { kind: 'claim', ids };
}

function readIds(cursor: ProtoCursor, name: string): Uint8Array {
  const ids = cursor.bytes(name, MOST_IDS * ID_BYTES);
  if (ids.length % ID_BYTES === 0) return ids;
  throw cursor.wrong(`${name} must have ${ID_BYTES} bytes for each`, ids.length);
}

function readForward(cursor: ProtoCursor): Forward {
  let seq = 0;
  let hops = 0;
  let spans = 0;
  const chunks: Uint8Array[] = [];
  while (cursor.next()) {
    if (cursor.field === 1) seq = cursor.number('seq', 1, MOST_INTEGER);
    else if (cursor.field === 2) hops = cursor.number('hops', 1, MOST_HOPS);
    else if (cursor.field === 3) spans = cursor.number('spans', 0, MOST_SPANS);
    else if (cursor.field === 4) chunks[0] = cursor.bytes('request', Infinity);
  }
  if (seq === 0 || hops === 0) throw cursor.wrong('a Forward must have seq and hops', seq);
  return { kind: 'forward', seq, hops, spans, chunks };
}

function readDecisions(cursor: ProtoCursor): Decisions {
  let kept: Uint8Array = new Uint8Array(0);
  let dropped: Uint8Array = new Uint8Array(0);
  let notes: Notes | undefined;
  while (cursor.next()) {
    if (cursor.field === 1) kept = readIds(cursor, 'kept');
    else if (cursor.field === 2) dropped = readIds(cursor, 'dropped');
    else if (cursor.field === 3) notes = readNotes(cursor.message('notes'));
  }
  return { kind: 'decisions', kept, dropped, ...notesFor(kept.length / ID_BYTES, notes, cursor) };
}

function readNotes(cursor: ProtoCursor): Notes {
  let fixed: Uint8Array = new Uint8Array(0);
  const policies: string[] = [];
  const numbers: number[] = [];
  while (cursor.next()) {
    if (cursor.field === 1) {
      fixed = cursor.bytes('notes', MOST_IDS * NOTE_BYTES);
    } else if (cursor.field === 2) {
      cursor.bound('policies', policies.length, MOST_POLICIES);
      const policy = cursor.text('policy', MOST_TEXT_BYTES);
      // Bytes that are no text become longer ones.
      policies.push(fits(policy) ? policy : '');
    } else if (cursor.field === 3) {
      cursor.numbers('policy numbers', numbers, MOST_IDS, MOST_POLICIES);
    }
  }
  const highest = numbers.reduce((most, number) => Math.max(most, number), 0);
  if (highest > policies.length) {
    throw cursor.wrong('a policy must be one of those that are named', highest);
  }
  if (fixed.length !== numbers.length * NOTE_BYTES) {
    throw cursor.wrong(`notes must have ${NOTE_BYTES} bytes for each policy`, fixed.length);
  }
  return unpackNotes({ fixed, policies, numbers });
}

/** Notes, if there are any: one for each of so many traces. */
function notesFor(
  traces: number, notes: Notes | undefined, cursor: ProtoCursor,
): { readonly notes?: Notes } {
  if (notes === undefined) return {};
  if (notes.length === traces) return told(notes);
  throw cursor.wrong(`there must be a note for each of ${traces} kept traces`, notes.length);
}

function readAnnounceAnswer(cursor: ProtoCursor): AnnounceAnswer {
  let seq = 0;
  let current: Members | undefined;
  let next: Members | undefined;
  const others: LivingRing[] = [];
  const gone: PeerIdentity[] = [];
  while (cursor.next()) {
    if (cursor.field === 1) {
      seq = cursor.number('seq', 0, MOST_INTEGER);
    } else if (cursor.field === 2) {
      current = readMembers(cursor.message('current'));
    } else if (cursor.field === 3) {
      next = readMembers(cursor.message('next'));
    } else if (cursor.field === 4) {
      cursor.bound('others', others.length, MOST_RINGS);
      others.push(readLivingRing(cursor.message('others')));
    } else if (cursor.field === 5) {
      cursor.bound('gone', gone.length, MOST_GONE);
      gone.push(readIdentity(cursor.message('gone')));
    }
  }
  return { kind: 'announce', seq, current: cursor.given('current', current), next, others, gone };
}

function readLivingRing(cursor: ProtoCursor): LivingRing {
  let members: Members | undefined;
  let msLeft = 0;
  while (cursor.next()) {
    if (cursor.field === 1) members = readMembers(cursor.message('ring'));
    else if (cursor.field === 2) msLeft = cursor.number('ms_left', 0, MOST_MS);
  }
  return { members: cursor.given('ring', members), msLeft };
}

function readClaimAnswer(cursor: ProtoCursor): ClaimAnswer {
  const answers: number[] = [];
  const pods: string[] = [];
  let notes: Notes | undefined;
  while (cursor.next()) {
    if (cursor.field === 3) {
      notes = readNotes(cursor.message('notes'));
    } else if (cursor.field === 1) {
      cursor.numbers('answers', answers, MOST_IDS, ASK + MOST_MEMBERS);
    } else if (cursor.field === 2) {
      cursor.bound('pods', pods.length, MOST_MEMBERS);
      pods.push(cursor.text('pod', MOST_TEXT_BYTES));
    }
  }
  const highest = answers.reduce((most, answer) => Math.max(most, answer), 0);
  if (highest >= ASK + pods.length) {
    throw cursor.wrong(`an answer must be less than ${ASK} + the number of pods`, highest);
  }
  const kept = answers.filter((answer) => answer === KEPT).length;
  return { kind: 'claim', answers, pods, ...notesFor(kept, notes, cursor) };
}

function readFlag(cursor: ProtoCursor): boolean {
  let flag = 0;
  while (cursor.next()) if (cursor.field === 1) flag = cursor.number('flag', 0, 1);
  return flag === 1;
}

function readRefusal(cursor: ProtoCursor): Refusal {
  let reason = '';
  while (cursor.next()) if (cursor.field === 1) reason = cursor.text('reason', MOST_TEXT_BYTES);
  return { kind: 'refusal', reason };
}
