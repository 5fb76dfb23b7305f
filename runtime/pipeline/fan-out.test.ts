import type { Consumer } from '../component';
import { PermanentError, RetryableError } from '../errors';
import { fanOut } from './fan-out';
import { createPayload, receivedPayload } from './payload';
import { PartialFailure } from './sender';

const payload = createPayload('traces', [new Uint8Array([1, 2, 3])], 1);
const takes = (): Consumer & { readonly taken: unknown[] } => {
  const taken: unknown[] = [];
  return { taken, consume: (given) => { taken.push(given); } };
};
const fails = (error: Error): Consumer => ({ consume: () => { throw error; } });

test('every consumer gets the payload although an earlier one failed', async () => {
  const last = takes();
  const all = fanOut([fails(new RetryableError('queue: must have room, got 10 of 10')), last]);
  await expect(all.consume(payload)).rejects.toThrow(RetryableError);
  expect(last.taken).toEqual([payload]);
});

test('what several consumers get at once belongs to none of them', async () => {
  const consumers = [takes(), takes()];
  await fanOut(consumers).consume(receivedPayload('traces', payload.chunks[0], 1));
  expect(consumers.map(({ taken }) => taken)).toEqual([[payload], [payload]]);
});

test('one permanent error makes the whole answer permanent and keeps its status', async () => {
  const all = fanOut([
    fails(new RetryableError('later')), fails(new PermanentError('never', { code: 3 })),
  ]);
  await expect(all.consume(payload)).rejects.toMatchObject({
    name: 'PermanentError', code: 3, message: 'later; never',
  });
});

test('several retryable errors ask for the longest of their delays', async () => {
  const all = fanOut([
    fails(new RetryableError('a', { delayMs: 50 })),
    fails(new RetryableError('b', { delayMs: 200 })),
  ]);
  await expect(all.consume(payload)).rejects.toMatchObject({ delayMs: 200 });
});

test('a bug is not hidden behind the errors of others', async () => {
  const bug = new TypeError('x is undefined');
  const all = fanOut([fails(new PermanentError('never')), fails(bug)]);
  await expect(all.consume(payload)).rejects.toBe(bug);
});

test('a payload that is given again goes only to those who have not taken it', async () => {
  const [one, two] = [takes(), takes()];
  const answers = [new RetryableError('full'), new RetryableError('full')];
  const away: Consumer = {
    consume: (given) => {
      const answer = answers.shift();
      if (answer !== undefined) throw answer;
      two.taken.push(given);
    },
  };
  const all = fanOut([one, away]);
  await expect(all.consume(payload)).rejects.toThrow('full');
  await expect(all.consume(payload)).rejects.toThrow('full');
  await all.consume(payload);
  expect([one.taken, two.taken]).toEqual([[payload], [payload]]);
  const other = createPayload('traces', payload.chunks, 1);
  await all.consume(other);
  expect([one.taken.length, two.taken.length]).toEqual([2, 2]);
});

test('what is left of a payload goes only to the one who left it', async () => {
  const rest = createPayload('traces', payload.chunks, 1);
  const [one, two] = [takes(), takes()];
  const answers = [new PartialFailure('half', rest, 0)];
  const half: Consumer = {
    consume: (given) => {
      const answer = answers.shift();
      if (answer !== undefined) throw answer;
      two.taken.push(given);
    },
  };
  const all = fanOut([one, half]);
  await expect(all.consume(payload)).rejects.toMatchObject({ rest });
  await all.consume(rest);
  expect([one.taken, two.taken]).toEqual([[payload], [rest]]);
});

test('what is left of a payload is what its leaver gets when another one refused all of it',
  async () => {
    const rest = createPayload('traces', payload.chunks, 1);
    const failing = (answers: (Error | undefined)[]): ReturnType<typeof takes> => {
      const taken: unknown[] = [];
      return {
        taken,
        consume: (given) => {
          taken.push(given);
          const answer = answers.shift();
          if (answer !== undefined) throw answer;
        },
      };
    };
    const full = new RetryableError('full');
    const half = failing([new PartialFailure('half', rest, 0), full]);
    const away = failing([full]);
    const all = fanOut([half, away]);
    await expect(all.consume(payload)).rejects.toMatchObject({ name: 'RetryableError' });
    await expect(all.consume(payload)).rejects.toMatchObject({ name: 'RetryableError' });
    await all.consume(payload);
    expect([half.taken, away.taken].map((taken) => taken.map((given) => given === rest)))
      .toEqual([[false, true, true], [false, false]]);
  });

test('a single consumer is used as it is', () => {
  const only = takes();
  expect(fanOut([only])).toBe(only);
});
