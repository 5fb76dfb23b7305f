/**
 * What a gRPC client needs of whoever speaks HTTP/2 for it: connections that have been greeted, and
 * calls on them.
 */
import type { Socket } from 'net';
import type { ConnectionOptions } from 'tls';
import type { Clock } from '../clock';
import type { Status } from './status';

/** The headers of calls to one path, without the deadline: the same object until they change. */
export interface CallHeaders {
  /** By name, in lower case. */
  readonly byName: Readonly<Record<string, string>>;
  /** In order: those that begin with a colon come first. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Names of those that no table on the way may keep. */
  readonly sensitive?: ReadonlySet<string>;
}

/**
 * What becomes of a call: `returned` is that the peer has not looked at it, `unsent` that it was
 * not even sent.
 */
export type CallEnd = Status | 'returned' | 'unsent';

/** One unary call. */
export interface OutgoingCall {
  /** The headers that it has now. */
  headers(): CallHeaders;
  /** Milliseconds that are left to it, at least 1; undefined without a deadline. */
  timeLeft(): number | undefined;
  /** The message's bytes in a row. */
  readonly chunks: readonly Uint8Array[];
  /** Whether they are compressed. */
  readonly isCompressed: boolean;
  /** Told once what became of it, unless it was cancelled. */
  answered(end: CallEnd, answer: Uint8Array): void;
}

/** A call that has begun. */
export interface BegunCall {
  /** Ends it; nothing is told of it any more. Harmless when it has ended. */
  cancel(): void;
}

/** A connection that has been greeted. */
export interface GrpcSession {
  /** Whether it has calls. */
  readonly isBusy: boolean;
  /**
   * Begins a call, now or when the peer takes another one; undefined when the connection takes no
   * more.
   */
  begin(call: OutgoingCall): BegunCall | undefined;
  /** Asks for a sign of life; `answered` is told of it. */
  ping(answered: () => void): void;
  /** Takes no more calls, and ends when those under way have ended. */
  close(): void;
  /** Ends at once. */
  destroy(error?: Error): void;
}

/** What a session tells its connection. */
export interface SessionEvents {
  /** The peer has told its settings, so it does speak HTTP/2. Told once. */
  ready(): void;
  /** It takes no more calls; those under way may end well. */
  leaving(): void;
  /** Something is wrong, and the end will follow. */
  failed(error: Error): void;
  /** It has ended, and all its calls have. */
  closed(): void;
}

/** Where to connect, and with what. */
export interface DialOptions {
  /** IP address and port, or path of a socket that is a file. */
  readonly target: { readonly host: string; readonly port: number } | { readonly path: string };
  /** TLS; without it, plain text. */
  readonly tls?: ConnectionOptions;
  /** `:authority` of every call. */
  readonly authority: string;
  /** The time. */
  readonly clock: Clock;
}

/** A socket that begins to connect, and the session that may be opened when it has. */
export interface Dialed {
  /** The socket. */
  readonly socket: Socket;
  /** Greets the peer; `socket` must have just connected. */
  open(events: SessionEvents): GrpcSession;
}

/** Begins to connect. */
export type Dial = (options: DialOptions) => Dialed;

/** TLS of a connection that speaks HTTP/2. */
export const ALPN = ['h2'];
/** Largest answer in bytes, inflated ones too. */
export const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
/** What a peer may send of an answer before it is credited. */
export const ANSWER_WINDOW = 1024 * 1024;
