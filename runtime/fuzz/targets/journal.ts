/** Records of a sampler's journal, as a disk may give them back. */
import { MalformedError } from '../../errors';
import { createPayload, type Payload } from '../../pipeline/payload';
import {
  decodeArrival, encodeArrival,
} from '../../processors/tail-sampling/journal/arrival-record';
import {
  decodeFacts, encodeFacts, UnknownRecordError,
} from '../../processors/tail-sampling/journal/fact-record';
import { KnownFacts } from '../../processors/tail-sampling/journal/known-facts';
import type { FuzzTarget } from '../campaign';

const IDS = Int32Array.from([1, 2, 3, 4, 5, 6, 7, 8]);

const ARRIVAL = encodeArrival(
  { number: 7, time: 1000.5, first: 3, last: 4, late: IDS }, [Buffer.from('request')], 2);
const FACTS = encodeFacts({
  time: 1000.5,
  arrivals: 7,
  groups: [{ first: 1, last: 2, upTo: 6, count: 1 }],
  kept: Int32Array.from([1, 2, 3, 4, 0, 0, 0, 1]),
  dropped: IDS,
  done: [1, 2],
  held: [3],
  elsewhere: [{ arrival: 6, parcel: 3, ids: IDS }],
  again: [{ arrival: 7, first: 4, last: 5, ids: IDS }],
  names: ['errors'],
});

function bytesOf({ chunks }: Payload): Uint8Array {
  return Buffer.concat(chunks);
}

/** Whether `decode` takes the input, or refuses it as its caller expects. */
function takes(decode: (record: Payload) => void): (input: Uint8Array) => boolean {
  return (input) => {
    try {
      decode(createPayload('traces', [input], 1));
      return true;
    } catch (error) {
      if (error instanceof MalformedError || error instanceof UnknownRecordError) return false;
      throw error;
    }
  };
}

/** The targets. */
export const journalTargets: readonly FuzzTarget[] = [
  {
    name: 'journal/arrival',
    seeds: [bytesOf(ARRIVAL)],
    weight: 1,
    decode: takes((record) => { decodeArrival(record); }),
  },
  {
    name: 'journal/facts',
    seeds: [bytesOf(FACTS)],
    weight: 1,
    decode: takes((record) => {
      const known = new KnownFacts();
      known.add(decodeFacts(record));
      const arrival = decodeArrival(createPayload('traces', [bytesOf(ARRIVAL)], 1));
      known.isUndone(arrival, IDS, 0);
      known.keptHeld(arrival, IDS, 0);
    }),
  },
];
