import { PermanentError, RetryableError } from '../errors';
import { createDelivery, DeliverySettings } from './delivery';
import { createPayload } from '../pipeline/payload';
import { PartialFailure } from '../pipeline/sender';
import { PrometheusMetrics } from '../telemetry/prometheus-metrics';
import { exporterContext } from '../testing/component-context';
import { componentSuite } from '../testing/component-suite';
import { settle } from '../testing/fake-clock';
import { Answer, ScriptedSender } from '../testing/scripted-sender';

const RETRY = {
  enabled: true,
  initialInterval: 1000,
  maxInterval: 30000,
  maxElapsedTime: 10000,
  multiplier: 2,
  randomizationFactor: 0,
};
const QUEUE = {
  numConsumers: 1,
  queueSize: 2,
  sizer: 'requests',
  blockOnOverflow: false,
  waitForResult: false,
} as const;

const away = (): Error => new RetryableError('away', { code: 14 });
const refused = (): Error => new PermanentError('bad data', { code: 3 });

function spans(items: number) {
  return createPayload('traces', [new Uint8Array(items)], items);
}

function deliveryOf(
  script: Answer[],
  settings: Partial<DeliverySettings> = {},
  level: 'normal' | 'detailed' = 'normal',
) {
  const sender = new ScriptedSender(script);
  const metrics = new PrometheusMetrics({ level });
  const context = exporterContext('otlp_grpc', ['traces', 'logs'], { metrics });
  const delivery = createDelivery({
    id: 'otlp_grpc',
    settings: { timeout: 5000, sendingQueue: QUEUE, retryOnFailure: RETRY, ...settings },
    sender,
    context,
    sentAttributes: { 'server.address': 'backend', 'server.port': '4317' },
  });
  const value = (name: string) => metrics.value(`otelcol_exporter_${name}`);
  return { delivery, sender, context, value };
}

const noQueue = { sendingQueue: undefined };

for (const [name, sendingQueue] of [['with', QUEUE], ['without', undefined]] as const) {
  componentSuite(`a delivery ${name} a queue`, {
    kind: 'exporter',
    make: () => {
      const { delivery, sender, context } = deliveryOf([], { sendingQueue });
      return {
        component: delivery,
        clock: context.clock,
        received: () => sender.taken,
        refuseNext: (error) => { sender.script.push(() => error); },
      };
    },
  });
}

describe('createDelivery with a queue', () => {
  it('answers at once and sends with the time-out of one attempt', async () => {
    const { delivery, sender, value } = deliveryOf([]);
    expect(delivery.consume(spans(3))).toBeUndefined();
    await settle();
    expect(sender.taken).toHaveLength(1);
    expect(sender.timeouts).toEqual([5000]);
    expect(value('sent_spans')).toBe(3);
  });

  it('tries again after a longer wait each time, and counts once', async () => {
    const { delivery, sender, context, value } = deliveryOf([away, away]);
    await delivery.consume(spans(3));
    await context.clock.advance(999);
    expect(sender.attempts).toHaveLength(1);
    await context.clock.advance(1);
    expect(sender.attempts).toHaveLength(2);
    expect(value('in_flight_requests')).toBe(1);
    await context.clock.advance(2000);
    expect(sender.taken).toHaveLength(1);
    expect(value('sent_spans')).toBe(3);
    expect(value('send_failed_spans')).toBe(0);
    expect(value('in_flight_requests')).toBe(0);
    expect(context.log.lines[1]).toEqual({
      level: 'info',
      message: 'Exporting failed. Will retry the request after interval.',
      fields: { error: 'away', interval: '2s' },
    });
  });

  it('waits as long as the peer asks', async () => {
    const throttled = (): Error => new RetryableError('slow down', { delayMs: 7000 });
    const { delivery, sender, context } = deliveryOf([throttled]);
    await delivery.consume(spans(1));
    await context.clock.advance(6999);
    expect(sender.attempts).toHaveLength(1);
    await context.clock.advance(1);
    expect(sender.taken).toHaveLength(1);
  });

  it.each([
    ['a permanent error', [refused], 0, 'not retryable error: bad data'],
    ['retries that take too long', [away, away, away, away], 7000, 'no more retries left: away'],
  ])('drops, counts and says what is lost by %s', async (_name, script, ms, error) => {
    const { delivery, sender, context, value } = deliveryOf(script);
    await delivery.consume(spans(4));
    await context.clock.advance(ms);
    expect(sender.taken).toHaveLength(0);
    expect(value('send_failed_spans')).toBe(4);
    expect(value('queue_size')).toBe(0);
    expect(context.log.lines.filter(({ level }) => level === 'error')).toEqual([{
      level: 'error',
      message: 'Exporting failed. Dropping data.',
      fields: { error, dropped_items: 4 },
    }]);
  });

  it('does not try again when retries are off', async () => {
    const retryOnFailure = { ...RETRY, enabled: false };
    const { delivery, sender, context } = deliveryOf([away], { retryOnFailure });
    await delivery.consume(spans(4));
    await context.clock.advance(60000);
    expect(sender.attempts).toHaveLength(1);
    expect(context.log.messages('error')).toEqual(['Exporting failed. Dropping data.'
      + ' Try enabling retry_on_failure config option to retry on retryable errors.']);
  });

  it('refuses what finds the queue full, and counts it', async () => {
    const { delivery, context, value } = deliveryOf(['hang']);
    await delivery.consume(spans(1));
    await delivery.consume(spans(1));
    expect(() => delivery.consume(spans(5))).toThrow(new RetryableError('sending queue is full'));
    expect(value('enqueue_failed_spans')).toBe(5);
    expect(value('queue_size')).toBe(2);
    expect(value('queue_capacity')).toBe(4);
    expect(context.log.lines[0]).toEqual({
      level: 'error',
      message: 'Exporting failed. Rejecting data.',
      fields: { error: 'sending queue is full', rejected_items: 5 },
    });
  });

  it('keeps a queue per signal, so that one does not fill the room of another', async () => {
    const { delivery, value } = deliveryOf(['hang']);
    await delivery.consume(spans(1));
    await delivery.consume(spans(1));
    await delivery.consume(createPayload('logs', [new Uint8Array(1)], 1));
    await settle();
    expect(value('sent_log_records')).toBe(1);
  });

  it('sends again only what was not taken', async () => {
    const rest = spans(2);
    const half = (): Error => new PartialFailure('half', rest, 1);
    const { delivery, sender, context, value } = deliveryOf([half]);
    await delivery.consume(spans(10));
    await context.clock.advance(1000);
    expect(sender.taken).toEqual([rest]);
    expect(value('sent_spans')).toBe(9);
    expect(value('send_failed_spans')).toBe(1);
    expect(context.log.lines[0].fields).toEqual({ error: 'half', dropped_items: 1 });
  });

  it('drops only the rest when the rest is refused in the end', async () => {
    const half = (): Error => new PartialFailure('half', spans(2), 0);
    const { delivery, context, value } = deliveryOf([half, away, away, away]);
    await delivery.consume(spans(10));
    await context.clock.advance(20000);
    expect(value('sent_spans')).toBe(8);
    expect(value('send_failed_spans')).toBe(2);
    expect(context.log.lines.at(-1)?.fields).toEqual({
      error: 'no more retries left: away', dropped_items: 2,
    });
  });

  it('says how much is left when the rest is refused for good', async () => {
    const half = (): Error => new PartialFailure('half', spans(2), 0);
    const { delivery, context, value } = deliveryOf([half, refused]);
    await delivery.consume(spans(10));
    await context.clock.advance(1000);
    expect(value('send_failed_spans')).toBe(2);
    expect(context.log.lines.at(-1)?.fields).toMatchObject({ dropped_items: 2 });
  });

  it('answers with the result of sending when it shall wait for it', async () => {
    const sendingQueue = { ...QUEUE, waitForResult: true };
    const { delivery, context, value } = deliveryOf([refused], { sendingQueue });
    await expect(delivery.consume(spans(1))).rejects.toThrow('not retryable error: bad data');
    expect(value('send_failed_spans')).toBe(1);
    expect(context.log.messages()).toEqual(['Exporting failed. Rejecting data.']);
  });

  it('shows at level detailed why sending failed', async () => {
    const { delivery, context } = deliveryOf([refused], {}, 'detailed');
    await delivery.consume(spans(2));
    await settle();
    const attributes = { 'error.type': 'InvalidArgument', 'error.permanent': 'true' };
    expect(context.metrics.value('otelcol_exporter_send_failed_spans', attributes)).toBe(2);
  });
});

describe('createDelivery without a queue', () => {
  it('answers when the sender has taken the payload', async () => {
    const { delivery, sender } = deliveryOf(['hang'], noQueue);
    let answered = false;
    void Promise.resolve(delivery.consume(spans(1))).then(() => { answered = true; });
    await settle();
    expect(answered).toBe(false);
    sender.release();
    await settle();
    expect(answered).toBe(true);
  });

  it('hands the failure to the caller with its code, and says so', async () => {
    const { delivery, context, value } = deliveryOf([refused], noQueue);
    await expect(delivery.consume(spans(2))).rejects.toMatchObject({
      name: 'PermanentError', message: 'not retryable error: bad data', code: 3,
    });
    expect(value('send_failed_spans')).toBe(2);
    expect(context.log.lines).toEqual([{
      level: 'error',
      message: 'Exporting failed. Rejecting data. Try enabling sending_queue to survive temporary'
        + ' failures.',
      fields: { error: 'not retryable error: bad data', rejected_items: 2 },
    }]);
  });

  it('tells the caller what is left when some was taken', async () => {
    const rest = spans(2);
    const half = (): Error => new PartialFailure('half', rest, 0);
    const retryOnFailure = { ...RETRY, enabled: false };
    const { delivery } = deliveryOf([half], { ...noQueue, retryOnFailure });
    await expect(delivery.consume(spans(5))).rejects.toMatchObject({
      name: 'PartialFailure', rest, lostItems: 0,
    });
  });

  it.each([
    ['without a queue', noQueue, 'away', [away, away, away]],
    ['refused for good, without a queue', noQueue, 'bad data', [refused]],
    ['whoever waits for the queue', { sendingQueue: { ...QUEUE, waitForResult: true } }, 'away',
      [away, away, away]],
  ])('rejects what is left alone: %s', async (_, settings, reason, then) => {
    const half = (): Error => new PartialFailure('half', spans(11), 3);
    const { delivery, context, value } = deliveryOf([half, ...then], settings);
    const answer = expect(delivery.consume(spans(30))).rejects.toThrow(reason);
    await context.clock.advance(20000);
    await answer;
    expect([value('sent_spans'), value('send_failed_spans')]).toEqual([16, 14]);
    expect(context.log.lines.filter(({ level }) => level === 'error').map(({ fields }) => fields))
      .toEqual([
        { error: 'half', dropped_items: 3 },
        { error: expect.stringContaining(reason) as string, rejected_items: 11 },
      ]);
  });

  it('lets a bug through as it is', async () => {
    const { delivery } = deliveryOf([() => new TypeError('bug')], noQueue);
    await expect(delivery.consume(spans(1))).rejects.toThrow(TypeError);
  });
});

describe('stopping a delivery', () => {
  it('sends all that is queued before it ends, then closes the sender', async () => {
    const { delivery, sender } = deliveryOf(['hang']);
    await delivery.consume(spans(1));
    await delivery.consume(spans(2));
    const stopped = delivery.stop();
    await settle();
    expect(sender.closed).toBe(false);
    sender.release();
    await stopped;
    expect(sender.taken.map(({ items }) => items)).toEqual([1, 2]);
    expect(sender.closed).toBe(true);
  });

  it('ends waits between attempts at once, and goes on trying what it promised', async () => {
    const { delivery, sender, context, value } = deliveryOf([away, away, away, away]);
    await delivery.consume(spans(1));
    await delivery.consume(spans(2));
    await settle();
    const stopped = delivery.stop();
    await settle();
    expect(sender.attempts.map(({ items }) => items)).toEqual([1, 1]);
    await context.clock.advance(1500);
    await stopped;
    expect(sender.taken.map(({ items }) => items)).toEqual([1, 2]);
    expect(value('send_failed_spans')).toBe(0);
  });

  it('begins no attempt after its deadline, and counts all that was promised as lost', async () => {
    const { delivery, sender, context, value } = deliveryOf([]);
    sender.fallback = away;
    await delivery.consume(spans(1));
    await delivery.consume(spans(2));
    await settle();
    const stopped = delivery.stop();
    await context.clock.advance(10_000);
    await stopped;
    const attempts = sender.attempts.length;
    expect([value('send_failed_spans'), value('queue_size'), delivery.pendingItems])
      .toEqual([3, 0, 0]);
    await context.clock.advance(60_000);
    expect(sender.attempts).toHaveLength(attempts);
  });

  it('tries once more what somebody waits for, who is told', async () => {
    const { delivery, sender } = deliveryOf([away, away], noQueue);
    const answer = expect(delivery.consume(spans(1))).rejects.toThrow('away');
    await settle();
    await delivery.stop();
    await answer;
    expect(sender.attempts).toHaveLength(2);
  });

  it('gives up at its deadline and says in items what is lost', async () => {
    const { delivery, sender, context, value } = deliveryOf(['hang', 'hang']);
    await delivery.consume(spans(3));
    await delivery.consume(spans(4));
    const stopped = delivery.stop();
    await context.clock.advance(10000);
    await stopped;
    expect(sender.attempts).toHaveLength(1);
    expect(value('send_failed_spans')).toBe(7);
    expect(context.log.lines.map(({ fields }) => fields.dropped_items)).toEqual([4, 3]);
  });

  it('takes nothing more', async () => {
    for (const settings of [{}, noQueue]) {
      const { delivery } = deliveryOf([], settings);
      await delivery.stop();
      await expect(async () => delivery.consume(spans(1))).rejects.toThrow(RetryableError);
    }
  });
});
