import { PermanentError, RetryableError } from '../errors';
import { HalvingSender } from './halving-sender';
import { createPayload, type Payload } from '../pipeline/payload';
import { ScriptedSender } from '../testing/scripted-sender';
import { findSpans, spans } from '../testing/span-builder';

const TOO_LARGE = 'received message larger than max';

/** A peer that takes requests of up to `most` bytes. */
class SmallPeer extends ScriptedSender {
  public constructor(private readonly most: number) {
    super();
  }

  public async send(payload: Payload, timeoutMs: number): Promise<void> {
    if (payload.sizeBytes > this.most) throw new PermanentError(TOO_LARGE, { code: 8 });
    await super.send(payload, timeoutMs);
  }
}

function payloadOf(sizes: readonly number[]): Payload {
  const list = sizes.map((size, i) => ({
    trace: `t${i}`, service: `s${i % 2}`, attributes: { filler: 'x'.repeat(size) },
  }));
  return createPayload('traces', [spans(list)], sizes.length);
}

function setUp(most: number) {
  const peer = new SmallPeer(most);
  const sender = new HalvingSender(peer, ({ message }) => message === TOO_LARGE);
  const taken = (): number => peer.taken.reduce((sum, { chunks }) =>
    sum + findSpans(Buffer.concat(chunks)).length, 0);
  return { peer, sender, taken };
}

const LARGE = [900, 900, 900, 900, 900];

test('what fits is sent as it is', async () => {
  const { peer, sender } = setUp(10_000);
  const payload = payloadOf(LARGE);
  await sender.send(payload, 100);
  expect(peer.taken).toEqual([payload]);
});

test('what is too large is sent in halves of halves, each item once', async () => {
  const { peer, sender, taken } = setUp(2500);
  await sender.send(payloadOf(LARGE), 100);
  expect(taken()).toBe(5);
  expect(peer.taken.map(({ items }) => items)).toEqual([2, 1, 2]);
});

test('only an item that is too large by itself is lost', async () => {
  const { sender, taken } = setUp(2500);
  await expect(sender.send(payloadOf([900, 5000, 900]), 100)).rejects.toMatchObject({
    name: 'PartialFailure', lostItems: 1, rest: { items: 0 }, message: TOO_LARGE,
  });
  expect(taken()).toBe(2);
});

test('when all items are too large, the whole request is refused', async () => {
  const { sender } = setUp(50);
  await expect(sender.send(payloadOf(LARGE), 100)).rejects.toThrow(PermanentError);
});

test('what fails for now is left for later, with all that comes after it', async () => {
  const { peer, sender, taken } = setUp(2500);
  peer.script.push('take', () => new RetryableError('away', { delayMs: 70 }));
  await expect(sender.send(payloadOf(LARGE), 100)).rejects.toMatchObject({
    name: 'PartialFailure', lostItems: 0, rest: { items: 3 }, delayMs: 70,
  });
  expect(taken()).toBe(2);
});

test.each([
  ['another refusal', () => new PermanentError('bad data')],
  ['a failure', () => new RetryableError('away')],
  ['a bug', () => new TypeError('x is undefined')],
])('%s goes through as it is', async (_name, make) => {
  const { peer, sender } = setUp(10_000);
  peer.script.push(make);
  await expect(sender.send(payloadOf(LARGE), 100)).rejects.toThrow(make());
  expect(peer.attempts).toHaveLength(1);
});
