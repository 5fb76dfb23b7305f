import { Outbox } from './outbox';
import { TailSamplingMetrics } from './tail-sampling-metrics';
import { PermanentError, RetryableError } from '../../errors';
import { createPayload } from '../../pipeline/payload';
import { processorContext } from '../../testing/component-context';

const LOST = 'otelgw_tail_sampling_lost_spans';
const MIB = 1024 * 1024;

function outboxOf() {
  const context = processorContext('tail_sampling');
  const { clock, log, metrics, next } = context;
  const lost = new TailSamplingMetrics(metrics, context.id).lost('refused');
  return { ...context, outbox: new Outbox({ next, clock, log, lost, random: () => 0.5 }) };
}

function payloadOf(mib: number) {
  return createPayload('traces', [new Uint8Array(mib * MIB)], 1);
}

test('it is full while much is under way, and says when it no longer is', async () => {
  const { outbox, next, clock } = outboxOf();
  const release = next.hold();
  outbox.send(payloadOf(40));
  expect(outbox.isFull).toBe(false);
  outbox.send(payloadOf(40));
  expect([outbox.isFull, outbox.items]).toEqual([true, 2]);
  const told: string[] = [];
  outbox.onRoom(() => told.push('room'));
  void outbox.finish().then(() => told.push('idle'));
  await clock.advance(1000);
  expect(told).toEqual([]);
  release();
  await clock.advance(0);
  expect([told, outbox.isFull, outbox.items]).toEqual([['room', 'idle'], false, 0]);
});

test('beyond its memory, what is refused is lost at once', async () => {
  const { outbox, next, clock, metrics } = outboxOf();
  next.refuse(() => new RetryableError('full'));
  for (let sent = 0; sent < 5; sent += 1) outbox.send(payloadOf(60));
  await clock.advance(0);
  expect(metrics.value(LOST)).toBe(1);
  next.accept();
  await clock.advance(1000);
  expect([outbox.items, next.items, metrics.value(LOST)]).toEqual([0, 4, 1]);
});

test('the wait that the next component asks for is kept', async () => {
  const { outbox, next, clock } = outboxOf();
  next.refuse(() => new RetryableError('full', { delayMs: 3000 }), 1);
  outbox.send(payloadOf(1));
  await clock.advance(2999);
  expect(next.calls).toBe(1);
  await clock.advance(1);
  expect([next.calls, next.items]).toEqual([2, 1]);
});

test.each([
  ['a bug comes to light', new TypeError('x is undefined'), 1],
  ['a permanent error does not', new PermanentError('never'), 0],
])('%s, and what it was given is counted as lost', async (_name, error, thrown) => {
  const { outbox, next, clock, metrics } = outboxOf();
  const later = jest.spyOn(globalThis, 'queueMicrotask').mockImplementation(() => undefined);
  next.refuse(() => error);
  outbox.send(payloadOf(1));
  await clock.advance(0);
  expect([later.mock.calls.length, metrics.value(LOST), outbox.items]).toEqual([thrown, 1, 0]);
  later.mockRestore();
});

test('at the end it goes on giving for some seconds, and then a refusal is a loss', async () => {
  const { outbox, next, clock, metrics } = outboxOf();
  next.refuse(() => new RetryableError('full', { delayMs: 3000 }));
  outbox.send(payloadOf(1));
  await clock.advance(2000);
  let isOver = false;
  void outbox.finish().then(() => { isOver = true; });
  await clock.advance(7999);
  expect([isOver, outbox.items]).toEqual([false, 1]);
  await clock.advance(1000);
  expect([isOver, outbox.items, metrics.value(LOST)]).toEqual([true, 0, 1]);
});

test('at the end it does not wait for ever for an answer, which counts when it comes', async () => {
  const { outbox, next, clock, metrics } = outboxOf();
  const release = next.hold();
  next.refuse(() => new RetryableError('stopped'), 1);
  outbox.send(payloadOf(40));
  outbox.send(payloadOf(40));
  const told: string[] = [];
  outbox.hurry();
  outbox.onRoom(() => told.push('room'));
  void outbox.finish().then(() => told.push('idle'));
  await clock.advance(7999);
  expect(told).toEqual([]);
  await clock.advance(1);
  expect([told, outbox.items, outbox.isFull]).toEqual([['room', 'idle'], 2, false]);
  release();
  await clock.advance(0);
  expect([outbox.items, next.items, metrics.value(LOST)]).toEqual([0, 1, 1]);
});
