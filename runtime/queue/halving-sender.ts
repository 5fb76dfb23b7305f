import { PermanentError, RetryableError } from '../errors';
import { splitItems } from '../otlp/item-splitter';
import { mergePayloads, type Payload } from '../pipeline/payload';
import { PartialFailure, type Sender } from '../pipeline/sender';
import type { SpanPlace } from '../telemetry/spans';

/** Whether a peer refused a request for its size alone: half of it may be taken. */
export type IsTooLarge = (error: PermanentError) => boolean;

interface Outcome {
  readonly rest: Payload[];
  lostItems: number;
  refusal?: PermanentError;
  failure?: RetryableError;
}

/**
 * Sends in halves what a peer finds too large. Batches count items and peers count bytes; how large
 * items are, nobody knows beforehand, and without this every such batch would be lost as a whole.
 */
export class HalvingSender implements Sender {
  public constructor(
    private readonly sender: Sender,
    private readonly isTooLarge: IsTooLarge,
  ) {}

  public open(): void {
    this.sender.open?.();
  }

  public async send(payload: Payload, timeoutMs: number, parent?: SpanPlace): Promise<void> {
    try {
      await this.sender.send(payload, timeoutMs, parent);
    } catch (error) {
      if (payload.items < 2 || !this.isRefusedForSize(error)) throw error;
      const outcome: Outcome = { rest: [], lostItems: 0 };
      const send = (half: Payload): Promise<void> => this.send(half, timeoutMs, parent);
      for (const half of halvesOf(payload)) await sendHalf(half, send, outcome);
      conclude(payload, outcome);
    }
  }

  public close(): Promise<void> {
    return this.sender.close();
  }

  private isRefusedForSize(error: unknown): error is PermanentError {
    return error instanceof PermanentError && this.isTooLarge(error);
  }
}

async function sendHalf(
  half: Payload, send: (half: Payload) => Promise<void>, outcome: Outcome,
): Promise<void> {
  if (outcome.failure !== undefined) {
    outcome.rest.push(half);
    return;
  }
  try {
    await send(half);
  } catch (error) {
    note(outcome, half, error);
  }
}

function halvesOf(payload: Payload): Payload[] {
  const half = Math.ceil(payload.items / 2);
  return splitItems(payload, half, half);
}

/** Writes down that `half` was not taken, or not all of it. A bug goes through. */
function note(outcome: Outcome, half: Payload, error: unknown): void {
  if (error instanceof PartialFailure) {
    outcome.lostItems += error.lostItems;
    outcome.refusal ??= new PermanentError(error.message, { cause: error, code: error.code });
    if (error.rest.items === 0) return;
    outcome.rest.push(error.rest);
    outcome.failure = error;
  } else if (error instanceof RetryableError) {
    outcome.rest.push(half);
    outcome.failure = error;
  } else if (error instanceof PermanentError) {
    outcome.lostItems += half.items;
    outcome.refusal ??= error;
  } else {
    throw error;
  }
}

/** Says what became of all of `payload`, in the words that a delivery understands. */
function conclude(payload: Payload, { rest, lostItems, refusal, failure }: Outcome): void {
  if (lostItems === payload.items && refusal !== undefined) throw refusal;
  const left = mergePayloads(payload.signal, rest);
  if (left.items === payload.items && failure !== undefined) throw failure;
  const reason = failure ?? refusal;
  if (reason === undefined) return;
  throw new PartialFailure(reason.message, left, lostItems, {
    cause: reason, code: reason.code, delayMs: failure?.delayMs,
  });
}
