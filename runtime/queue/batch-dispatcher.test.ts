import { BatchDispatcher, type QueueBatchSettings } from './batch-dispatcher';
import { SendingQueue } from './sending-queue';
import type { SendingQueueSettings } from '../config';
import { PermanentError, RetryableError } from '../errors';
import type { ClientMetadata } from '../pipeline/client-metadata';
import { withMetadata, type Payload } from '../pipeline/payload';
import { PartialFailure } from '../pipeline/sender';
import { FakeClock, settle } from '../testing/fake-clock';
import { bytesOf, itemsIn, samplePayload } from '../testing/sample-payload';

const BATCH: QueueBatchSettings = {
  flushTimeout: 200,
  minSize: 10,
  maxSize: 0,
  partition: { metadataKeys: [], cacheSize: 10_000, idleTimeout: 90_000 },
};
const QUEUE: SendingQueueSettings = {
  numConsumers: 2, queueSize: 1000, blockOnOverflow: false, waitForResult: false,
};

interface Sent {
  readonly payload: Payload;
  resolve(): void;
  reject(error: Error): void;
}

/** A queue with batches; what it sends hangs until the test says how it ends. */
function queueOf(batch: Partial<QueueBatchSettings>, settings: Partial<SendingQueueSettings> = {}) {
  const clock = new FakeClock();
  const sent: Sent[] = [];
  const queue = new SendingQueue({
    signal: 'traces',
    clock,
    settings: { ...QUEUE, ...settings, batch: { ...BATCH, ...batch } },
    deliver: (payload) =>
      new Promise((resolve, reject) => { sent.push({ payload, resolve, reject }); }),
  });
  return { clock, queue, sent, sizes: () => sent.map(({ payload }) => payload.items) };
}

function spans(items: number, seed = 'a', metadata?: ClientMetadata): Payload {
  return withMetadata(samplePayload('traces', items, seed), metadata);
}

const REST = spans(6);
const PARTIAL = new PartialFailure('some are away', REST, 0);
const AGAIN = { name: 'RetryableError' };
const PARTITION = { metadataKeys: ['Tenant'], cacheSize: 2, idleTimeout: 90_000 };

describe('a queue with batches', () => {
  it('sends a batch when it is large enough, and a smaller one when its time is over', async () => {
    const { clock, queue, sizes } = queueOf({});
    for (const items of [4, 5, 2, 3]) await queue.offer(spans(items));
    expect(sizes()).toEqual([11]);
    await clock.advance(199);
    expect(sizes()).toEqual([11]);
    await clock.advance(1);
    expect(sizes()).toEqual([11, 3]);
  });

  it.each<[string, Partial<QueueBatchSettings>, number[], number[]]>([
    ['items', { maxSize: 10 }, [4, 25, 1], [10, 10, 10]],
    ['items with a rest', { maxSize: 12 }, [4, 25], [12, 12]],
    ['items one by one', { minSize: 0, maxSize: 1 }, [3], [1, 1]],
  ])('cuts at max_size: %s', async (_name, batch, given, expected) => {
    const { queue, sent, sizes } = queueOf(batch, { numConsumers: 2 });
    for (const items of given) await queue.offer(spans(items));
    for (let at = 0; at < expected.length; at++) {
      expect(sizes()[at]).toBe(expected[at]);
      sent[at].resolve();
      await settle();
    }
  });

  it('is told apart by bytes where batches count them, and loses no item', async () => {
    const bytes = spans(1).sizeBytes;
    const { queue, sent } = queueOf(
      { sizer: 'bytes', minSize: bytes, maxSize: 3 * bytes }, { numConsumers: 20 });
    const given = [spans(2, 'a'), spans(9, 'b'), spans(1, 'c')];
    for (const payload of given) await queue.offer(payload);
    queue.close();
    for (const { payload } of sent) {
      expect(payload.sizeBytes).toBeLessThanOrEqual(3 * bytes);
    }
    expect(itemsIn('traces', bytesOf(sent.map(({ payload }) => payload))))
      .toEqual(itemsIn('traces', bytesOf(given)));
  });

  it('sends an item that is larger than max_size alone', async () => {
    const { queue, sizes } = queueOf({ sizer: 'bytes', minSize: 0, maxSize: 10 });
    await queue.offer(spans(2));
    expect(sizes()).toEqual([1, 1]);
  });

  it('sends num_consumers batches at a time, and takes no request while one waits', async () => {
    const { queue, sent, sizes } = queueOf({}, { queueSize: 5 });
    for (let i = 0; i < 5; i++) await queue.offer(spans(10));
    expect(sizes()).toEqual([10, 10]);
    expect(() => queue.offer(spans(1))).toThrow(new RetryableError('sending queue is full'));
    sent[0].resolve();
    await settle();
    expect(sizes()).toEqual([10, 10, 10]);
    expect(queue.size).toBe(4);
  });

  it('answers who waits when all batches of the request have ended, with a failure of any',
    async () => {
      const { queue, sent } = queueOf({ maxSize: 10 }, { waitForResult: true, numConsumers: 3 });
      let ended = 'not yet';
      Promise.resolve(queue.offer(spans(30))).then(
        () => { ended = 'well'; }, (error: Error) => { ended = error.message; });
      sent[0].resolve();
      sent[2].reject(new PermanentError('no'));
      await settle();
      expect(ended).toBe('not yet');
      sent[1].resolve();
      await settle();
      expect(ended).toBe('no');
      expect(queue.size).toBe(0);
    });

  it.each<[string, Partial<QueueBatchSettings>, number[], (Error | undefined)[], object[]]>([
    ['one that is alone in it the rest of it', {}, [10], [PARTIAL], [{ rest: REST }]],
    ['those who share it to send all again', {}, [5, 5], [PARTIAL], [AGAIN, AGAIN]],
    ['one that lies in several to send all again', { maxSize: 10 }, [20], [PARTIAL, PARTIAL],
      [AGAIN]],
    ['one of which a piece is refused for good, and another is not, to send all again',
      { maxSize: 10 }, [20], [new PermanentError('bad'), new RetryableError('away')], [AGAIN]],
    ['one of which a piece is refused for good that it is', { maxSize: 10 }, [20],
      [new PermanentError('bad'), undefined], [{ name: 'PermanentError' }]],
  ])('of which some was taken tells %s', async (_, batch, requests, ends, expected) => {
    const { queue, sent } = queueOf(batch, { waitForResult: true });
    const told = requests.map((items) => Promise.resolve(queue.offer(spans(items))).then(
      () => undefined, (error: unknown) => error));
    await settle();
    ends.forEach((end, at) => (end === undefined ? sent[at].resolve() : sent[at].reject(end)));
    const failures = await Promise.all(told);
    expect(failures).toEqual(expected.map((fields) => expect.objectContaining(fields)));
    expect(failures.filter((failure) => failure instanceof PartialFailure))
      .toHaveLength(requests.length === 1 && ends.length === 1 ? 1 : 0);
  });

  it('sends what it gathers when it closes, and is idle then', async () => {
    const { clock, queue, sent, sizes } = queueOf({});
    await queue.offer(spans(3));
    queue.close();
    expect(sizes()).toEqual([3]);
    let idle = false;
    void queue.idle().then(() => { idle = true; });
    await settle();
    expect(idle).toBe(false);
    sent[0].resolve();
    await settle();
    expect([idle, queue.size, queue.pendingItems, clock.waiting]).toEqual([true, 0, 0, 0]);
  });

  it('gives back batches that nobody began to send when it is abandoned', async () => {
    const { queue, sent } = queueOf({}, { numConsumers: 1 });
    for (let i = 0; i < 4; i++) await queue.offer(spans(10));
    await queue.offer(spans(2));
    queue.close();
    expect(queue.abandon().reduce((sum, { items }) => sum + items, 0)).toBe(32);
    sent[0].resolve();
    await queue.idle();
    expect([queue.size, queue.pendingItems]).toEqual([0, 0]);
  });

  it('sends bytes that it cannot cut as they are', async () => {
    const { queue, sizes } = queueOf({ maxSize: 10 });
    await queue.offer({ ...spans(1), chunks: [Buffer.from([0xff])], items: 30 });
    expect(sizes()).toEqual([30]);
  });
});

describe('partitions of a queue', () => {
  it('gather apart what differs in a metadata key, and keep only that of it', async () => {
    const { queue, sent } = queueOf({ partition: PARTITION });
    await queue.offer(spans(4, 'a', { tenant: ['x'], other: ['1'] }));
    await queue.offer(spans(5, 'b', { tenant: ['y'] }));
    await queue.offer(spans(6, 'c', { tenant: ['x'], other: ['2'] }));
    expect(sent.map(({ payload: { items, metadata } }) => [items, metadata]))
      .toEqual([[10, { tenant: ['x'] }]]);
  });

  it('are not mistaken for each other, nor an empty value for none', async () => {
    const { queue } = queueOf({ partition: { ...PARTITION, cacheSize: 10 } });
    for (const values of [['a', 'b'], ['ab'], ['a1:b'], ['']]) {
      await queue.offer(spans(1, 'a', { tenant: values }));
    }
    await queue.offer(spans(1));
    expect(queue.partitions?.size()).toBe(5);
  });

  it('make room for others: the one that was used longest ago is sent', async () => {
    const { queue, sent } = queueOf({ partition: PARTITION });
    for (const tenant of ['x', 'y', 'x', 'z']) {
      await queue.offer(spans(1, 'a', { tenant: [tenant] }));
    }
    expect(sent.map(({ payload }) => payload.metadata)).toEqual([{ tenant: ['y'] }]);
    expect(queue.partitions).toMatchObject({ capacity: 2 });
    expect(queue.partitions?.size()).toBe(2);
  });

  it('are forgotten when they were idle for long enough', async () => {
    const { clock, queue, sent } = queueOf({ partition: PARTITION });
    await queue.offer(spans(1, 'a', { tenant: ['x'] }));
    await clock.advance(60_000);
    await queue.offer(spans(1, 'a', { tenant: ['y'] }));
    await clock.advance(30_000);
    expect(queue.partitions?.size()).toBe(1);
    await clock.advance(90_000);
    expect(queue.partitions?.size()).toBe(0);
    for (const { resolve } of sent) resolve();
    await settle();
    expect(clock.waiting).toBe(0);
  });
});

test('a dispatcher without metadata keys has no partitions to show', () => {
  const clock = new FakeClock();
  const dispatcher = new BatchDispatcher(
    { signal: 'traces', clock, settings: QUEUE, deliver: async () => {}, onEnd: () => {} }, BATCH);
  expect(dispatcher.partitions).toBeUndefined();
});
