/** Simulated time: things that happen in order, and the same ones for the same seed. */
import type { Clock, Timer } from '../../clock';
import { randomNumbers } from '../random-numbers';

interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Random choices of a simulation. */
export class Chance {
  private readonly next: () => number;

  public constructor(seed: number) {
    this.next = randomNumbers(Math.imul(seed, 0x9e37_79b1));
  }

  /** A number from 0 to below 1. */
  public share(): number {
    return this.next();
  }

  /** A whole number from `least` to `most`. */
  public whole(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** True so many times of all. */
  public isTrue(share: number): boolean {
    return this.next() < share;
  }

  /** One of them. */
  public of<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.next() * choices.length)];
  }
}

/** A queue of events, the first one on top. */
export class World {
  /** Milliseconds since the beginning. */
  public now = 0;
  private readonly heap: Event[] = [];
  private order = 0;

  /** Lets `run` happen at `at`; what is arranged first for one moment happens first. */
  public at(at: number, run: () => void): void {
    const { heap } = this;
    const event = { at, order: this.order++, run };
    let i = heap.length;
    heap.push(event);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!isSooner(event, heap[parent])) break;
      heap[i] = heap[parent];
      i = parent;
    }
    heap[i] = event;
  }

  /** Lets everything happen until `end`, and promises be fulfilled in between. */
  public async runUntil(end: number): Promise<void> {
    while (this.heap.length > 0 && this.heap[0].at <= end) {
      const { at, run } = this.pop();
      this.now = at;
      run();
      await undefined;
    }
    this.now = end;
  }

  private pop(): Event {
    const { heap } = this;
    const [first] = heap;
    const last = heap.pop() as Event;
    if (heap.length === 0) return first;
    let i = 0;
    for (let child = 1; child < heap.length; child = 2 * i + 1) {
      if (child + 1 < heap.length && isSooner(heap[child + 1], heap[child])) child += 1;
      if (!isSooner(heap[child], last)) break;
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = last;
    return first;
  }
}

function isSooner(one: Event, other: Event): boolean {
  return one.at < other.at || one.at === other.at && one.order < other.order;
}

/** The clock of one who may pause: `execute` runs a task now, later, or never. */
export class WorldClock implements Clock {
  public constructor(
    private readonly world: World, private readonly execute: (task: () => void) => void,
  ) {}

  public now(): number {
    return this.world.now;
  }

  public monotonic(): number {
    return this.world.now;
  }

  public after(ms: number, task: () => void): Timer {
    let isDue = true;
    this.world.at(this.world.now + ms, () => {
      if (isDue) this.execute(() => { if (isDue) task(); });
    });
    return { cancel: () => { isDue = false; } };
  }

  public every(ms: number, task: () => void): Timer {
    let timer: Timer;
    const again = (): void => {
      timer = this.after(ms, again);
      task();
    };
    timer = this.after(ms, again);
    return { cancel: () => timer.cancel() };
  }
}
