import { Coalescer, CoalescerLimits } from './coalescer';
import { GatherWindow } from './gather-window';
import { RetryableError } from '../../errors';
import { createPayload, Payload } from '../../pipeline/payload';
import { PartialFailure } from '../../pipeline/sender';
import { FakeClock, settle } from '../../testing/fake-clock';
import { ScriptedSender } from '../../testing/scripted-sender';

const LIMITS: CoalescerLimits = {
  items: 10, bytes: 100, worthItems: 4, requests: 2,
};

function part(items: number, bytes = items): Payload {
  return createPayload('traces', [new Uint8Array(bytes)], items);
}

function setUp(sender = new ScriptedSender(), doubt = { is: false }) {
  const clock = new FakeClock();
  const coalescer = new Coalescer(
    LIMITS, clock, new GatherWindow(clock, 5), (request) => sender.send(request, 0),
    () => doubt.is);
  const outcomes: string[] = [];
  const send = (payload: Payload): void => {
    coalescer.send(payload).then(
      () => outcomes.push('taken'), (error: Error) => outcomes.push(error.message));
  };
  const sent = (): number[] => sender.attempts.map(({ items }) => items);
  return { clock, coalescer, sender, outcomes, send, sent };
}

test('a part that meets nothing on its way leaves in the same turn', async () => {
  const { clock, send, sent, outcomes } = setUp();
  send(part(1));
  await settle();
  expect([sent(), outcomes, clock.waiting]).toEqual([[1], ['taken'], 0]);
});

test('parts of one turn are one request', async () => {
  const { send, sent, outcomes } = setUp();
  for (let i = 1; i <= 3; i++) send(part(i));
  expect(sent()).toEqual([]);
  await settle();
  expect([sent(), outcomes]).toEqual([[6], ['taken', 'taken', 'taken']]);
});

test('while a request is on its way parts gather until one is five milliseconds old', async () => {
  const { clock, send, sent } = setUp(new ScriptedSender(['hang']));
  send(part(1));
  await settle();
  send(part(2));
  await clock.advance(4);
  send(part(3));
  await settle();
  expect(sent()).toEqual([1]);
  await clock.advance(1);
  expect(sent()).toEqual([1, 5]);
});

test('what gathers while a request is on its way leaves when that one is answered', async () => {
  const { clock, sender, send, sent, outcomes } = setUp(new ScriptedSender(['hang']));
  send(part(1));
  await settle();
  send(part(2));
  send(part(3));
  await settle();
  expect(sent()).toEqual([1]);
  sender.release();
  await settle();
  expect([sent(), outcomes]).toEqual([[1, 5], ['taken', 'taken', 'taken']]);
  expect(clock.waiting).toBe(0);
});

test('what is due while all requests are on their way waits for an answer alone', async () => {
  const { clock, sender, send, sent } = setUp(new ScriptedSender(['hang', 'hang']));
  send(part(10));
  send(part(10));
  send(part(1));
  await clock.advance(5);
  expect([sent(), clock.waiting]).toEqual([[10, 10], 0]);
  sender.release();
  await settle();
  expect(sent()).toEqual([10, 10, 1]);
});

test('what is due while the backend is in doubt waits until that ends alone', async () => {
  const doubt = { is: true };
  const { clock, coalescer, send, sent } = setUp(new ScriptedSender(['hang']), doubt);
  send(part(10));
  send(part(1));
  await clock.advance(5);
  expect([sent(), clock.waiting]).toEqual([[10], 0]);
  send(part(2));
  await clock.advance(5);
  expect([sent(), clock.waiting]).toEqual([[10], 0]);
  doubt.is = false;
  coalescer.pump();
  expect(sent()).toEqual([10, 3]);
});

test('small parts that come often gather until one is five milliseconds old', async () => {
  const { clock, send, sent } = setUp();
  send(part(1));
  await clock.advance(4);
  send(part(1));
  await clock.advance(4);
  send(part(2));
  await settle();
  expect(sent()).toEqual([1]);
  await clock.advance(1);
  expect(sent()).toEqual([1, 3]);
});

test('what gathers for several backends leaves in one moment', async () => {
  const clock = new FakeClock();
  const window = new GatherWindow(clock, 5);
  const backends = [new ScriptedSender(), new ScriptedSender()];
  const coalescers = backends.map((sender) =>
    new Coalescer(LIMITS, clock, window, (request) => sender.send(request, 0)));
  const sent = (): number[] => backends.map(({ attempts }) => attempts.length);
  const give = (): void => { for (const each of coalescers) void each.send(part(1)); };
  give();
  await clock.advance(3);
  void coalescers[0].send(part(1));
  await clock.advance(1);
  void coalescers[1].send(part(1));
  await settle();
  expect([sent(), clock.waiting]).toEqual([[1, 1], 1]);
  await clock.advance(4);
  expect([sent(), clock.waiting]).toEqual([[2, 2], 0]);
});

test.each([
  ['is alone for five milliseconds', 5, [part(1)], [1, 1]],
  ['is worth a request with those that came before', 4, [part(1), part(3)], [1, 4]],
])('a small part that %s leaves in the same turn', async (_, pause, parts, requests) => {
  const { clock, send, sent } = setUp();
  send(part(1));
  await clock.advance(pause);
  for (const each of parts) {
    send(each);
    await settle();
  }
  expect([sent(), clock.waiting]).toEqual([requests, 0]);
});

const FULL: [string, Payload[], number[]][] = [
  ['as many items as fill a request are sent at once', [part(4), part(4), part(4)], [12]],
  ['as many bytes as fill a request are sent at once', [part(1, 60), part(1, 60)], [2]],
  ['a part that is larger than a request is sent alone', [part(500)], [500]],
  ['a part that is far larger than a request is not added to others',
    [part(1), part(1), part(3, 199), part(4)], [2, 3, 4]],
  ['each full request is sent for itself', [part(10), part(10)], [10, 10]],
];

test.each(FULL)('%s', async (_, parts, requests) => {
  const { clock, send, sent } = setUp();
  for (const each of parts) send(each);
  await settle();
  expect(sent()).toEqual(requests);
  expect(clock.waiting).toBe(0);
});

test('parts that came with unlike metadata are not gathered into one request', async () => {
  const { clock, sender, send } = setUp();
  const [a, b] = [{ tenant: ['a'] }, { tenant: ['b'] }];
  for (const metadata of [a, a, b]) send({ ...part(1), metadata });
  await clock.advance(5);
  expect(sender.attempts.map(({ items, metadata }) => [items, metadata])).toEqual([[2, a], [1, b]]);
});

test('the parts beyond a full request begin the next, for which there must be room', async () => {
  const { clock, send, sent } = setUp(new ScriptedSender(['hang', 'hang']));
  send(part(5));
  await settle();
  send(part(9));
  await clock.advance(3);
  send(part(9));
  send(part(1));
  await clock.advance(4);
  expect(sent()).toEqual([5, 18]);
  await clock.advance(100);
  expect(sent()).toEqual([5, 18]);
});

test('only so many requests are on their way; what waits meanwhile goes out together', async () => {
  const { clock, sender, send, sent } = setUp(new ScriptedSender([], 'hang'));
  send(part(10));
  send(part(10));
  for (let i = 0; i < 4; i++) send(part(3));
  await clock.advance(100);
  expect(sent()).toEqual([10, 10]);
  sender.release();
  await clock.advance(0);
  expect(sent()).toEqual([10, 10, 12]);
});

test('the error of a request is the error of all its parts', async () => {
  const { clock, send, outcomes } = setUp(new ScriptedSender([() => new RetryableError('away')]));
  send(part(1));
  send(part(1));
  await clock.advance(5);
  send(part(1));
  await clock.advance(5);
  expect(outcomes).toEqual(['away', 'away', 'taken']);
});

test('closing throws back what waits and waits for what is on its way', async () => {
  const { clock, coalescer, sender, send, outcomes } = setUp(new ScriptedSender(['hang']));
  send(part(10));
  send(part(1));
  let isClosed = false;
  void coalescer.close().then(() => { isClosed = true; });
  await settle();
  expect([isClosed, outcomes]).toEqual([false, ['the backend has left the ring']]);
  sender.release();
  await settle();
  expect([isClosed, outcomes]).toEqual([true, ['the backend has left the ring', 'taken']]);
  send(part(1));
  await settle();
  expect(outcomes).toHaveLength(3);
  expect(clock.waiting).toBe(0);
});

test('items that a peer left out of a request are shared out over its parts', async () => {
  const left = (): Error => new PartialFailure('too old', part(0), 4);
  const { clock, coalescer } = setUp(new ScriptedSender([left]));
  const outcomes = [3, 2, 1].map((items) => coalescer.send(part(items))
    .then(() => 0, (error: unknown) => (error as PartialFailure).lostItems));
  await clock.advance(5);
  expect(await Promise.all(outcomes)).toEqual([3, 1, 0]);
});
