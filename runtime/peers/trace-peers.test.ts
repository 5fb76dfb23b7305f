import type { AnswerBody } from './messages';
import { DECIDED_KEPT, HELD, UNKNOWN } from './trace-holder';
import { PLACE_HERE } from './trace-peers';
import {
  SELF, EARLIER, LATER, DECISION_WAIT_MS, ID, pod, from, forward, claim, claiming,
} from '../testing/peer-pod';

test('in quiet times an own trace is held at once, and another one goes to its owner', async () => {
  const mine = await pod([EARLIER, SELF]);
  expect(mine.peers.locate(...ID, 0, false)).toBe(PLACE_HERE);
  const other = await pod([SELF, LATER]);
  const place = other.peers.locate(...ID, 0, false);
  expect(place).toBeGreaterThanOrEqual(0);
  other.peers.forward(place, Buffer.from('spans'), 3, 0);
  await other.clock.advance(20);
  expect(other.transport.of('forward')).toEqual([{
    to: LATER,
    body: { kind: 'forward', seq: 1, hops: 1, spans: 3, chunks: [Buffer.from('spans')] },
  }]);
});

test('an own trace makes no call', async () => {
  const { peers, transport, clock } = await pod([EARLIER, SELF]);
  const before = transport.sent.length;
  for (let w0 = 1; w0 < 1_000; w0 += 1) {
    expect(peers.locate(w0, 1, 1, 1, 0, false)).toBe(PLACE_HERE);
    peers.decided(w0, 1, 1, 1, true);
  }
  await clock.advance(10_000);
  expect(transport.sent.length).toBe(before);
});

test('spans come again after a time-out and after a refusal, with the same number', async () => {
  const { peers, transport, clock, metrics } = await pod([SELF, LATER]);
  const answers: (AnswerBody | undefined)[] = [
    undefined, { kind: 'forward', taken: false }, { kind: 'forward', taken: true },
  ];
  transport.answer = () => answers.shift();
  peers.forward(peers.locate(...ID, 0, false), Buffer.from('spans'), 3, 0);
  await clock.advance(5_000);
  const sent = transport.of('forward');
  expect(sent).toHaveLength(3);
  expect(new Set(sent.map((one) => JSON.stringify(one))).size).toBe(1);
  expect(metrics.value('otelgw_peers_refused_forwards', { extension: 'trace_peers' })).toBe(1);
  expect(metrics.value('otelgw_peers_queued_bytes', { extension: 'trace_peers' })).toBe(0);
});

test('a forward is taken once, and not at all while memory is short', async () => {
  const { peers, holder } = await pod([EARLIER, SELF]);
  holder.room = false;
  expect(peers.receive(from(EARLIER, forward(1, 'x'))).body)
    .toEqual({ kind: 'forward', taken: false });
  holder.room = true;
  for (let times = 0; times < 2; times += 1) {
    expect(peers.receive(from(EARLIER, forward(1, 'x'))).body)
      .toEqual({ kind: 'forward', taken: true });
  }
  expect(holder.done).toEqual(['take x 1 true']);
});

test.each([
  [UNKNOWN, [0]], [HELD, [1]], [DECIDED_KEPT, [2]],
])('a claim of a trace in state %d is answered %j', async (state, answers) => {
  const { peers, holder } = await pod([EARLIER, SELF]);
  holder.state = state;
  expect(peers.receive(from(EARLIER, claim)).body).toEqual({ kind: 'claim', answers, pods: [] });
});

test('a "no" is binding: the trace goes to the one who asked, and others are told', async () => {
  const { peers } = await pod([EARLIER, SELF, 'pod-a2']);
  peers.receive(from(EARLIER, claim));
  expect(peers.receive(from('pod-a2', claim)).body)
    .toEqual({ kind: 'claim', answers: [4], pods: [EARLIER] });
  const place = peers.locate(...ID, 0, false);
  expect(place).toBeGreaterThanOrEqual(0);
  expect(peers.locate(...ID, 8, true)).toBe(PLACE_HERE);
});

test('while another ring lives, a trace is held when its owner there says "no"', async () => {
  const { holder, clock, transport } = await claiming(LATER);
  expect(holder.done).toEqual([]);
  await clock.advance(20);
  expect(transport.of('claim').map(({ to }) => to)).toEqual([LATER]);
  expect(holder.done).toEqual(['hold spans since 10']);
});

test.each<[string, AnswerBody, string[]]>([
  ['it was kept', { kind: 'claim', answers: [2], pods: [] }, ['learn true', 'follow spans true']],
  ['it was dropped', { kind: 'claim', answers: [3], pods: [] },
    ['learn false', 'follow spans false']],
])('a claim ends when a peer says that %s', async (_name, answer, done) => {
  const { holder, clock, transport } = await claiming(LATER);
  transport.answer = () => answer;
  await clock.advance(20);
  expect(holder.done).toEqual(done);
});

test('of two that claim at once, the one that the other asks too late gives up', async () => {
  const later = await claiming(LATER);
  expect(later.peers.receive(from(LATER, claim)).body)
    .toEqual({ kind: 'claim', answers: [1], pods: [] });
  const earlier = await claiming(EARLIER);
  expect(earlier.peers.receive(from(EARLIER, claim)).body)
    .toEqual({ kind: 'claim', answers: [0], pods: [] });
  await earlier.clock.advance(20);
  expect(earlier.holder.done).toEqual([]);
  expect(earlier.transport.of('forward').map(({ to }) => to)).toEqual([EARLIER]);
});

test('a pod that is listed and silent keeps a claim for a bounded time', async () => {
  const { holder, clock, transport, metrics } = await claiming(LATER);
  transport.answer = () => undefined;
  await clock.advance(DECISION_WAIT_MS + 10_000);
  expect(holder.done).toEqual([]);
  await clock.advance(1_000);
  expect(holder.done).toEqual(['hold spans since 10']);
  expect(metrics.value('otelgw_peers_unanswered_claims', { extension: 'trace_peers' })).toBe(1);
});

test('the next life of a pod that is asked is asked, too: it may have a journal', async () => {
  const { peers, holder, clock, transport } = await claiming(LATER);
  transport.answer = () => 'refused';
  await clock.advance(1_000);
  transport.answer = (to, { body }) => body?.kind === 'claim'
    ? { kind: 'claim', answers: [to === LATER ? 1 : 0], pods: [] }
    : { kind: 'forward', taken: true };
  transport.incarnation = 2;
  const again = { from: { address: LATER, incarnation: 2 } };
  peers.receive(from(LATER, { kind: 'announce', seq: 1, current: [LATER] }, again));
  await clock.advance(1_000);
  expect(holder.done).toEqual([]);
  expect(transport.of('forward').map(({ to }) => to)).toEqual([LATER]);
});
