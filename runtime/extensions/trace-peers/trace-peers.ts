/** Makes this pod and others one sampler: listens to them, calls them, and knows who they are. */
import { randomInt } from 'crypto';
import { GrpcPeerTransport, SAY } from './grpc-peer-transport';
import { clientSettings, serverSettings } from './net-settings';
import { hostOf, joined, ownAddress } from './own-address';
import { peerService } from './peer-service';
import { createPeersWatch, type PeersWatch } from './peers-watch';
import { QuietLogger } from './quiet-logger';
import { makeUpstreamRing } from './upstream-ring';
import type { Clock, Timer } from '../../clock';
import type { ComponentContext } from '../../component';
import type { TracePeersSettings } from '../../config';
import { messageOf } from '../../errors';
import { GrpcClient } from '../../net/grpc-client';
import { createGrpcServer } from '../../net/grpc-servers';
import { PeerLog } from '../../net/peer-log';
import type { MessageServer } from '../../net/transport';
import { USER_AGENT } from '../../net/user-agent';
import { USUAL_GENERATION } from '../../peers/messages';
import type { PeersView } from '../../peers/peers-view';
import type { TraceHolder } from '../../peers/trace-holder';
import { TracePeers } from '../../peers/trace-peers';
import type { TracePool } from '../../peers/trace-pool';
import { RING_GENERATIONS } from '../../routing/hash-ring';
import { PrometheusMetrics } from '../../telemetry/prometheus-metrics';

/** The extension, and where it can be reached. */
export interface TracePeersExtension extends TracePool {
  /** The port that it listens on, 0 while it does not. */
  readonly port: number;
  /** This pod as rings spell it, once it was started. */
  readonly address: string;
}

/** Makes the extension. */
export function createTracePeersExtension(
  settings: TracePeersSettings, context: ComponentContext,
): TracePeersExtension {
  return new TracePeersOnWire(settings, context);
}

const PORT = 4319;
const MIB = 1_048_576;
/** How long answers under way may take when the process ends. */
const GRACE_MS = 1000;
/** What leaving takes beside waiting for decisions and resolvers. */
const LEAVE_MORE_MS = 10_000;
/** So that two lives of a pod in the same millisecond differ. */
const LIVES_PER_MS = 1024;

class TracePeersOnWire implements TracePeersExtension {
  public port = 0;
  public address = '';
  private readonly peerLog: PeerLog;
  private readonly transport: GrpcPeerTransport;
  private server?: MessageServer;
  private watch?: PeersWatch;
  private pool?: TracePeers;
  private decisionWaitMs = 0;
  private lastView?: PeersView;
  private viewed: () => void = () => undefined;
  private state: 'outside' | 'joining' | 'inside' | 'leaving' | 'left' = 'outside';
  private stopping?: Promise<void>;

  public constructor(
    private readonly settings: TracePeersSettings, private readonly context: ComponentContext,
  ) {
    this.peerLog = new PeerLog(context);
    const failed = this.counter('failed_calls', '{calls}', 'Calls of other pods that failed.');
    this.transport = new GrpcPeerTransport({
      context,
      port: () => this.port,
      connect: (endpoint) =>
        new GrpcClient(clientSettings(settings, endpoint), context, USER_AGENT),
      failed: () => failed.add(1),
    });
  }

  /** Longest time that `leave` takes, in milliseconds. */
  public get leaveMs(): number {
    const { leaveTimeout, resolverDelay } = this.settings;
    if (this.pool === undefined || this.watch?.seesLeaving === false) return 0;
    return leaveTimeout > 0
      ? leaveTimeout : this.decisionWaitMs + 2 * resolverDelay + LEAVE_MORE_MS;
  }

  public async start(): Promise<void> {
    try {
      await this.open();
    } catch (error) {
      throw new Error(`extensions.${this.context.id}.${messageOf(error)}`, { cause: error });
    }
  }

  public attach(holder: TraceHolder, decisionWaitMs: number): TracePeers {
    const { clock, id, log, metrics } = this.context;
    if (this.pool !== undefined) {
      throw new Error(`extensions.${id}: must be named by one tail sampler, got two`);
    }
    const { compatibility, maxQueuedMib, resolverDelay } = this.settings;
    const { ring } = compatibility;
    this.decisionWaitMs = decisionWaitMs;
    this.pool = new TracePeers({
      id,
      identity: { address: this.address, incarnation: newIncarnation(clock) },
      clock,
      transport: this.transport,
      holder,
      makeRing: (members) => makeUpstreamRing(members, RING_GENERATIONS[ring]),
      generation: ring === USUAL_GENERATION ? undefined : ring,
      log: new QuietLogger(log, clock),
      metrics,
      decisionWaitMs,
      viewDelayMs: resolverDelay,
      mostQueuedBytes: maxQueuedMib * MIB,
    });
    return this.pool;
  }

  public async join(): Promise<void> {
    const { pool, context: { log } } = this;
    if (pool === undefined) {
      log.warn('No tail sampler names this extension, so that it does nothing.');
      return;
    }
    const view = await this.firstView();
    if (this.state !== 'outside') return;
    this.state = 'joining';
    log.info('Joining the pool.', { address: this.address, ...countsOf(view) });
    const since = this.context.clock.monotonic();
    await pool.begin(view);
    // It has left before it was in.
    if (this.hasState('joining')) this.state = 'inside'; else return;
    log.info('Joined the pool.', {
      address: this.address, waited_ms: Math.round(this.context.clock.monotonic() - since),
    });
  }

  public async leave(): Promise<void> {
    const { pool, leaveMs, context: { clock, log } } = this;
    const wasInside = this.state === 'inside';
    if (this.state !== 'left') this.state = 'leaving';
    if (pool === undefined || !wasInside || leaveMs === 0) return;
    log.info('Leaving the pool.', { longest_ms: leaveMs });
    if (this.lastView !== undefined) this.tell(this.lastView);
    const since = clock.monotonic();
    let timer: Timer | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = clock.after(leaveMs, () => resolve('late'));
    });
    const end = await Promise.race([pool.leave(), late]);
    timer?.cancel();
    const waited = Math.round(clock.monotonic() - since);
    if (end === 'late') {
      log.warn('Left the pool before it could do without this pod. Traces may be split.', {
        waited_ms: waited,
      });
    } else {
      log.info('Left the pool.', { waited_ms: waited });
    }
  }

  public stop(): Promise<void> {
    this.stopping ??= this.close();
    return this.stopping;
  }

  private async open(): Promise<void> {
    const { settings, context } = this;
    this.address = ownAddress(settings, process.env);
    const endpoint = settings.endpoint === ''
      ? joined(hostOf(this.address), PORT) : settings.endpoint;
    const malformed = this.counter(
      'malformed_messages', '{messages}', 'Messages that were none of this protocol.');
    const say = peerService(() => this.taker, this.peerLog, () => malformed.add(1));
    this.server = createGrpcServer(
      serverSettings(settings, endpoint), new Map([[SAY, say]]), context,
      // Senders may have certificates of the same authorities, and are no pods of the pool.
      { clientName: settings.tls?.serverNameOverride ?? '' });
    this.port = await this.server.listen();
    context.log.info('Listens for other pods.', {
      endpoint, port: this.port, address: this.address, tls: settings.tls !== undefined,
    });
    this.watch = createPeersWatch(settings, this.address, {
      ...context,
      // Resolvers count backends of load_balancing, of which these are none.
      metrics: new PrometheusMetrics(),
    });
    this.observe();
    await this.watch.start((view) => this.see(view));
  }

  private async close(): Promise<void> {
    this.state = 'left';
    this.viewed();
    // The sampler has done this; without it, nobody else would.
    this.pool?.stop();
    await this.watch?.stop();
    this.transport.close();
    await this.server?.close(GRACE_MS);
    this.port = 0;
  }

  /** The pool, from when it knows a first view of itself until its end. */
  private get taker(): TracePeers | undefined {
    return this.state === 'outside' || this.state === 'left' ? undefined : this.pool;
  }

  private see(view: PeersView): void {
    this.lastView = view;
    this.viewed();
    if (this.state !== 'outside' && this.state !== 'left') this.tell(view);
  }

  private tell(view: PeersView): void {
    // A resolver that keeps its list when nothing is found would name this pod for ever.
    const isLast = this.state === 'leaving'
      && view.ready.length === 1 && view.ready[0] === this.address;
    this.pool?.view(isLast ? { ...view, ready: [] } : view);
  }

  private async firstView(): Promise<PeersView> {
    const { log } = this.context;
    if (this.lastView === undefined) {
      log.info('Waits for the resolver to tell who is in the pool.');
      await new Promise<void>((resolve) => { this.viewed = resolve; });
    }
    return this.lastView ?? { ready: [] };
  }

  private hasState(state: TracePeersOnWire['state']): boolean {
    return this.state === state;
  }

  private counter(name: string, unit: string, description: string) {
    const { id, metrics } = this.context;
    return metrics.counter(
      { name: `otelgw_peers_${name}`, unit, description }, { extension: id });
  }

  private observe(): void {
    const { id, metrics } = this.context;
    const gauge = (name: string, unit: string, description: string, read: () => number): void => {
      const instrument = { name: `otelgw_peers_${name}`, unit, description };
      metrics.observe('gauge', instrument, { extension: id }, read);
    };
    gauge('joined', '1', 'Whether this pod takes part in the pool: 1 or 0.',
      () => Number(this.state === 'inside' || this.state === 'leaving'));
    gauge('ready_pods', '{pods}', 'Pods that take new traces, as the resolver says.',
      () => this.lastView?.ready.length ?? 0);
  }
}

function countsOf({ ready, all }: PeersView): object {
  return { ready_pods: ready.length, ...all !== undefined && { all_pods: all.length } };
}

/** A number that no other life of the pod has, and which rises. */
function newIncarnation(clock: Clock): number {
  return Math.max(1, Math.floor(clock.now())) * LIVES_PER_MS + randomInt(LIVES_PER_MS);
}
