import type { Clock, Timer } from '../clock';

interface Task {
  at: number;
  order: number;
  readonly period?: number;
  readonly run: () => void;
}

/** Time that stands still until a test moves it. Starts at 1 000 000 000 000 ms (2001-09-09). */
export class FakeClock implements Clock {
  private elapsed = 0;
  private order = 0;
  private readonly tasks = new Set<Task>();

  public constructor(private readonly startMs = 1_000_000_000_000) {}

  public now(): number {
    return this.startMs + this.elapsed;
  }

  public monotonic(): number {
    return this.elapsed;
  }

  public after(ms: number, run: () => void): Timer {
    return this.arrange({ at: this.elapsed + Math.max(0, ms), order: this.order++, run });
  }

  public every(ms: number, run: () => void): Timer {
    return this.arrange({ at: this.elapsed + ms, order: this.order++, period: ms, run });
  }

  /** Number of timers that wait. */
  public get waiting(): number {
    return this.tasks.size;
  }

  /** Moves time by `ms`, running what falls due in order, and lets promises settle in between. */
  public async advance(ms: number): Promise<void> {
    const end = this.elapsed + ms;
    await settle();
    for (let task = this.next(end); task !== undefined; task = this.next(end)) {
      this.elapsed = Math.max(this.elapsed, task.at);
      if (task.period === undefined) {
        this.tasks.delete(task);
      } else {
        task.at += task.period;
        task.order = this.order++;
      }
      task.run();
      await settle();
    }
    this.elapsed = end;
  }

  private arrange(task: Task): Timer {
    this.tasks.add(task);
    return { cancel: () => { this.tasks.delete(task); } };
  }

  private next(end: number): Task | undefined {
    let first: Task | undefined;
    for (const task of this.tasks) {
      if (task.at > end) continue;
      const sooner = first === undefined || task.at < first.at
        || (task.at === first.at && task.order < first.order);
      if (sooner) first = task;
    }
    return first;
  }
}

/** Lets everything run that waits for promises or for the end of this turn of the event loop. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
