/** Messages between pods of a pool: what is read is written and read again as the same. */
import { isDeepStrictEqual } from 'util';
import { mustHold, valueOf } from './requests';
import { readAnswer, readRequest } from '../../peers/message-reader';
import { writeAnswer, writeRequest } from '../../peers/message-writer';
import { ID_BYTES, MOST_IDS } from '../../peers/messages';
import { encodePeer } from '../../testing/peer-proto';
import type { FuzzTarget } from '../campaign';

const from = { address: '10.1.2.3:4317', incarnation: 2 ** 40 + 7 };
const ring = { members: ['10.1.2.3:4317', '10.1.2.4:4317'] };
const ids = Buffer.alloc(3 * ID_BYTES, 7);
/** Of the first trace nothing is told. */
const notes = {
  fixed: Buffer.from('0000000000000000f1ffffffffffff01ffffffff00000003', 'hex'),
  policies: ['slow', 'errors'],
  numbers: [0, 2, 0],
};

/** Messages of all kinds, none of them from our encoder. */
const REQUESTS: readonly Uint8Array[] = [
  { announce: { seq: 300, current: ring, next: { members: ['10.1.2.5:4317'] } } },
  { claim: { ids } },
  { forward: { seq: 1, hops: 2, spans: 3, request: Buffer.from('0a0212000a00', 'hex') } },
  { announce: { seq: 1, current: ring, generation: 2 } },
  { decisions: { kept: ids, dropped: ids } },
  { decisions: { kept: ids, dropped: ids, notes } },
  { bye: {} },
].map((body) => encodePeer('PeerRequest', { version: 1, from, to: 2 ** 50, ...body }));

const ANSWERS: readonly Uint8Array[] = [
  {
    announce: {
      seq: 300, current: ring, next: ring, others: [{ ring, msLeft: 9000 }], gone: [from],
    },
  },
  { claim: { answers: [0, 1, 2, 3, 4, 5], pods: ring.members } },
  { claim: { answers: [2, 2, 2], notes } },
  { forward: { taken: true } },
  { decisions: {} },
  { bye: { accepted: true } },
  { refusal: { reason: 'speaks version 2, and this pod 1' } },
].map((body) => encodePeer('PeerAnswer', { version: 1, from, ...body }));

function readsRequest(input: Uint8Array): boolean {
  const read = valueOf(() => readRequest(input));
  if (read === undefined) return false;
  if (read.body?.kind === 'claim') {
    mustHold(read.body.ids.length <= MOST_IDS * ID_BYTES, 'must bound the ids of a claim',
      read.body.ids.length);
  }
  if (read.version !== 1) return true;
  const again = readRequest(Buffer.concat(writeRequest(read)));
  mustHold(isDeepStrictEqual(plain(again), plain(read)), 'must be the same when written',
    Buffer.from(input).toString('hex'));
  return true;
}

function readsAnswer(input: Uint8Array): boolean {
  const read = valueOf(() => readAnswer(input));
  if (read === undefined) return false;
  // Of another version, nothing but that is written.
  if (read.version !== 1) return true;
  const again = readAnswer(writeAnswer(read));
  mustHold(isDeepStrictEqual(plain(again), plain(read)), 'must be the same when written',
    Buffer.from(input).toString('hex'));
  return true;
}

/** Bytes by what they are, whichever class holds them; no spans are no pieces or an empty one. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, function textOf(key, told: unknown) {
    // What a Buffer says of itself is not what it is.
    const held = (this as Readonly<Record<string, unknown>>)[key];
    if (key === 'chunks') return Buffer.concat(held as Uint8Array[]).toString('base64');
    return held instanceof Uint8Array ? Buffer.from(held).toString('base64') : told;
  }));
}

/** Targets over messages between pods. */
export const peerTargets: readonly FuzzTarget[] = [
  { name: 'messages of peers', seeds: REQUESTS, weight: 8, decode: readsRequest },
  { name: 'answers of peers', seeds: ANSWERS, weight: 8, decode: readsAnswer },
];
