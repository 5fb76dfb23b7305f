/** A line in which nobody moves up: taking the first costs the same however long it is. */
export class Fifo<T> {
  private entries: (T | undefined)[] = [];
  private head = 0;

  /** How many stand in it. */
  public get length(): number {
    return this.entries.length - this.head;
  }

  /** Puts `entry` at the end. */
  public push(entry: T): void {
    this.entries.push(entry);
  }

  /** The first, left where it is. */
  public first(): T | undefined {
    return this.entries[this.head];
  }

  /** Takes out the first. */
  public shift(): T | undefined {
    const entry = this.entries[this.head];
    if (this.head === this.entries.length) return undefined;
    this.entries[this.head] = undefined;
    this.head += 1;
    // Half of it is empty then, so an entry is copied once on average.
    if (this.head * 2 >= this.entries.length) {
      this.entries = this.entries.slice(this.head);
      this.head = 0;
    }
    return entry;
  }

  /** Takes out all. */
  public takeAll(): T[] {
    const entries = this.entries.slice(this.head) as T[];
    this.entries = [];
    this.head = 0;
    return entries;
  }
}
