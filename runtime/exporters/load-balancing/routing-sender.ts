/**
 * Sends everything in a payload to its owner.
 *
 * ```
 *   payload ─► split by the ring ─► part A ─► taken
 *                  ▲            ├─► part B ─► refused for good: counted as lost
 *                  │            └─► part C ─► failed ─┐
 *                  └──── the ring has changed ◄───────┴──► else: only part C is tried again later
 * ```
 */
import { ThrownBack } from './coalescer';
import type { Failover } from './failover';
import type { Routes, RoutingTable } from './routing-table';
import type { Clock } from '../../clock';
import { messageOf, PermanentError, RetryableError } from '../../errors';
import { Key, KeySplitter } from '../../otlp/key-splitter';
import type { Allocate, TargetPayload } from '../../otlp/parts';
import { TraceSplitter } from '../../otlp/trace-splitter';
import { letGo, mergePayloads, Payload, Signal } from '../../pipeline/payload';
import { PartialFailure, Sender } from '../../pipeline/sender';
import type { SpanPlace } from '../../telemetry/spans';
import { messageBlocks } from '../../wire/block-pool';

/** What a routing sender is made with. */
export interface RoutingSenderOptions {
  /** The backends. */
  readonly table: RoutingTable;
  /** The time. */
  readonly clock: Clock;
  /** Longest time in milliseconds that a payload waits for the first backend. */
  readonly patienceMs: number;
  /** What passes by backends that fail, if anything does. */
  readonly failover?: Failover;
  /** Ends what finds the backends. */
  readonly stopResolver: () => Promise<void>;
  /** What decides about the backend; undefined for spans by trace id. */
  readonly keyOf: (signal: Signal) => Key | undefined;
}

/** Cuts payloads of one signal by their owners. */
interface Splitter {
  split(payload: Payload, routes: Routes): TargetPayload[];
  /** Items of the payload split last that have no owner. */
  readonly leftOutItems: number;
  /** Why they have none. */
  readonly leftOutReason?: string;
}

/** What became of one payload. */
interface Outcome {
  /** What may be tried again. */
  rest: Payload[];
  /** Items that were refused for good. */
  lostItems: number;
  /** The reason for `rest` that asks for the longest pause. */
  failure?: RetryableError;
  /** Whether some of `rest` was not even sent. */
  isThrownBack?: boolean;
  /** The first reason for `lostItems`. */
  refusal?: PermanentError;
}

/** One attempt per call, over as many backends as the payload has owners. */
export class RoutingSender implements Sender {
  private readonly splitters = new Map<Signal, Splitter>();
  /** Blocks that hold the parts of the payload that is being split. */
  private blocks: Uint8Array[] = [];

  public constructor(private readonly options: RoutingSenderOptions) {}

  public async send(payload: Payload, timeoutMs: number, parent?: SpanPlace): Promise<void> {
    const { clock, patienceMs, table } = this.options;
    const began = clock.monotonic();
    await table.available(patienceMs);
    const outcome: Outcome = { rest: [payload], lostItems: 0 };
    for (;;) {
      const routes = table.current;
      await this.attempt(outcome, routes, parent);
      const isLate = timeoutMs > 0 && clock.monotonic() - began >= timeoutMs;
      const isOver = outcome.rest.length === 0 || routes === table.current
        || (isLate && outcome.isThrownBack !== true);
      if (isOver) return conclude(payload, outcome);
    }
  }

  public async close(): Promise<void> {
    await this.options.stopResolver();
    await this.options.table.stop();
  }

  /** Sends what is left, and leaves in `outcome` what then is left. */
  private async attempt(
    outcome: Outcome, routes: Routes, parent: SpanPlace | undefined,
  ): Promise<void> {
    const { ring, backends } = routes;
    const { failover } = this.options;
    outcome.failure = undefined;
    outcome.isThrownBack = false;
    if (backends.length === 0) {
      outcome.failure = new RetryableError('no backends yet', { code: UNAVAILABLE });
      return;
    }
    const lostBefore = outcome.lostItems;
    const payloads = outcome.rest;
    const [{ signal }] = payloads;
    const splitter = this.splitterOf(signal);
    failover?.begin();
    const parts = splitter.split(mergePayloads(signal, payloads), routes);
    failover?.end();
    const { leftOutItems, leftOutReason = '' } = splitter;
    const blocks = this.blocks;
    this.blocks = [];
    outcome.rest = [];
    if (leftOutItems > 0) noteLeftOut(outcome, leftOutItems, leftOutReason);
    await Promise.all(parts.map(({ target, payload }) => {
      const sent = backends[target]?.send(payload, parent)
        ?? Promise.reject(noSender(ring.endpoints[target]));
      return sent.catch((error: unknown) => note(outcome, payload, error));
    }));
    // A part that failed may still be on its way somewhere; what was taken is read by nobody.
    const isTaken = outcome.rest.length === 0 && outcome.lostItems === lostBefore;
    if (!isTaken) return;
    for (const block of blocks) messageBlocks.give(block);
    for (const whole of payloads) letGo(whole);
  }

  private splitterOf(signal: Signal): Splitter {
    let splitter = this.splitters.get(signal);
    if (splitter === undefined) {
      const allocate: Allocate = (bytes) => {
        const block = messageBlocks.take(bytes);
        this.blocks.push(block);
        return block;
      };
      splitter = splitterBy(signal, this.options.keyOf(signal), allocate);
      this.splitters.set(signal, splitter);
    }
    return splitter;
  }
}

function splitterBy(signal: Signal, key: Key | undefined, allocate: Allocate): Splitter {
  if (key === undefined) {
    const byTrace = new TraceSplitter(allocate);
    return {
      split: (payload, { route }) => byTrace.splitPayload(payload, route), leftOutItems: 0,
    };
  }
  const byKey = new KeySplitter(signal, key, allocate);
  return {
    split: (payload, { routeKeys }) => byKey.splitPayload(payload, routeKeys),
    get leftOutItems() {
      return byKey.leftOutItems;
    },
    leftOutReason: key.leftOutReason,
  };
}

const UNAVAILABLE = 14;

function noSender(endpoint: string): RetryableError {
  return new RetryableError(`couldn't find the exporter for the endpoint "${endpoint}"`);
}

/** Writes down that some items belong to nobody. */
function noteLeftOut(outcome: Outcome, items: number, reason: string): void {
  outcome.lostItems += items;
  outcome.refusal ??= new PermanentError(reason);
}

/** Writes down that `part` was not taken, or not all of it. A bug goes through. */
function note(outcome: Outcome, part: Payload, error: unknown): void {
  if (error instanceof PartialFailure) {
    outcome.lostItems += error.lostItems;
    outcome.refusal ??= new PermanentError(error.message, { cause: error, code: error.code });
  } else if (error instanceof PermanentError) {
    outcome.lostItems += part.items;
    outcome.refusal ??= error;
  } else if (error instanceof RetryableError) {
    outcome.rest.push(part);
    if (error instanceof ThrownBack) outcome.isThrownBack = true;
    const isLonger = (error.delayMs ?? 0) > (outcome.failure?.delayMs ?? -1);
    if (isLonger) outcome.failure = error;
  } else {
    throw error;
  }
}

/** Says what became of all of `payload`, in the words that a delivery understands. */
function conclude(payload: Payload, { rest, lostItems, failure, refusal }: Outcome): void {
  const left = mergePayloads(payload.signal, rest);
  if (left.items === payload.items && failure !== undefined) throw failure;
  if (lostItems === payload.items && refusal !== undefined) throw refusal;
  if (left.items === 0 && lostItems === 0) return;
  const reason = failure ?? refusal;
  throw new PartialFailure(messageOf(reason), left, lostItems, {
    cause: reason, code: reason?.code, delayMs: failure?.delayMs,
  });
}
