/**
 * What stands between components and sockets: messages in, messages out, as bytes.
 *
 * Nothing here knows which HTTP implementation is behind it, so that one can be replaced by
 * another without a component noticing.
 */
import type { Status } from './status';
import type { ClientMetadata } from '../pipeline/client-metadata';
import type { SpanPlace } from '../telemetry/spans';

/** How a message is written. */
export type Encoding = 'proto' | 'json';

/** Answers one message, once. `body` is the answer's message when the status is OK. */
export type Respond = (status: Status, body?: Uint8Array) => void;

/**
 * Takes one message: the `length` bytes from `offset` of `arena`. They are the taker's from now on:
 * no transport writes to them again. `metadata` is there when the server was told to keep it, and
 * `parent`, the span of the call, when the process makes spans of its own.
 */
export type OnMessage = (
  arena: Uint8Array, offset: number, length: number, encoding: Encoding, respond: Respond,
  metadata?: ClientMetadata, parent?: SpanPlace,
) => void;

/** Who takes the messages of which path, for example `/v1/traces`. Only `POST` carries messages. */
export type Routes = ReadonlyMap<string, OnMessage>;

/** Takes messages in. */
export interface MessageServer {
  /**
   * Listens, and resolves to the port that it got; 0 where it listens on a file.
   *
   * @throws Error when the address cannot be had.
   */
  listen(): Promise<number>;
  /**
   * Takes no new messages, answers those under way, and ends what is still open after `graceMs`.
   * Closing twice, or before listening, is harmless.
   */
  close(graceMs: number): Promise<void>;
}

/** Told once what became of a message; `answer` is empty unless the status is OK. */
export type Done = (status: Status, answer: Uint8Array) => void;

/** Gives messages to one peer. It never throws because of the peer: `done` is always told. */
export interface MessageClient {
  /**
   * Reads what TLS needs and begins to connect; `send` works without it.
   *
   * @throws Error when a file cannot be read.
   */
  open(): void;
  /**
   * Sends the bytes of all `chunks` as one message to `path` (gRPC) or to that URL (HTTP).
   * `timeoutMs` counts from now and includes connecting; 0 is no limit. `metadata` is what the
   * message once came with, which credentials may be made of; spans stand below `parent`. Once
   * `done` is told, the memory of `chunks` may be given back: of what may still be read of them,
   * `messageBlocks` was told that it must be kept.
   */
  send(
    path: string, chunks: readonly Uint8Array[], timeoutMs: number, done: Done,
    metadata?: ClientMetadata, parent?: SpanPlace,
  ): void;
  /** Ends every connection. What is under way ends as UNAVAILABLE. Twice is harmless. */
  close(): Promise<void>;
}
