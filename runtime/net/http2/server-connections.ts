/** All connections of one server over our own HTTP/2, and the memory that they share. */
import type { Socket } from 'net';
import type { Timer } from '../../clock';
import type { NetContext } from '../authentication';
import { TOO_MANY_PINGS } from '../grpc-server';
import type { PeerLog } from '../peer-log';
import { Pulse } from '../pulse';
import { DEFAULT_WINDOW, MOST_WINDOW } from './frames';
import type { Keepalive } from '../keepalive';
import { ReceiveBudget } from './receive-window';
import { ServerConnection, type NewStream, type ServerShare } from './server-connection';
import { defaultSettings } from './settings';
import { withOwnBuffers, type TakeBytes } from './socket-reader';

const MIB = 1024 * 1024;
/** What a client may send of all its messages that are not complete. */
const WINDOW_BYTES = 4 * MIB;
/** What one client, and all of them, may make us hold of such messages. */
const CONNECTION_BYTES = 16 * MIB;
const ALL_BYTES = 128 * MIB;
/** Only our own clients send frames that are larger than the usual 16 KiB. */
const FRAME_BYTES = 16_384;
const HEADER_LIST_BYTES = 65_536;
/** How often connections are asked for a sign of life; one that gave none is cut next time. */
const LOOK_MS = 60_000;
/** How late the end of a request may come that its client does not wait for any longer. */
const DEADLINE_MS = 250;

/** Memory for messages of up to `maxBytes` that are on their way in, over all connections. */
export function budgetFor(maxBytes: number): ReceiveBudget {
  return new ReceiveBudget(
    Math.max(ALL_BYTES, 8 * maxBytes), Math.max(CONNECTION_BYTES, 2 * maxBytes));
}

/** What a server wants of its connections. */
export interface ConnectionRules {
  /** Streams that a client may have open at a time. */
  readonly maxConcurrentStreams: number;
  /** Largest message, or body of a request, in bytes. */
  readonly maxBytes: number;
  /** Memory for those that are on their way in. */
  readonly budget: ReceiveBudget;
  /** How long connections live. */
  readonly keepalive: Keepalive;
  /** What is told of a client whose first bytes are none of HTTP/2. */
  readonly notHttp2: string;
}

/** The connections of one server. */
export class ServerConnections {
  private readonly open = new Set<ServerConnection>();
  private readonly share: ServerShare;
  private looking?: Timer;
  private awaiting?: Timer;
  private pulse?: Pulse;

  public constructor(
    private readonly context: NetContext, private readonly peers: PeerLog,
    private readonly rules: ConnectionRules,
  ) {
    const { budget, keepalive, maxBytes, maxConcurrentStreams } = rules;
    this.share = {
      settings: {
        ...defaultSettings(),
        maxConcurrentStreams,
        initialWindowSize: Math.min(MOST_WINDOW, Math.max(DEFAULT_WINDOW, maxBytes + MIB)),
        maxFrameSize: FRAME_BYTES,
        maxHeaderListSize: HEADER_LIST_BYTES,
      },
      keepalive,
      budget,
      windowBytes: WINDOW_BYTES,
      clock: context.clock,
      looks: 0,
      awaited: () => this.expireLater(),
      stoodStill: (now) => this.pulse?.stoodStill(now) ?? 0,
    };
  }

  /** How many there are. */
  public get size(): number {
    return this.open.size;
  }

  /** Begins to look after them. */
  public begin(): void {
    this.pulse = new Pulse(this.context.clock);
    this.looking = this.context.clock.every(LOOK_MS, () => {
      this.share.looks++;
      for (const connection of this.open) connection.look();
    });
  }

  /** Goes on with what a server has accepted; `read` gives the socket that is read. */
  public take(
    accepted: Socket, newStream: NewStream,
    read: (socket: Socket, take: TakeBytes) => Socket = withOwnBuffers,
  ): void {
    const socket = read(accepted, (source, start, end) => connection.push(source, start, end));
    const peer = socket.remoteAddress ?? '';
    const connection: ServerConnection = new ServerConnection(socket, newStream, this.share, {
      pestering: () => this.peers.warn('A connection was ended.', peer, TOO_MANY_PINGS),
      strange: () => this.peers.warn('A connection was refused.', peer, this.rules.notHttp2),
      closed: (closed) => this.open.delete(closed),
    });
    this.open.add(connection);
    socket.resume();
  }

  /** Ends each of them after its requests. */
  public retire(): void {
    for (const connection of this.open) connection.retire(0);
  }

  /** Ends all of them at once. */
  public cut(): void {
    for (const connection of this.open) connection.cut();
  }

  /** Looks after them no longer: there are none left. */
  public end(): void {
    this.looking?.cancel();
    this.awaiting?.cancel();
    this.pulse?.end();
  }

  private expireLater(): void {
    this.awaiting ??= this.context.clock.after(DEADLINE_MS, () => {
      this.awaiting = undefined;
      const now = this.context.clock.monotonic();
      let isAwaited = false;
      for (const connection of this.open) {
        if (connection.expire(now)) isAwaited = true;
      }
      if (isAwaited) this.expireLater();
    });
  }
}
