import type { SendingQueueSettings } from '../config';
import { PermanentError, RetryableError } from '../errors';
import { MemoryBudget, type MemoryAccount } from './memory-budget';
import { SendingQueue } from './sending-queue';
import { createPayload, Payload } from '../pipeline/payload';
import { FakeClock, settle } from '../testing/fake-clock';

const SETTINGS: SendingQueueSettings = {
  numConsumers: 2, queueSize: 3, sizer: 'requests', blockOnOverflow: false, waitForResult: false,
};

function payloadOf(items: number, bytes = items * 10): Payload {
  return createPayload('traces', [new Uint8Array(bytes)], items);
}

/** A queue whose deliveries end when the test says so. */
function queueOf(settings: Partial<SendingQueueSettings> = {}, memory?: MemoryAccount) {
  const open: { payload: Payload; resolve(): void; reject(error: Error): void }[] = [];
  const clock = new FakeClock();
  const queue = new SendingQueue({
    signal: 'traces',
    settings: { ...SETTINGS, ...settings },
    clock,
    memory,
    deliver: (payload) => (
      new Promise<void>((resolve, reject) => open.push({ payload, resolve, reject }))
    ),
  });
  return { queue, open, clock };
}

describe('SendingQueue', () => {
  it('delivers as many payloads at a time as it has consumers, in order', async () => {
    const { queue, open } = queueOf();
    const payloads = [payloadOf(1), payloadOf(2), payloadOf(3)];
    for (const payload of payloads) await queue.offer(payload);
    expect(open.map(({ payload }) => payload)).toEqual(payloads.slice(0, 2));
    open[0].resolve();
    await settle();
    expect(open[2].payload).toBe(payloads[2]);
  });

  it.each([
    ['requests', 2, [payloadOf(100), payloadOf(100)]],
    ['items', 10, [payloadOf(4), payloadOf(6)]],
    ['bytes', 100, [payloadOf(1, 30), payloadOf(1, 70)]],
  ] as const)('is bounded in %s', async (sizer, queueSize, fitting) => {
    const { queue } = queueOf({ sizer, queueSize });
    for (const payload of fitting) await queue.offer(payload);
    expect(queue.size).toBe(queueSize);
    expect(() => queue.offer(payloadOf(1))).toThrow(new RetryableError('sending queue is full'));
  });

  it('refuses for good what is larger than all its room', () => {
    const { queue } = queueOf({ sizer: 'items', queueSize: 10 });
    expect(() => queue.offer(payloadOf(11))).toThrow(new PermanentError('element size too large'));
    expect(queue.size).toBe(0);
  });

  it('counts a payload until the sender is done with it', async () => {
    const { queue, open } = queueOf();
    await queue.offer(payloadOf(1));
    expect(queue.size).toBe(1);
    open[0].resolve();
    await settle();
    expect(queue.size).toBe(0);
  });

  it('lets whoever offers wait for room when it may block, in order', async () => {
    const { queue, open } = queueOf({ blockOnOverflow: true, queueSize: 2 });
    const entered: number[] = [];
    for (let i = 1; i <= 4; i++) {
      void Promise.resolve(queue.offer(payloadOf(i))).then(() => entered.push(i));
    }
    await settle();
    expect(entered).toEqual([1, 2]);
    open[1].resolve();
    await settle();
    expect(entered).toEqual([1, 2, 3]);
    expect(queue.size).toBe(2);
  });

  it('refuses those who wait for room when it closes', async () => {
    const { queue } = queueOf({ blockOnOverflow: true, queueSize: 1 });
    await queue.offer(payloadOf(1));
    const waiting = queue.offer(payloadOf(2));
    queue.close();
    await expect(waiting).rejects.toThrow(new RetryableError('sending queue is stopped'));
    expect(() => queue.offer(payloadOf(3))).toThrow('sending queue is stopped');
  });

  it('answers with the result of the delivery when it shall wait for it', async () => {
    const { queue, open } = queueOf({ waitForResult: true });
    const answers = [queue.offer(payloadOf(1)), queue.offer(payloadOf(2))];
    open[0].resolve();
    open[1].reject(new PermanentError('no'));
    await expect(answers[0]).resolves.toBeUndefined();
    await expect(answers[1]).rejects.toThrow(new PermanentError('no'));
    expect(queue.size).toBe(0);
  });

  it('is idle when everything was delivered', async () => {
    const { queue, open } = queueOf({ numConsumers: 1 });
    await queue.offer(payloadOf(1));
    await queue.offer(payloadOf(2));
    let idle = false;
    void queue.idle().then(() => { idle = true; });
    open[0].resolve();
    await settle();
    expect(idle).toBe(false);
    open[1].resolve();
    await settle();
    expect(idle).toBe(true);
  });

  it('gives back what nobody began to deliver when it is abandoned', async () => {
    const { queue, open } = queueOf({ numConsumers: 1 });
    await queue.offer(payloadOf(1));
    await queue.offer(payloadOf(2));
    await queue.offer(payloadOf(3));
    expect(queue.abandon().map(({ items }) => items)).toEqual([2, 3]);
    open[0].resolve();
    await queue.idle();
    expect(queue.size).toBe(0);
  });
});

describe('the memory of queues', () => {
  const MIB = 1_048_576;
  const big = () => payloadOf(1, MIB);

  it('is bounded in bytes, whatever the queue counts, until the sender is done', async () => {
    const budget = new MemoryBudget(9 * MIB);
    const { queue, open } = queueOf({ queueSize: 1000, numConsumers: 1 }, budget.open());
    let taken = 0;
    const fill = () => { for (;; taken++) void queue.offer(big()); };
    expect(fill).toThrow(/^sending queue is full: it holds \d+ bytes, its part of the memory$/);
    // Alone, a queue has two thirds.
    expect(taken).toBe(5);
    open[0].resolve();
    await settle();
    expect(() => queue.offer(big())).not.toThrow();
  });

  it('keeps room for another queue while one is full', () => {
    const budget = new MemoryBudget(9 * MIB);
    const [one, other] = [0, 1].map(() => queueOf({ queueSize: 1000 }, budget.open()).queue);
    for (let i = 0; i < 5; i++) void one.offer(big());
    expect(() => one.offer(big())).toThrow(RetryableError);
    expect(() => other.offer(big())).not.toThrow();
    expect(() => other.offer(big())).not.toThrow();
  });

  it('lets in who waits when another queue gives some back', async () => {
    const budget = new MemoryBudget(3 * MIB);
    const one = queueOf({ queueSize: 1000 }, budget.open());
    const other = queueOf({ queueSize: 1000, blockOnOverflow: true }, budget.open());
    void one.queue.offer(payloadOf(1, 1.5 * MIB));
    void other.queue.offer(payloadOf(1, 0.5 * MIB));
    let entered = false;
    void Promise.resolve(other.queue.offer(big())).then(() => { entered = true; });
    await settle();
    expect(entered).toBe(false);
    one.open[0].resolve();
    await settle();
    expect(entered).toBe(true);
  });

  it('never holds what is larger than all of it', () => {
    const { queue } = queueOf({}, new MemoryBudget(MIB).open());
    expect(() => queue.offer(payloadOf(1, 3 * MIB)))
      .toThrow(new PermanentError('element size too large'));
  });
});
