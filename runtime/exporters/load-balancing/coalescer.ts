/**
 * Gathers the parts of many requests that go to one backend into fewer, fuller requests.
 *
 * Splitting over K backends makes every request K times smaller, and small requests cost sender and
 * receiver several times as much per span. Parts are bytes of whole requests, so gathering them is
 * writing one after the other.
 *
 * ```
 *   parts ──► waiting ──► request of up to 1000 spans or 512 KB ──► sender, so many at a time
 *                │        when it is full or 4 ms pass, or as soon as nothing is on its way
 *                │        and it has 100 spans, or no other part came in the 4 ms before it
 *                └──────► thrown back when the backend leaves the ring, to be routed anew
 * ```
 *
 * Who sends little never waits. Who sends much gathers for as long as the backend takes to answer:
 * the busier it is, the fuller its requests. Who sends small parts often waits a little.
 */
import type { GatherWindow } from './gather-window';
import type { Clock } from '../../clock';
import { RetryableError } from '../../errors';
import { mergePayloads, Payload } from '../../pipeline/payload';
import { PartialFailure } from '../../pipeline/sender';
import type { SpanPlace } from '../../telemetry/spans';

/** A part was not sent, because its backend is not the one to send to any more. */
export class ThrownBack extends RetryableError {
  public readonly name: string = 'ThrownBack';
}

/** When a request is sent. */
export interface CoalescerLimits {
  /** Items that make a request full. */
  readonly items: number;
  /** Bytes that make a request full. */
  readonly bytes: number;
  /** Items that are worth a request of their own when nothing is on its way. */
  readonly worthItems: number;
  /** Requests that may be on their way at a time. */
  readonly requests: number;
}

/** The limits that serve receivers best; sizes were measured, more brings nothing. */
export const COALESCER_LIMITS: Omit<CoalescerLimits, 'requests'> = {
  items: 1000, bytes: 512 * 1024, worthItems: 100,
};

/**
 * Sends one gathered request; the promise follows the peer's answer. What was gathered from several
 * has no `parent`.
 */
export type SendRequest = (request: Payload, parent?: SpanPlace) => Promise<void>;

interface Part {
  readonly payload: Payload;
  readonly parent?: SpanPlace;
  resolve(): void;
  reject(error: unknown): void;
}

/** Gathers for one backend what is of one signal. */
export class Coalescer {
  private waiting: Part[] = [];
  private waitingItems = 0;
  private waitingBytes = 0;
  /** Whether what waits has waited long enough. */
  private isDue = false;
  /** Whether what waits came so soon after other parts that more is to be expected. */
  private expectsMore = false;
  private lastCameAt = -Infinity;
  private readonly due = (): void => {
    this.isDue = true;
    this.pump();
  };
  /** Whether an end of this turn of the event loop is waited for. */
  private isTurning = false;
  private running = 0;
  private closing?: () => void;
  private isClosed = false;

  public constructor(
    private readonly limits: CoalescerLimits,
    private readonly clock: Clock,
    /** Longest time that a part waits for others. */
    private readonly window: GatherWindow,
    private readonly sendRequest: SendRequest,
    /** Whether requests should go one at a time for now; `pump` when no longer. */
    private readonly isInDoubt: () => boolean = () => false,
  ) {}

  /** Sends `payload`, alone or with others. The promise follows the answer to that request. */
  public send(payload: Payload, parent?: SpanPlace): Promise<void> {
    if (this.isClosed) return Promise.reject(gone());
    const now = this.clock.monotonic();
    if (this.waiting.length === 0) this.expectsMore = now - this.lastCameAt < this.window.ms;
    this.lastCameAt = now;
    return new Promise((resolve, reject) => {
      this.waiting.push({ payload, parent, resolve, reject });
      this.waitingItems += payload.items;
      this.waitingBytes += payload.sizeBytes;
      this.pump();
    });
  }

  /** Sends what may leave now: what is due waits for an answer, or for the end of doubts. */
  public pump(): void {
    while (this.waiting.length > 0 && this.hasRoom
      && (this.isDue || this.isFull(this.waitingItems, this.waitingBytes))) {
      void this.run(this.takeRequest());
    }
    if (this.waiting.length === 0) {
      this.window.leave(this.due);
      this.isDue = false;
    } else if (this.running === 0 && this.isWorthIt) {
      this.sendAfterTurn();
    } else if (!this.isDue) {
      this.window.join(this.due);
    }
  }

  /** Fails what waits, so that it is routed anew. */
  public throwBack(): void {
    this.rejectWaiting(new ThrownBack('the backend is passed by'));
  }

  /** Throws back what waits, and resolves when no request is on its way any more. */
  public async close(): Promise<void> {
    this.isClosed = true;
    this.rejectWaiting(gone());
    if (this.running > 0) await new Promise<void>((resolve) => { this.closing = resolve; });
  }

  private rejectWaiting(error: RetryableError): void {
    this.window.leave(this.due);
    this.isDue = false;
    const thrownBack = this.waiting;
    this.waiting = [];
    this.waitingItems = 0;
    this.waitingBytes = 0;
    for (const { reject } of thrownBack) reject(error);
  }

  private get hasRoom(): boolean {
    return this.running < (this.isInDoubt() ? 1 : this.limits.requests);
  }

  private get isWorthIt(): boolean {
    return !this.expectsMore || this.waitingItems >= this.limits.worthItems;
  }

  /** Requests that arrive together are read in one turn: their parts are one request, too. */
  private sendAfterTurn(): void {
    if (this.isTurning) return;
    this.isTurning = true;
    setImmediate(() => {
      this.isTurning = false;
      if (this.running === 0 && this.waiting.length > 0) this.isDue = true;
      this.pump();
    });
  }

  private isFull(items: number, bytes: number): boolean {
    return items >= this.limits.items || bytes >= this.limits.bytes;
  }

  /**
   * The parts of the next request: at least one, and no more once it is full. What is far larger
   * than a full one is not gathered with others: peers refuse what is too large, all of it and for
   * good. Requests that came with metadata are not mixed, because it may decide what is sent along.
   */
  private takeRequest(): Part[] {
    let items = 0;
    let bytes = 0;
    let count = 0;
    const { metadata } = this.waiting[0].payload;
    for (const { payload } of this.waiting) {
      const isTooLarge = count > 0 && bytes + payload.sizeBytes > 2 * this.limits.bytes;
      if (isTooLarge || this.isFull(items, bytes) || payload.metadata !== metadata) break;
      items += payload.items;
      bytes += payload.sizeBytes;
      count++;
    }
    this.waitingItems -= items;
    this.waitingBytes -= bytes;
    return this.waiting.splice(0, count);
  }

  private async run(parts: readonly Part[]): Promise<void> {
    this.running++;
    try {
      const [{ parent, payload: { signal } }] = parts;
      await this.sendRequest(
        mergePayloads(signal, parts.map(({ payload }) => payload)),
        parts.every((part) => part.parent === parent) ? parent : undefined);
      for (const { resolve } of parts) resolve();
    } catch (error) {
      shareOut(error, parts);
    } finally {
      this.running--;
      if (this.isClosed && this.running === 0) this.closing?.();
      else this.pump();
    }
  }
}

/** Fails the parts of a request that failed. */
function shareOut(error: unknown, parts: readonly Part[]): void {
  if (!(error instanceof PartialFailure)) {
    for (const { reject } of parts) reject(error);
    return;
  }
  // The peer took the request but refused some items without saying which: only their number
  // matters, as none of them is sent again.
  let lost = error.lostItems;
  for (const { payload, resolve, reject } of parts) {
    const share = Math.min(payload.items, lost);
    lost -= share;
    if (share === 0) resolve();
    else reject(new PartialFailure(error.message, error.rest, share, { code: error.code }));
  }
}

function gone(): RetryableError {
  return new ThrownBack('the backend has left the ring');
}
