/** How much of the pool's own memory is in use: spans that wait for an answer or for a pod. */
export class QueuedBytes {
  /** Bytes of spans that wait. */
  public bytes = 0;

  /** Room for `most` bytes of what senders bring; for twice as much in all. */
  public constructor(private readonly most: number) {}

  /** More waits. */
  public add(bytes: number): void {
    this.bytes += bytes;
  }

  /** Less does. */
  public take(bytes: number): void {
    this.bytes -= bytes;
  }

  /** Whether senders have to wait. */
  public get isFull(): boolean {
    return this.bytes >= this.most;
  }

  /**
   * Whether peers have to wait, too. They have room of their own: two pods that are full of what
   * the other one should take would otherwise wait for each other for ever.
   */
  public get isFullForPeers(): boolean {
    return this.bytes >= this.most * 2;
  }
}
