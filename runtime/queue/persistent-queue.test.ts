import { createDelivery } from './delivery';
import { PermanentError, RetryableError } from '../errors';
import { withMetadata, type Payload } from '../pipeline/payload';
import { exporterContext } from '../testing/component-context';
import { componentSuite } from '../testing/component-suite';
import { FakeClock, settle } from '../testing/fake-clock';
import {
  deleteDirectories, makeDirectory, numbered, numberOf, openStorage,
} from '../testing/file-storage';
import { KeptSpans, REMOTE } from '../testing/kept-spans';
import { ScriptedSender, type Answer } from '../testing/scripted-sender';

afterEach(deleteDirectories);

const QUEUE = {
  numConsumers: 1,
  queueSize: 3,
  blockOnOverflow: false,
  waitForResult: false,
  storage: 'file_storage',
} as const;
const RETRY = {
  enabled: true,
  initialInterval: 1000,
  maxInterval: 1000,
  maxElapsedTime: 0,
  multiplier: 1,
  randomizationFactor: 0,
};
const away = (): Error => new RetryableError('away', { code: 14 });
const refused = (): Error => new PermanentError('bad data', { code: 3 });

interface World {
  readonly directory: string;
  readonly script?: Answer[];
  readonly queue?: Partial<typeof QUEUE> & object;
  readonly spans?: KeptSpans;
}

/** An exporter whose queue is kept in `directory`, started. */
async function exporterOf({ directory, script = [], queue = {}, spans }: World) {
  const clock = new FakeClock();
  const { storage, log, metrics } = await openStorage(directory, {}, clock);
  const context = {
    ...exporterContext('otlp_grpc', ['traces'], { clock, log, metrics }),
    spans,
    extension: (id: string) => (id === 'file_storage' ? storage : undefined),
  };
  const sender = new ScriptedSender(script);
  const exporter = createDelivery({
    id: 'otlp_grpc',
    settings: {
      timeout: 5000, sendingQueue: { ...QUEUE, ...queue }, retryOnFailure: RETRY,
    },
    sender,
    context,
  });
  return {
    exporter,
    sender,
    clock,
    log,
    storage,
    value: (name: string) => metrics.value(`otelcol_exporter_${name}`),
    stop: async () => {
      await exporter.stop();
      await storage.stop();
    },
  };
}

/** Files are read and written in real time. */
async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 2000) throw new Error('must come true, got nothing in time');
    await settle();
  }
}

const numbers = (payloads: readonly Payload[]): number[] => payloads.map(numberOf);

for (const [name, batch] of [
  ['without batches', undefined],
  ['with batches', {
    flushTimeout: 200,
    minSize: 10,
    maxSize: 2,
    partition: { metadataKeys: [], cacheSize: 1, idleTimeout: 1 },
  }],
] as const) {
  componentSuite(`a delivery with a queue on disk ${name}`, {
    kind: 'exporter',
    make: async () => {
      const { clock, storage } = await exporterOf({ directory: makeDirectory() });
      const context = {
        ...exporterContext('otlp_grpc', ['traces'], { clock }), extension: () => storage,
      };
      const sender = new ScriptedSender();
      const settings = {
        timeout: 0,
        sendingQueue: { ...QUEUE, queueSize: 1000, batch },
        retryOnFailure: RETRY,
      };
      return {
        component: createDelivery({ id: 'otlp_grpc', settings, sender, context }),
        clock,
        dispose: () => storage.stop(),
      };
    },
  });
}

describe('a queue on disk', () => {
  it('sends in order what an earlier process left, each with its metadata', async () => {
    const directory = makeDirectory();
    const first = await exporterOf({ directory, script: ['hang'] });
    await first.exporter.start();
    for (const number of [1, 2, 3]) await first.exporter.consume(numbered(number));
    const stopped = first.stop();
    await first.clock.advance(10_000);
    await stopped;
    expect(first.sender.taken).toEqual([]);
    expect(first.log.lines.at(-1)).toEqual({
      level: 'info',
      message: 'Requests stay on disk and are sent after the next start.',
      fields: { data_type: 'traces', requests: 3, items: 3, bytes: 300 },
    });
    expect(first.value('send_failed_spans')).toBe(0);
    expect(first.exporter.pendingItems).toBe(0);

    const second = await exporterOf({ directory });
    await second.exporter.start();
    await until(() => second.sender.taken.length === 3);
    expect(second.sender.taken).toEqual([1, 2, 3].map((number) => numbered(number)));
    await second.stop();
  });

  it.each([
    ['again', true, undefined], ['again', true, { tenant: ['a'] }],
    ['no longer', false, undefined], ['no longer', false, { tenant: ['a'] }],
  ])('tells a process that makes spans %s (%s) how requests with metadata %j came', async (
    _again, traces, metadata,
  ) => {
    const directory = makeDirectory();
    const before = new KeptSpans();
    const first = await exporterOf({ directory, script: ['hang'], spans: before });
    await first.exporter.start();
    before.current = REMOTE;
    for (const number of [1, 2]) {
      await first.exporter.consume(withMetadata(numbered(number), metadata));
    }
    const stopped = first.stop();
    await first.clock.advance(10_000);
    await stopped;

    const after = new KeptSpans();
    const second = await exporterOf({ directory, ...traces && { spans: after } });
    await second.exporter.start();
    await until(() => second.sender.taken.length === 2);
    await second.stop();
    expect(second.sender.taken.map((payload) => payload.metadata)).toEqual([metadata, metadata]);
    const enqueued = before.ended.filter(({ start }) => start.name === 'exporter/enqueue');
    expect(enqueued.map(({ start }) => start.parent)).toEqual([REMOTE, REMOTE]);
    expect(after.ended.map(({ start: { name, parent } }) => [name, parent])).toEqual(
      traces ? enqueued.map(({ place }) => ['exporter/otlp_grpc/traces', place]) : []);
  });

  it('counts what it found as upstream does, until that is sent', async () => {
    const directory = makeDirectory();
    const first = await exporterOf({ directory, script: ['hang'] });
    await first.exporter.start();
    for (const number of [1, 2, 3]) await first.exporter.consume(numbered(number));
    expect(first.value('queue_size')).toBe(3);
    expect(() => first.exporter.consume(numbered(4))).toThrow('sending queue is full');
    expect(first.value('enqueue_failed_spans')).toBe(1);
    const stopped = first.stop();
    await first.clock.advance(10_000);
    await stopped;

    const second = await exporterOf({ directory, script: ['hang'] });
    await second.exporter.start();
    expect(second.value('queue_size')).toBe(3);
    expect(() => second.exporter.consume(numbered(4))).toThrow('sending queue is full');
    await until(() => second.sender.waiting === 1);
    second.sender.release();
    await until(() => second.value('queue_size') === 0);
    await second.stop();
  });

  it.each([['items', 3], ['bytes', 150]] as const)(
    'is bounded in %s', async (sizer, queueSize) => {
      const { exporter, value, stop, clock } = await exporterOf(
        { directory: makeDirectory(), script: ['hang'], queue: { sizer, queueSize } as object });
      await exporter.start();
      await exporter.consume(numbered(1, 100, 2));
      expect(value('queue_size')).toBe(sizer === 'items' ? 2 : 100);
      expect(() => exporter.consume(numbered(2, 100, 2))).toThrow('sending queue is full');
      const stopped = stop();
      await clock.advance(10_000);
      await stopped;
    });

  it('keeps what waits for its next attempt when it stops, without another attempt', async () => {
    const directory = makeDirectory();
    const first = await exporterOf({ directory, script: [away, away] });
    await first.exporter.start();
    await first.exporter.consume(numbered(7));
    await until(() => first.sender.attempts.length === 1);
    await first.stop();
    expect(first.sender.attempts).toHaveLength(1);
    const second = await exporterOf({ directory });
    await second.exporter.start();
    await until(() => second.sender.taken.length === 1);
    expect(numbers(second.sender.taken)).toEqual([7]);
    await second.stop();
  });

  it('sends a batch that is gathered when it stops, once, and keeps it when that fails',
    async () => {
      const directory = makeDirectory();
      const batch = {
        flushTimeout: 60_000,
        minSize: 100,
        maxSize: 0,
        partition: { metadataKeys: [], cacheSize: 1, idleTimeout: 1 },
      };
      const first = await exporterOf({ directory, script: [away], queue: { batch } as object });
      await first.exporter.start();
      for (const number of [1, 2]) await first.exporter.consume(numbered(number));
      await settle();
      await first.stop();
      expect(first.sender.attempts.map(({ items }) => items)).toEqual([2]);
      const second = await exporterOf({ directory });
      await second.exporter.start();
      await until(() => second.sender.taken.length === 2);
      expect(numbers(second.sender.taken)).toEqual([1, 2]);
      await second.stop();
    });

  it('does not keep what is refused for good', async () => {
    const directory = makeDirectory();
    const first = await exporterOf({ directory, script: [refused] });
    await first.exporter.start();
    await first.exporter.consume(numbered(1));
    await until(() => first.value('send_failed_spans') === 1);
    await first.stop();
    const second = await exporterOf({ directory });
    await second.exporter.start();
    expect(second.value('queue_size')).toBe(0);
    await second.stop();
  });

  it.each([
    ['missing', 'must name an extension of service.extensions, got "missing"'],
    ['other', 'must name a storage extension such as file_storage, got "other"'],
  ])('does not start with the storage %s', async (storage, sentence) => {
    const other = { start: () => Promise.resolve(), stop: () => Promise.resolve() };
    const context = {
      ...exporterContext('otlp_grpc', ['traces']),
      extension: (id: string) => (id === 'other' ? other : undefined),
    };
    const settings = {
      timeout: 0, sendingQueue: { ...QUEUE, storage }, retryOnFailure: RETRY,
    };
    const exporter = createDelivery(
      { id: 'otlp_grpc', settings, sender: new ScriptedSender(), context });
    await expect(exporter.start()).rejects.toThrow(
      `exporters.otlp_grpc.sending_queue.storage: ${sentence}`);
  });
});
