import { SpansElsewhere } from './spans-elsewhere';
import { NONE } from '../../otlp/id-table';
import { SpanIndex } from '../../otlp/span-index';
import { PLACE_HERE, type TracePeers } from '../../peers/trace-peers';
import { spans } from '../../testing/span-builder';

const SPANS = 9;
const PEER = 1;

/** Gives requests of which so many spans are for another pod; whether most is expected to be. */
function expectsMostAfter(requests: number, foreign: number, isForwarded = false): boolean {
  const bytes = spans(Array.from({ length: SPANS }, (_, i) => ({ trace: `t${i}`, span: `s${i}` })));
  const index = new SpanIndex();
  index.read(bytes);
  const peers = {
    locate: (w0: number) => w0 < foreign ? PEER : PLACE_HERE,
    forward: () => undefined,
  } as unknown as TracePeers;
  const elsewhere = new SpansElsewhere(peers);
  const next = new Int32Array(SPANS).fill(NONE);
  for (let request = 0; request < requests; request += 1) {
    elsewhere.begin(index);
    for (let span = 0; span < SPANS; span += 1) {
      const parcel = elsewhere.place(Int32Array.of(span, 0, 0, 0), 0, 0, isForwarded);
      if (parcel !== undefined) elsewhere.mark(parcel, span, next);
    }
    elsewhere.end(bytes, index, isForwarded);
    elsewhere.deliver(0);
  }
  return elsewhere.expectsMost;
}

test.each([
  ['nothing was', false, 0, SPANS, false],
  ['one request was', false, 1, SPANS, false],
  ['all of many requests was', true, 50, SPANS, false],
  ['two thirds of many requests were', true, 50, 6, false],
  ['less than half of many requests was', false, 50, 4, false],
  ['all that pods have passed on was', false, 50, SPANS, true],
])('when %s for other pods, most is expected to be: %j', (
  _, expectsMost, requests, foreign, isForwarded) => {
  expect(expectsMostAfter(requests, foreign, isForwarded)).toBe(expectsMost);
});
