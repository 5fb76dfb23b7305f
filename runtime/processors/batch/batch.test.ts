import { createBatchProcessor } from './batch';
import type { BatchSettings } from '../../config';
import { PermanentError, RetryableError } from '../../errors';
import type { ClientMetadata } from '../../pipeline/client-metadata';
import { createPayload, Signal, withMetadata } from '../../pipeline/payload';
import { PartialFailure } from '../../pipeline/sender';
import { processorContext } from '../../testing/component-context';
import { componentSuite } from '../../testing/component-suite';
import { settle } from '../../testing/fake-clock';
import type { RecordingConsumer } from '../../testing/recording-consumer';
import { bytesOf, itemsIn, samplePayload } from '../../testing/sample-payload';

const SETTINGS: BatchSettings = {
  timeout: 200,
  sendBatchSize: 10,
  sendBatchMaxSize: 0,
  metadataKeys: [],
  metadataCardinalityLimit: 1000,
};
const BOUND = 4 * 8192;

function batchOf(settings: Partial<BatchSettings> = {}, signal: Signal = 'traces') {
  const context = processorContext('batch', signal);
  const processor = createBatchProcessor({ ...SETTINGS, ...settings }, context);
  const sizes = () => context.next.payloads.map(({ items }) => items);
  const value = (name: string) => context.metrics.value(`otelcol_processor_batch_${name}`);
  return { processor, sizes, value, ...context };
}

/** A payload whose bytes nobody reads. */
function many(items: number) {
  return createPayload('traces', [new Uint8Array(1)], items);
}

for (const sendBatchMaxSize of [0, 2]) {
  const settings = { sendBatchSize: 2, sendBatchMaxSize };
  componentSuite(`batch with at most ${sendBatchMaxSize}`, {
    kind: 'processor',
    make: (signal) => {
      const { processor, clock, next } = batchOf(settings, signal);
      return {
        component: processor,
        clock,
        received: () => next.payloads,
        refuseNext: (error) => next.refuse(() => error, 1),
      };
    },
  });
}

describe('batch', () => {
  it('sends what it has gathered when its time is over', async () => {
    const { processor, clock, sizes, value } = batchOf();
    await processor.consume(samplePayload('traces', 3));
    await clock.advance(150);
    await processor.consume(samplePayload('traces', 4));
    await clock.advance(49);
    expect(sizes()).toEqual([]);
    await clock.advance(1);
    expect(sizes()).toEqual([7]);
    expect(value('timeout_trigger_send')).toBe(1);
    expect(value('batch_send_size')).toBe(1);
  });

  it('sends at once when it has enough, without copying', async () => {
    const { processor, sizes, next, value } = batchOf();
    const given = [samplePayload('traces', 9), samplePayload('traces', 3)];
    for (const payload of given) await processor.consume(payload);
    await settle();
    expect(sizes()).toEqual([12]);
    expect(next.payloads[0].chunks).toEqual(given.flatMap(({ chunks }) => chunks));
    expect(next.payloads[0].chunks[1]).toBe(given[1].chunks[0]);
    expect(value('batch_size_trigger_send')).toBe(1);
  });

  it('begins a new period after each batch', async () => {
    const { processor, clock, sizes } = batchOf();
    await processor.consume(samplePayload('traces', 10));
    await clock.advance(150);
    await processor.consume(samplePayload('traces', 1));
    await clock.advance(199);
    expect(sizes()).toEqual([10]);
    await clock.advance(1);
    expect(sizes()).toEqual([10, 1]);
  });

  it.each([
    ['cuts what is too large; what is left waits', {}, 25, [10, 10], 5],
    ['sends all that is enough', { sendBatchSize: 5, sendBatchMaxSize: 8 }, 22, [8, 8, 6], 0],
    ['sends everything at once without a time', { timeout: 0 }, 25, [10, 10, 5], 0],
    ['sends everything at once without a size', { sendBatchSize: 0 }, 25, [10, 10, 5], 0],
  ])('%s', async (_name, settings, given, atOnce, later) => {
    const { processor, clock, sizes } = batchOf({ sendBatchMaxSize: 10, ...settings });
    await processor.consume(samplePayload('traces', given));
    await settle();
    expect(sizes()).toEqual(atOnce);
    await clock.advance(200);
    expect(sizes()).toEqual(later > 0 ? [...atOnce, later] : atOnce);
  });

  it('keeps a batch that is refused for now, and sends it again ever later', async () => {
    const { processor, clock, sizes, next, log } = batchOf();
    next.refuse(() => new RetryableError('away'), 2);
    await processor.consume(samplePayload('traces', 10));
    await clock.advance(999);
    expect(next.calls).toBe(1);
    await clock.advance(1);
    expect(next.calls).toBe(2);
    await clock.advance(1500);
    expect(sizes()).toEqual([10]);
    expect(log.lines[0]).toEqual({
      level: 'warn',
      message: 'Sender failed. The batch is kept and sent again.',
      fields: { error: 'away', interval: '1s', held_items: 10 },
    });
  });

  it('sends again only what was not taken', async () => {
    const { processor, clock, next, log } = batchOf();
    const rest = samplePayload('traces', 4);
    next.refuse(() => new PartialFailure('half', rest, 1), 1);
    await processor.consume(samplePayload('traces', 10));
    await clock.advance(1000);
    expect(next.payloads).toEqual([rest]);
    expect(log.lines[0].fields).toEqual({ error: 'half', dropped_items: 1 });
  });

  it('says what is lost when it is refused for good', async () => {
    const { processor, sizes, next, value, log } = batchOf();
    next.refuse(() => new PermanentError('bad'), 1);
    await processor.consume(samplePayload('traces', 10));
    await processor.consume(samplePayload('traces', 11));
    await settle();
    expect(sizes()).toEqual([11]);
    expect(value('batch_send_size')).toBe(1);
    expect(log.lines).toEqual([{
      level: 'error', message: 'Sender failed', fields: { error: 'bad', dropped_items: 10 },
    }]);
  });

  it('refuses data behind a consumer that refuses, once it holds its bound', async () => {
    const { processor, clock, next } = batchOf();
    next.refuse(() => new RetryableError('away'), 1);
    await processor.consume(many(BOUND - 1));
    await settle();
    await processor.consume(many(1));
    await expect(async () => processor.consume(many(1))).rejects.toThrow(
      new RetryableError('batch processor is full: the next consumer refuses data'));
    await clock.advance(1000);
    await processor.consume(many(1));
    await processor.stop();
    expect(next.items).toBe(BOUND + 1);
  });

  it('lets senders wait behind a consumer that is slow, once it holds its bound', async () => {
    const { processor, next } = batchOf();
    const release = next.hold();
    await processor.consume(many(BOUND));
    let taken = false;
    void Promise.resolve(processor.consume(many(20))).then(() => { taken = true; });
    await settle();
    expect(taken).toBe(false);
    release();
    await settle();
    expect(taken).toBe(true);
    expect(next.items).toBe(BOUND + 20);
  });

  it('takes a payload that is larger than its bound when it holds nothing', async () => {
    const { processor, sizes } = batchOf();
    await processor.consume(many(BOUND * 2));
    await settle();
    expect(sizes()).toEqual([BOUND * 2]);
  });

  it('gives up five seconds after it was told to stop, and says what is lost', async () => {
    const { processor, clock, next, log } = batchOf();
    next.refuse(() => new RetryableError('away'));
    await processor.consume(samplePayload('traces', 3));
    let stopped = false;
    void processor.stop().then(() => { stopped = true; });
    await clock.advance(4999);
    expect(stopped).toBe(false);
    await clock.advance(201);
    expect(stopped).toBe(true);
    expect(log.lines.at(-1)?.fields).toEqual({ error: 'away', dropped_items: 3 });
    expect(() => processor.consume(many(1))).toThrow(RetryableError);
  });

  it('sends what cannot be cut as it is', async () => {
    const { processor, sizes } = batchOf({ sendBatchMaxSize: 10 });
    await processor.consume(createPayload('traces', [Uint8Array.of(0x0a, 0x7f)], 25));
    await settle();
    expect(sizes()).toEqual([25]);
  });

  it('never mixes up items when it cuts and merges', async () => {
    const { processor, next } = batchOf({ sendBatchSize: 7, sendBatchMaxSize: 7 });
    const given = Array.from({ length: 20 }, (_, i) => samplePayload('traces', i % 5, `s${i}`));
    for (const payload of given) await processor.consume(payload);
    await processor.stop();
    expect(itemsIn('traces', next.bytes)).toEqual(itemsIn('traces', bytesOf(given)));
    expect(Math.max(...next.payloads.map(({ items }) => items))).toBe(7);
  });
});

describe('batch with metadata_keys', () => {
  const of = (items: number, metadata?: ClientMetadata) => (
    withMetadata(samplePayload('traces', items), metadata));
  const metadataOf = ({ next }: { next: RecordingConsumer }) => next.payloads.map(
    ({ items, metadata }) => [items, metadata]);

  it('keeps what came with different values apart, and sends the values along', async () => {
    const batch = batchOf({ metadataKeys: ['Tenant', 'zone'] });
    const { processor, clock, value } = batch;
    await processor.consume(of(1, { tenant: ['a'], zone: ['x'], other: ['1'] }));
    await processor.consume(of(2, { tenant: ['b'], zone: ['x'] }));
    await processor.consume(of(3, { tenant: ['a'], zone: ['x'], other: ['2'] }));
    await processor.consume(of(4, { tenant: ['a', 'b'] }));
    await processor.consume(of(5));
    expect(value('metadata_cardinality')).toBe(4);
    await clock.advance(200);
    expect(metadataOf(batch)).toEqual([
      [4, { tenant: ['a'], zone: ['x'] }],
      [2, { tenant: ['b'], zone: ['x'] }],
      [4, { tenant: ['a', 'b'] }],
      [5, {}],
    ]);
    expect(value('metadata_cardinality')).toBe(0);
  });

  it('refuses for good what would be one combination too many, while the others wait', async () => {
    const { processor, clock, sizes } = batchOf({
      metadataKeys: ['tenant'], metadataCardinalityLimit: 2,
    });
    await processor.consume(of(1, { tenant: ['a'] }));
    await processor.consume(of(1, { tenant: ['b'] }));
    expect(() => processor.consume(of(1, { tenant: ['c'] }))).toThrow(
      new PermanentError('too many batcher metadata-value combinations'));
    await processor.consume(of(1, { tenant: ['a'] }));
    await clock.advance(200);
    await processor.consume(of(3, { tenant: ['c'] }));
    await clock.advance(200);
    expect(sizes()).toEqual([2, 1, 3]);
  });

  it('lets one tenant wait for no other', async () => {
    const { processor, next, clock, sizes } = batchOf({ metadataKeys: ['tenant'] });
    next.refuse(() => new RetryableError('too many requests of a'), 1);
    await processor.consume(of(10, { tenant: ['a'] }));
    await processor.consume(of(11, { tenant: ['b'] }));
    await settle();
    expect(sizes()).toEqual([11]);
    await clock.advance(1_000);
    expect(sizes()).toEqual([11, 10]);
  });

  it('keeps the values on every piece of a batch that is cut', async () => {
    const batch = batchOf({ metadataKeys: ['tenant'], sendBatchSize: 2, sendBatchMaxSize: 2 });
    await batch.processor.consume(of(4, { tenant: ['a'] }));
    await settle();
    expect(metadataOf(batch)).toEqual([[2, { tenant: ['a'] }], [2, { tenant: ['a'] }]]);
  });

  it('passes all of them on when it stops', async () => {
    const { processor, sizes } = batchOf({ metadataKeys: ['tenant'] });
    await processor.consume(of(1, { tenant: ['a'] }));
    await processor.consume(of(2, { tenant: ['b'] }));
    expect(processor.pendingItems).toBe(3);
    await processor.stop();
    expect(sizes()).toEqual([1, 2]);
    expect(processor.pendingItems).toBe(0);
  });

  it('goes on without any metadata where nothing is told apart', async () => {
    const batch = batchOf({ sendBatchSize: 1 });
    await batch.processor.consume(of(1, { tenant: ['a'] }));
    expect(metadataOf(batch)).toEqual([[1, undefined]]);
    expect(batch.value('metadata_cardinality')).toBe(1);
  });
});
