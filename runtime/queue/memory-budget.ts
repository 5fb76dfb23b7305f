/**
 * How many bytes of requests all queues of the process may hold in memory, whatever each of them is
 * told to count: half of what the process may use.
 *
 * A queue may hold twice as much as is then left for all: alone two thirds of the budget, so that
 * there is always room for the queues of exporters whose peers are not away. (Known from switches
 * as dynamic thresholds.)
 */
import { availableMemory } from '../wire/available-memory';

const SHARE = 0.5;
/** What a queue may hold for each byte that is left for all. */
const PER_FREE_BYTE = 2;
/** What a request takes beside its bytes. */
const REQUEST_BYTES = 512;

/** The budget of all queues. */
export class MemoryBudget {
  private held = 0;
  private readonly waiting = new Set<() => void>();

  public constructor(
    /** Bytes that all queues may hold. */
    public readonly limit: number,
  ) {}

  /** What is left, in bytes; negative when something had to be taken nevertheless. */
  public get free(): number {
    return this.limit - this.held;
  }

  /** An account for one queue. */
  public open(): MemoryAccount {
    return new MemoryAccount(this);
  }

  /** Changes what is held by `bytes`. */
  public change(bytes: number): void {
    this.held += bytes;
    if (bytes >= 0 || this.waiting.size === 0) return;
    const listeners = [...this.waiting];
    this.waiting.clear();
    for (const listener of listeners) listener();
  }

  /** Calls `listener` once, when something was given back. */
  public onceFreed(listener: () => void): void {
    this.waiting.add(listener);
  }
}

/** What one queue holds of the budget. */
export class MemoryAccount {
  private held = 0;

  public constructor(private readonly budget: MemoryBudget) {}

  /** Bytes that this queue holds. */
  public get heldBytes(): number {
    return this.held;
  }

  /** Whether a request of `bytes` may be held as well. */
  public hasRoomFor(bytes: number): boolean {
    const more = bytes + REQUEST_BYTES;
    return this.held + more <= (this.budget.free - more) * PER_FREE_BYTE;
  }

  /** Whether a request of `bytes` may ever be held. */
  public canEverHold(bytes: number): boolean {
    const all = bytes + REQUEST_BYTES;
    return all <= (this.budget.limit - all) * PER_FREE_BYTE;
  }

  /** Holds a request, whether or not there is room. */
  public take(bytes: number): void {
    this.held += bytes + REQUEST_BYTES;
    this.budget.change(bytes + REQUEST_BYTES);
  }

  /** Gives a request back. */
  public give(bytes: number): void {
    this.held -= bytes + REQUEST_BYTES;
    this.budget.change(-bytes - REQUEST_BYTES);
  }

  /** Calls `listener` once, when any queue has given something back. */
  public onceFreed(listener: () => void): void {
    this.budget.onceFreed(listener);
  }
}

/** The budget of this process. */
export const processBudget = new MemoryBudget(Math.floor(availableMemory() * SHARE));
