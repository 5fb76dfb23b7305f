import type { PeerAnswer, PeerMessage, PeerRequest } from './messages';
import { PLACE_CLAIM, PLACE_HERE, TracePeers } from './trace-peers';
import { PrometheusMetrics } from '../telemetry/prometheus-metrics';
import { FakeClock } from '../testing/fake-clock';
import {
  SELF, EARLIER, LATER, DECISION_WAIT_MS, ID, ID_BYTES, lastOwns,
  RecordingHolder, agreeable, pod, from, forward, claim, claiming,
} from '../testing/peer-pod';
import { RecordingLogger } from '../testing/recording-logger';

test('a new ring is in use when every pod has answered, and not before', async () => {
  const { peers, transport, clock } = await pod([EARLIER, SELF]);
  transport.answer = (to, request) =>
    to === LATER ? undefined : agreeable([EARLIER, SELF])(to, request);
  const ring = [EARLIER, SELF, LATER];
  peers.view({ ready: ring, all: ring });
  await clock.advance(60_000);
  expect(peers.locate(...ID, 0, false)).toBe(PLACE_CLAIM);
  transport.answer = agreeable(ring);
  await clock.advance(1_000);
  expect(peers.locate(1, 2, 3, 4, 0, false)).toBeGreaterThanOrEqual(0);
});

test('a pod that nobody listens at is gone at last, and spans for it are placed anew', async () => {
  const { peers, transport, clock, holder } = await pod([SELF, LATER]);
  transport.answer = () => 'refused';
  peers.forward(peers.locate(...ID, 0, false), Buffer.from('spans'), 3, 0);
  await clock.advance(14_000);
  expect(holder.done).toEqual([]);
  await clock.advance(2_000);
  expect(holder.done).toEqual(['take spans 1 false']);
  expect(peers.locate(...ID, 1, false)).toBe(PLACE_HERE);
});

test('a pod that the resolver lists no longer is gone, unless it has just spoken', async () => {
  const { peers, clock, log } = await pod([EARLIER, SELF]);
  const gone = (): unknown[] => log.lines.filter(({ message }) => message === 'A peer is gone.');
  await clock.advance(5_000);
  peers.receive(from(EARLIER, claim));
  peers.view({ ready: [SELF], all: [SELF] });
  await clock.advance(9_000);
  expect(gone()).toHaveLength(0);
  await clock.advance(2_000);
  expect(gone()).toHaveLength(1);
});

test('a pod that was started again is another one, and its earlier life is refused', async () => {
  const { peers, log } = await pod([EARLIER, SELF]);
  const announce: PeerMessage = { kind: 'announce', seq: 1, current: [EARLIER, SELF] };
  const second = { from: { address: EARLIER, incarnation: 2 } };
  expect(peers.receive(from(EARLIER, announce, second)).body?.kind).toBe('announce');
  expect(log.lines.some(({ fields }) => fields.reason === 'restarted')).toBe(true);
  expect(peers.receive(from(EARLIER, forward(1, 'x'))).body)
    .toEqual({ kind: 'refusal', reason: 'is an earlier life of that pod' });
});

test.each<[string, PeerRequest, string]>([
  ['speaks another version', from(EARLIER, claim, { version: 2 }),
    'speaks version 2, and this pod 1'],
  ['means an earlier life of this pod', from(EARLIER, claim, { to: 4 }),
    'means an earlier life of this pod'],
  ['says something unknown', from(EARLIER, undefined), 'says what this pod does not know'],
  ['has the address of this pod', from(SELF, claim), 'has the address of this pod'],
])('who %s is refused, with a line in the log', async (_name, request, reason) => {
  const { peers, log } = await pod([EARLIER, SELF]);
  expect(peers.receive(request).body).toEqual({ kind: 'refusal', reason });
  expect(log.lines.map(({ message, fields }) => [message, fields.reason]))
    .toContainEqual(['A peer is refused.', reason]);
});

test('before it has joined, a pod takes no spans', async () => {
  const { peers, transport } = await pod([SELF]);
  expect(peers.isFull).toBe(false);
  const fresh = new TracePeers({
    id: 'x',
    identity: { address: SELF, incarnation: 6 },
    clock: new FakeClock(),
    transport,
    holder: new RecordingHolder(),
    makeRing: lastOwns,
    log: new RecordingLogger(),
    metrics: new PrometheusMetrics(),
    decisionWaitMs: DECISION_WAIT_MS,
  });
  expect(fresh.isFull).toBe(true);
  expect(fresh.receive(from(EARLIER, forward(1, 'x'))).body)
    .toEqual({ kind: 'forward', taken: false });
});

test('senders have to wait while too much waits for others', async () => {
  const { peers, transport, clock } = await pod([SELF, LATER], { mostQueuedBytes: 10 });
  transport.answer = () => undefined;
  peers.forward(peers.locate(...ID, 0, false), Buffer.alloc(10), 1, 0);
  expect(peers.isFull).toBe(true);
  transport.answer = agreeable([SELF, LATER]);
  await clock.advance(1_000);
  expect(peers.isFull).toBe(false);
});

test('a leaving pod hands its verdicts over, says good-bye, and may end', async () => {
  const { peers, transport, clock } = await pod([EARLIER, SELF]);
  peers.decided(...ID, true);
  transport.answer = agreeable([EARLIER]);
  peers.view({ ready: [EARLIER], all: [EARLIER, SELF] });
  let hasLeft = false;
  void peers.leave().then(() => { hasLeft = true; });
  await clock.advance(1_000);
  expect(transport.of('decisions')).toEqual([{
    to: EARLIER, body: { kind: 'decisions', kept: ID_BYTES, dropped: Buffer.alloc(0) },
  }]);
  await clock.advance(1_000);
  expect(transport.of('bye').map(({ to }) => to)).toEqual([EARLIER]);
  expect(hasLeft).toBe(true);
});

test('when all pods leave at once, each goes when it holds nothing', async () => {
  const { peers, clock, holder } = await pod([EARLIER, SELF]);
  holder.isIdle = false;
  peers.view({ ready: [], all: [EARLIER, SELF] });
  let hasLeft = false;
  void peers.leave().then(() => { hasLeft = true; });
  await clock.advance(20_000);
  expect(hasLeft).toBe(false);
  holder.isIdle = true;
  await clock.advance(2_000);
  expect(hasLeft).toBe(true);
});

test('stopped at once, it gives the holder what is claimed and what waits for others', async () => {
  const { peers, holder } = await claiming(LATER);
  peers.stop();
  peers.stop();
  expect(holder.done).toEqual(['hold spans since 10']);
  expect(peers.locate(1, 1, 1, 1, 0, false)).toBe(PLACE_HERE);
});

test('who names more pods than can be remembered is refused, and none is kept', async () => {
  const { peers, metrics } = await pod([EARLIER, SELF]);
  const many = (from0: number): string[] =>
    Array.from({ length: 1_000 }, (_, i) => `pod-${from0 + i}`);
  const announce = (seq: number): PeerAnswer => peers.receive(from(EARLIER, {
    kind: 'announce', seq, current: many(seq * 2_000), next: many(seq * 2_000 + 1_000),
  }));
  expect(announce(1).body?.kind).toBe('announce');
  expect(announce(2).body).toEqual(
    { kind: 'refusal', reason: 'names more pods than can be remembered' });
  expect(metrics.value('otelgw_peers_pods', { extension: 'trace_peers' })).toBe(2_001);
});

test('pods that were only named are forgotten when no ring names them', async () => {
  const { peers, clock } = await pod([EARLIER, SELF]);
  const announce = (seq: number, name: string): PeerAnswer => peers.receive(from(EARLIER, {
    kind: 'announce', seq, current: Array.from({ length: 1_000 }, (_, i) => `${name}-${i}`),
  }));
  for (let seq = 1; seq <= 12; seq += 1) {
    expect(announce(seq, `round-${seq}`).body?.kind).toBe('announce');
    await clock.advance(90_000);
  }
});
