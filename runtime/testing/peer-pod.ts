/** A pod whose peers answer as a test says. */
import { FakeClock } from './fake-clock';
import { RecordingLogger } from './recording-logger';
import type { AnswerBody, PeerAnswer, PeerMessage, PeerRequest } from '../peers/messages';
import type { PeerRing } from '../peers/peer-ring';
import { PeerUnreachable, type PeerTransport } from '../peers/peer-transport';
import { UNKNOWN, type TraceHolder } from '../peers/trace-holder';
import { PLACE_CLAIM, TracePeers, type TracePeersOptions } from '../peers/trace-peers';
import { PrometheusMetrics } from '../telemetry/prometheus-metrics';

/** The pod under test. */
export const SELF = 'pod-b';
/** A pod that comes before it in the order of claims. */
export const EARLIER = 'pod-a';
/** A pod that comes after it. */
export const LATER = 'pod-c';
/** How long it holds traces. */
export const DECISION_WAIT_MS = 10_000;

type Id = [w0: number, w1: number, w2: number, w3: number];
/** A trace. */
export const ID: Id = [7, 8, 9, 10];
/** The same, as it travels. */
export const ID_BYTES = Buffer.from('0700000008000000090000000a000000', 'hex');

/** A ring in which every trace belongs to the last member. */
export function lastOwns(members: readonly string[]): PeerRing {
  return { members, ownerOf: () => members[members.length - 1] ?? '' };
}

/** Writes down what it is told to do. */
export class RecordingHolder implements TraceHolder {
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

/** Answers as a test says, or not at all. */
export class ScriptedTransport implements PeerTransport {
  public readonly sent: { readonly to: string; readonly body?: PeerMessage }[] = [];
  public answer: (to: string, request: PeerRequest) => AnswerBody | 'refused' | undefined =
    () => undefined;
  /** Which life of the others answers. */
  public incarnation = 1;

  public send(to: string, request: PeerRequest): Promise<PeerAnswer> {
    this.sent.push({ to, body: request.body });
    const body = this.answer(to, request);
    if (body === undefined) return Promise.reject(new PeerUnreachable('silent', false));
    if (body === 'refused') return Promise.reject(new PeerUnreachable('nobody there', true));
    const { incarnation } = this;
    return Promise.resolve({ version: 1, from: { address: to, incarnation }, body });
  }

  public forget(): void {
    // Nothing is ever open.
  }

  public of(kind: PeerMessage['kind']): readonly { readonly to: string }[] {
    return this.sent.filter(({ body }) => body?.kind === kind);
  }
}

/** Answers as a pod does that uses this ring and agrees to everything. */
export function agreeable(ring: readonly string[]): ScriptedTransport['answer'] {
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

/** A pod and what it is made of. */
export interface TestPod {
  /** Its time. */
  readonly clock: FakeClock;
  /** Its traces. */
  readonly holder: RecordingHolder;
  /** What it says. */
  readonly transport: ScriptedTransport;
  /** What it logs. */
  readonly log: RecordingLogger;
  /** What it counts. */
  readonly metrics: PrometheusMetrics;
  /** Itself. */
  readonly peers: TracePeers;
}

/** A pod that has joined a pool with this ring. */
export async function pod(
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

/** A message of that pod. */
export function from(
  address: string, body: PeerMessage | undefined, more: Partial<PeerRequest> = {},
): PeerRequest {
  return { version: 1, from: { address, incarnation: 1 }, to: 0, body, ...more };
}

/** Spans from another pod. */
export const forward = (seq: number, text: string): PeerMessage =>
  ({ kind: 'forward', seq, hops: 1, spans: 1, chunks: [Buffer.from(text)] });
/** A question about the trace. */
export const claim: PeerMessage = { kind: 'claim', ids: ID_BYTES };

/** A pod that owns all traces by its ring, while a peer uses another one. */
export async function claiming(peer: string): Promise<TestPod> {
  const made = await pod([SELF]);
  made.peers.receive(from(peer, { kind: 'announce', seq: 1, current: ['pod-0', peer] }));
  const place = made.peers.locate(...ID, 0, false);
  if (place !== PLACE_CLAIM) throw new Error(`test: must claim, got ${place}`);
  made.peers.queue(...ID, Buffer.from('spans'), 2, 0);
  return made;
}
