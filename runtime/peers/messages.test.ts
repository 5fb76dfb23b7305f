import { readAnswer, readRequest } from './message-reader';
import { writeAnswer, writeRequest } from './message-writer';
import {
  DROPPED, HERE, KEPT, MOST_GONE, MOST_IDS, MOST_MEMBERS, MOST_RINGS, NO, type AnswerBody,
  type PeerMessage,
} from './messages';
import { MOST_POLICIES, packNotes, unpackNotes, type VerdictNote } from './verdict-note';
import { MalformedError } from '../errors';
import { randomFrom, mutant } from '../testing/mutant';
import { decodePeer, encodePeer } from '../testing/peer-proto';

const VERSION = 1;
const from = { address: '10.0.0.1:4317', incarnation: 9_007_199_254_740_991 };
const to = 4_294_967_296;
const pods = ['10.0.0.1:4317', '10.0.0.2:4317'];
const ids = Buffer.from('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 'hex');
const spans = [Buffer.from('one part, '), Buffer.from('another part')];
const GONE = [
  { address: '10.0.0.3:4317', incarnation: 3 }, { address: '10.0.0.4:4317', incarnation: 0 },
];
const whole = Buffer.concat(spans);
const NOTE: VerdictNote = { high: 0xff_fffe, low: 0xffff_fff1, policy: 'slow', isById: true };
/** The same, and one of which nothing is told, as another encoder knows them. */
const NOTES = {
  fixed: Buffer.from('f1fffffffeffff030000000000000000', 'hex'),
  policies: ['slow'],
  numbers: [1, 0],
};

/** What is said, and the fields that another encoder knows it by. */
const REQUESTS: readonly (readonly [string, PeerMessage, object])[] = [
  ['an announcement', { kind: 'announce', seq: 300, current: pods, next: [pods[0]] },
    { announce: { seq: 300, current: { members: pods }, next: { members: [pods[0]] } } }],
  ['an announcement with an older ring',
    { kind: 'announce', seq: 1, current: pods, next: undefined, generation: 2 },
    { announce: { seq: 1, current: { members: pods }, generation: 2 } }],
  ['an announcement of use', { kind: 'announce', seq: 2 ** 40, current: pods, next: undefined },
    { announce: { seq: 2 ** 40, current: { members: pods } } }],
  ['a claim', { kind: 'claim', ids }, { claim: { ids } }],
  ['spans', { kind: 'forward', seq: 77, hops: 2, spans: 12, chunks: [whole] },
    { forward: { seq: 77, hops: 2, spans: 12, request: whole } }],
  ['verdicts', {
    kind: 'decisions', kept: ids, dropped: ids.subarray(16),
  }, { decisions: { kept: ids, dropped: ids.subarray(16) } }],
  ['verdicts with notes', {
    kind: 'decisions', kept: ids, dropped: ids.subarray(16), notes: [NOTE, undefined],
  }, { decisions: { kept: ids, dropped: ids.subarray(16), notes: NOTES } }],
  ['a good-bye', { kind: 'bye' }, { bye: {} }],
];

const ANSWERS: readonly (readonly [string, AnswerBody, object])[] = [
  ['an announcement', {
    kind: 'announce',
    seq: 5,
    current: pods,
    next: pods,
    others: [{ members: pods, msLeft: 24_999 }],
    gone: GONE,
  }, {
    announce: {
      seq: 5,
      current: { members: pods },
      next: { members: pods },
      others: [{ ring: { members: pods }, msLeft: 24_999 }],
      gone: GONE,
    },
  }],
  ['a claim', { kind: 'claim', answers: [NO, HERE, KEPT, DROPPED, 5, 4], pods },
    { claim: { answers: [0, 1, 2, 3, 5, 4], pods } }],
  ['a claim with notes', {
    kind: 'claim', answers: [KEPT, NO, KEPT], pods, notes: [NOTE, undefined],
  }, { claim: { answers: [2, 0, 2], pods, notes: NOTES } }],
  ['spans taken', { kind: 'forward', taken: true }, { forward: { taken: true } }],
  ['spans refused', { kind: 'forward', taken: false }, { forward: { taken: false } }],
  ['verdicts', { kind: 'decisions' }, { decisions: {} }],
  ['a good-bye', { kind: 'bye', accepted: true }, { bye: { accepted: true } }],
  ['anything with a refusal', { kind: 'refusal', reason: 'no' }, { refusal: { reason: 'no' } }],
];

test.each(REQUESTS)('%s is read as protobufjs writes it', (_name, body, fields) => {
  const bytes = encodePeer('PeerRequest', { version: VERSION, from, to, ...fields });
  expect(readRequest(bytes)).toEqual({ version: VERSION, from, to, body });
});

test.each(REQUESTS)('%s is written as protobufjs reads it', (_name, body, fields) => {
  const request = { version: VERSION, from, to, ...fields };
  const bytes = Buffer.concat(writeRequest({ version: VERSION, from, to, body }));
  expect(decodePeer('PeerRequest', bytes))
    .toEqual(decodePeer('PeerRequest', encodePeer('PeerRequest', request)));
});

test.each(ANSWERS)('an answer to %s is read as protobufjs writes it', (_name, body, fields) => {
  const bytes = encodePeer('PeerAnswer', { version: VERSION, from, ...fields });
  expect(readAnswer(bytes)).toEqual({ version: VERSION, from, body });
});

test.each(ANSWERS)('an answer to %s is written as protobufjs reads it', (_name, body) => {
  const bytes = writeAnswer({ version: VERSION, from, body });
  expect(readAnswer(encodePeer('PeerAnswer', decodedAnswer(bytes)))).toEqual(readAnswer(bytes));
});

/** Bytes come as hex from protobufjs. */
function decodedAnswer(bytes: Uint8Array): object {
  const answer = decodePeer('PeerAnswer', bytes) as {
    readonly claim?: { readonly notes?: { fixed: string | Buffer } };
  };
  const notes = answer.claim?.notes;
  if (notes !== undefined) notes.fixed = Buffer.from(notes.fixed as string, 'hex');
  return answer;
}

test('spans are neither copied when they are written nor when they are read', () => {
  const body: PeerMessage = { kind: 'forward', seq: 1, hops: 1, spans: 2, chunks: spans };
  const pieces = writeRequest({ version: VERSION, from, to, body });
  expect(pieces.slice(1)).toEqual(spans);
  expect(pieces[1]).toBe(spans[0]);
  const bytes = Buffer.concat(pieces);
  const read = readRequest(bytes).body;
  if (read?.kind !== 'forward') throw new Error(`test: must be spans, got ${read?.kind}`);
  expect(read.chunks).toEqual([whole]);
  expect(read.chunks[0].buffer).toBe(bytes.buffer);
});

test('fields that are not known are passed over', () => {
  const bytes = Buffer.concat([
    encodePeer('PeerRequest', { version: VERSION, from, to: 0, claim: { ids } }),
    Buffer.from([0x82, 0x01, 1, 0x61]), // field 16, a text
  ]);
  expect(readRequest(bytes).body).toEqual({ kind: 'claim', ids });
});

test('of another version nothing but the envelope is read', () => {
  const claim = { ids: Buffer.from('x') };
  const bytes = encodePeer('PeerRequest', { version: 2, from, to: 7, claim });
  expect(readRequest(bytes)).toEqual({ version: 2, from, to: 0, body: undefined });
});

const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `pod-${i}`);
const answered = (fields: object): object => ({ seq: 1, current: { members: pods }, ...fields });

test.each<[string, 'PeerRequest' | 'PeerAnswer', object, RegExp]>([
  ['no version', 'PeerRequest', { from, bye: {} }, /must have a version, got none/],
  ['no sender', 'PeerRequest', { version: 1, bye: {} }, /must have its field from, got none/],
  ['no address', 'PeerRequest', { version: 1, from: {}, bye: {} }, /must have an address/],
  ['a long address', 'PeerRequest', { version: 1, from: { address: 'a'.repeat(257) } },
    /address must have at most 256 bytes, got 257/],
  ['half an id', 'PeerRequest', { version: 1, from, claim: { ids: ids.subarray(8) } },
    /ids must have 16 bytes for each, got 24/],
  ['too many ids', 'PeerRequest',
    { version: 1, from, claim: { ids: Buffer.alloc((MOST_IDS + 1) * 16) } }, /at most 65536 bytes/],
  ['no ring', 'PeerRequest', { version: 1, from, announce: { seq: 1 } }, /its field current/],
  ['an empty ring', 'PeerRequest', { version: 1, from, announce: { current: {} } },
    /a ring must have members, each with an address, got 0/],
  ['too large a ring', 'PeerRequest',
    { version: 1, from, announce: { current: { members: many(MOST_MEMBERS + 1) } } },
    /members must be at most 1000, got more/],
  ['spans without a number', 'PeerRequest', { version: 1, from, forward: { hops: 1 } },
    /must have seq and hops/],
  ['spans that have gone too far', 'PeerRequest',
    { version: 1, from, forward: { seq: 1, hops: 256 } }, /hops must be from 1 to 255, got 256/],
  ['too many rings', 'PeerAnswer', {
    version: 1,
    from,
    announce: answered({
      others: many(MOST_RINGS + 1).map((pod) => ({ ring: { members: [pod] }, msLeft: 1 })),
    }),
  }, /others must be at most 64/],
  ['too many gone pods', 'PeerAnswer', {
    version: 1,
    from,
    announce: answered({ gone: many(MOST_GONE + 1).map((address) => ({ address })) }),
  }, /gone must be at most 256/],
  ['a pod to ask that is not named', 'PeerAnswer',
    { version: 1, from, claim: { answers: [6], pods } }, /less than 4 \+ the number of pods/],
  ['a policy that is not named', 'PeerRequest',
    { version: 1, from, decisions: { kept: ids, notes: { ...NOTES, numbers: [2, 0] } } },
    /a policy must be one of those that are named, got 2/],
  ['half a note', 'PeerRequest',
    { version: 1, from, decisions: { kept: ids, notes: { ...NOTES, numbers: [1] } } },
    /notes must have 8 bytes for each policy, got 16/],
  ['a note too many', 'PeerRequest',
    { version: 1, from, decisions: { kept: ids.subarray(16), notes: NOTES } },
    /there must be a note for each of 1 kept traces, got 2/],
  ['a note too few', 'PeerAnswer',
    { version: 1, from, claim: { answers: [KEPT, KEPT, KEPT], notes: NOTES } },
    /a note for each of 3 kept traces, got 2/],
  ['too many policies', 'PeerRequest',
    { version: 1, from, decisions: { kept: ids, notes: { ...NOTES, policies: many(257) } } },
    /policies must be at most 256/],
])('%s is refused', (_name, type, message, error) => {
  const read = type === 'PeerRequest' ? readRequest : readAnswer;
  const bytes = encodePeer(type, message);
  expect(() => read(bytes)).toThrow(error);
  expect(() => read(bytes)).toThrow(MalformedError);
});

test.each([
  ['a policy whose name is too long', [{ ...NOTE, policy: 'é'.repeat(129) }], ['']],
  ['more policies than a message may name',
    many(MOST_POLICIES + 1).map((policy) => ({ ...NOTE, policy })),
    [...many(MOST_POLICIES), '']],
])('%s is not told', (_name, notes, policies) => {
  const packed = packNotes(notes);
  if (packed === undefined) throw new Error('test: must be notes, got none');
  expect(unpackNotes(packed).map((note) => note?.policy)).toEqual(policies);
});

test('changed bytes end in a message or in a MalformedError', () => {
  const random = randomFrom(7);
  const seeds = [
    ...REQUESTS.map(([, , fields]) =>
      encodePeer('PeerRequest', { version: VERSION, from, to, ...fields })),
    ...ANSWERS.map(([, , fields]) =>
      encodePeer('PeerAnswer', { version: VERSION, from, ...fields })),
  ];
  let refused = 0;
  for (let i = 0; i < 20_000; i += 1) {
    const bytes = mutant(seeds[random(seeds.length)], random);
    for (const read of [readRequest, readAnswer]) {
      try {
        read(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
        refused += 1;
      }
    }
  }
  expect(refused).toBeGreaterThan(1_000);
});
