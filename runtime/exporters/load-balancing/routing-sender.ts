/**
 * Sends each trace of a payload to its owner.
 *
 * ```
 *   payload ─► split by the ring ─► part A ─► taken
 *                  ▲            ├─► part B ─► refused for good: counted as lost
 *                  │            └─► part C ─► failed ─┐
 *                  └──── the ring has changed ◄───────┴──► else: only part C is tried again later
 * ```
 */
import { BlockPool } from './block-pool';
import type { Routes, RoutingTable } from './routing-table';
import type { Clock } from '../../clock';
import { messageOf, PermanentError, RetryableError } from '../../errors';
import { TraceSplitter } from '../../otlp/trace-splitter';
import { mergePayloads, Payload } from '../../pipeline/payload';
import { PartialFailure, Sender } from '../../pipeline/sender';
import type { SpanPlace } from '../../telemetry/spans';

/** What a routing sender is made with. */
export interface RoutingSenderOptions {
  /** The backends. */
  readonly table: RoutingTable;
  /** The time. */
  readonly clock: Clock;
  /** Longest time in milliseconds that a payload waits for the first backend. */
  readonly patienceMs: number;
  /** Ends what finds the backends. */
  readonly stopResolver: () => Promise<void>;
}

/** What became of one payload. */
interface Outcome {
  /** What may be tried again. */
  rest: Payload[];
  /** Items that were refused for good. */
  lostItems: number;
  /** The reason for `rest` that asks for the longest pause. */
  failure?: RetryableError;
  /** The first reason for `lostItems`. */
  refusal?: PermanentError;
}

/** One attempt per call, over as many backends as the payload has owners. */
export class RoutingSender implements Sender {
  private readonly pool = new BlockPool();
  private readonly splitter = new TraceSplitter((bytes) => {
    const block = this.pool.take(bytes);
    this.blocks.push(block);
    return block;
  });
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
      const isOver = outcome.rest.length === 0 || routes === table.current
        || (timeoutMs > 0 && clock.monotonic() - began >= timeoutMs);
      if (isOver) return conclude(payload, outcome);
    }
  }

  public async close(): Promise<void> {
    await this.options.stopResolver();
    await this.options.table.stop();
  }

  /** Sends what is left, and leaves in `outcome` what then is left. */
  private async attempt(
    outcome: Outcome, { ring, route, backends }: Routes, parent: SpanPlace | undefined,
  ): Promise<void> {
    outcome.failure = undefined;
    if (backends.length === 0) {
      outcome.failure = new RetryableError('no backends yet', { code: UNAVAILABLE });
      return;
    }
    const lostBefore = outcome.lostItems;
    const parts = this.splitter.splitPayload(mergePayloads('traces', outcome.rest), route);
    const blocks = this.blocks;
    this.blocks = [];
    outcome.rest = [];
    await Promise.all(parts.map(({ target, payload }) => {
      const sent = backends[target]?.send(payload, parent)
        ?? Promise.reject(noSender(ring.endpoints[target]));
      return sent.catch((error: unknown) => note(outcome, payload, error));
    }));
    // A part that failed may still be on its way somewhere; what was taken is read by nobody.
    const isTaken = outcome.rest.length === 0 && outcome.lostItems === lostBefore;
    if (isTaken) for (const block of blocks) this.pool.give(block);
  }
}

const UNAVAILABLE = 14;

function noSender(endpoint: string): RetryableError {
  return new RetryableError(`couldn't find the exporter for the endpoint "${endpoint}"`);
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
    const isLonger = (error.delayMs ?? 0) > (outcome.failure?.delayMs ?? -1);
    if (isLonger) outcome.failure = error;
  } else {
    throw error;
  }
}

/** Says what became of all of `payload`, in the words that a delivery understands. */
function conclude(payload: Payload, { rest, lostItems, failure, refusal }: Outcome): void {
  const left = mergePayloads('traces', rest);
  if (left.items === payload.items && failure !== undefined) throw failure;
  if (lostItems === payload.items && refusal !== undefined) throw refusal;
  if (left.items === 0 && lostItems === 0) return;
  const reason = failure ?? refusal;
  throw new PartialFailure(messageOf(reason), left, lostItems, {
    cause: reason, code: reason?.code, delayMs: failure?.delayMs,
  });
}
