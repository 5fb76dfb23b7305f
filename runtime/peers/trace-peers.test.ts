import type { AnswerBody, PeerAnswer, PeerMessage, PeerRequest } from './messages';
import type { PeerRing } from './peer-ring';
import { PeerUnreachable, type PeerTransport } from './peer-transport';
import { DECIDED_KEPT, HELD, UNKNOWN, type TraceHolder } from './trace-holder';
import { PLACE_CLAIM, PLACE_HERE, TracePeers, type TracePeersOptions } from './trace-peers';
import { PrometheusMetrics } from '../telemetry/prometheus-metrics';
import { FakeClock } from '../testing/fake-clock';
import { RecordingLogger } from '../testing/recording-logger';

const SELF = 'pod-b';
const EARLIER = 'pod-a';
const LATER = 'pod-c';
const DECISION_WAIT_MS = 10_000;

type Id = [w0: number, w1: number, w2: number, w3: number];
const ID: Id = [7, 8, 9, 10];
const ID_BYTES = Buffer.from('0700000008000000090000000a000000', 'hex');

/** Every trace belongs to the last member. */
function lastOwns(members: readonly string[]): PeerRing {
  return { members, ownerOf: () => members[members.length - 1] ?? '' };
}

class RecordingHolder implements TraceHolder {
  public state = UNKNOWN;
  public isIdle = true;
  public room = true;
  public readonly done: string[] = [];

  public stateOf(): number {
    return this.state;
  }

  public hasRoom(): boolean {
    return this.room;
  }

  public take(request: Uint8Array, hops: number, isForwarded: boolean): void {
    this.done.push(`take ${Buffer.from(request)} ${hops} ${isForwarded}`);
  }

  public hold(...[, , , , chunks, since]: Parameters<TraceHolder['hold']>): void {
    this.done.push(`hold ${chunks.map(String)} since ${since}`);
  }

  public learn(...[, , , , isKept]: Parameters<TraceHolder['learn']>): void {
    this.done.push(`learn ${isKept}`);
  }

  public follow(...[, , , , chunks, isKept]: Parameters<TraceHolder['follow']>): void {
    this.done.push(`follow ${chunks.map(String)} ${isKept}`);
  }
}

/** Answers as a test says; calls that nothing is said of stay open. */
class ScriptedTransport implements PeerTransport {
  public readonly sent: { readonly to: string; readonly body?: PeerMessage }[] = [];
  public answer: (to: string, request: PeerRequest) => AnswerBody | 'refused' | undefined =
    () => undefined;

  public send(to: string, request: PeerRequest): Promise<PeerAnswer> {
    this.sent.push({ to, body: request.body });
    const body = this.answer(to, request);
    if (body === undefined) return Promise.reject(new PeerUnreachable('silent', false));
    if (body === 'refused') return Promise.reject(new PeerUnreachable('nobody there', true));
    return Promise.resolve({ version: 1, from: { address: to, incarnation: 1 }, body });
  }

  public forget(): void {
    // Nothing is ever open.
  }

  public of(kind: PeerMessage['kind']): readonly { readonly to: string }[] {
    return this.sent.filter(({ body }) => body?.kind === kind);
  }
}

function agreeable(ring: readonly string[]): ScriptedTransport['answer'] {
  return (_to, { body }) => {
    switch (body?.kind) {
      case 'announce':
        return { kind: 'announce', seq: 1, current: ring, others: [], gone: [] };
      case 'forward': return { kind: 'forward', taken: true };
      case 'claim': return { kind: 'claim', answers: [0], pods: [] };
      case 'decisions': return { kind: 'decisions' };
      case 'bye': return { kind: 'bye', accepted: true };
      case undefined: return undefined;
    }
  };
}

interface TestPod {
  readonly clock: FakeClock;
  readonly holder: RecordingHolder;
  readonly transport: ScriptedTransport;
  readonly log: RecordingLogger;
  readonly metrics: PrometheusMetrics;
  readonly peers: TracePeers;
}

/** A pod that has joined a pool with this ring. */
async function pod(
  ring: readonly string[], settings: Partial<TracePeersOptions> = {},
): Promise<TestPod> {
  const clock = new FakeClock();
  const holder = new RecordingHolder();
  const transport = new ScriptedTransport();
  const log = new RecordingLogger();
  const metrics = new PrometheusMetrics();
  transport.answer = agreeable(ring);
  const peers = new TracePeers({
    id: 'trace_peers',
    identity: { address: SELF, incarnation: 5 },
    clock,
    transport,
    holder,
    makeRing: lastOwns,
    log,
    metrics,
    decisionWaitMs: DECISION_WAIT_MS,
    ...settings,
  });
  const joined = peers.begin({ ready: ring, all: ring });
  await clock.advance(10);
  await joined;
  return { clock, holder, transport, log, metrics, peers };
}

function from(address: string, body: PeerMessage | undefined, more: Partial<PeerRequest> = {}):
PeerRequest {
  return { version: 1, from: { address, incarnation: 1 }, to: 0, body, ...more };
}

const forward = (seq: number, text: string): PeerMessage =>
  ({ kind: 'forward', seq, hops: 1, spans: 1, chunks: [Buffer.from(text)] });
const claim: PeerMessage = { kind: 'claim', ids: ID_BYTES };

test('in quiet times an own trace is held at once, and another one goes to its owner', async () => {
  const mine = await pod([EARLIER, SELF]);
  expect(mine.peers.locate(...ID, 0, false)).toBe(PLACE_HERE);
  const other = await pod([SELF, LATER]);
  const place = other.peers.locate(...ID, 0, false);
  expect(place).toBeGreaterThanOrEqual(0);
  other.peers.forward(place, Buffer.from('spans'), 3, 0);
  await other.clock.advance(10);
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

/** A pod that owns all traces by its ring, while a peer uses another one. */
async function claiming(peer: string): Promise<TestPod> {
  const made = await pod([SELF]);
  made.peers.receive(from(peer, { kind: 'announce', seq: 1, current: ['pod-0', peer] }));
  expect(made.peers.locate(...ID, 0, false)).toBe(PLACE_CLAIM);
  made.peers.queue(...ID, Buffer.from('spans'), 2, 0);
  return made;
}

test('while another ring lives, a trace is held when its owner there says "no"', async () => {
  const { holder, clock, transport } = await claiming(LATER);
  expect(holder.done).toEqual([]);
  await clock.advance(10);
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
  await clock.advance(10);
  expect(holder.done).toEqual(done);
});

test('of two that claim at once, the one that the other asks too late gives up', async () => {
  const later = await claiming(LATER);
  expect(later.peers.receive(from(LATER, claim)).body)
    .toEqual({ kind: 'claim', answers: [1], pods: [] });
  const earlier = await claiming(EARLIER);
  expect(earlier.peers.receive(from(EARLIER, claim)).body)
    .toEqual({ kind: 'claim', answers: [0], pods: [] });
  await earlier.clock.advance(10);
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
