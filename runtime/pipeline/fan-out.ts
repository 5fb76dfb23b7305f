import type { Consumer } from '../component';
import { PermanentError, RetryableError, messageOf } from '../errors';
import { shared, type Payload } from './payload';
import { PartialFailure } from './sender';

/**
 * One consumer that gives every payload to all of `consumers`.
 *
 * Every one of them is asked even when an earlier one failed. Whoever is told to try again and
 * gives the same payload brings it only to those who have not taken it: while one backend is away,
 * the others must not get what is kept for it time and again. One permanent error makes the whole
 * answer permanent, because a sender outside of the process would bring it to those who took it.
 */
export function fanOut(consumers: readonly Consumer[]): Consumer {
  return consumers.length === 1 ? consumers[0] : new FanOut(consumers);
}

class FanOut implements Consumer {
  /** Who took payloads that were not taken by all. */
  private readonly takenBy = new WeakMap<Payload, ReadonlySet<Consumer>>();

  public constructor(private readonly consumers: readonly Consumer[]) {}

  public async consume(payload: Payload): Promise<void> {
    const before = this.takenBy.get(payload);
    const asked = before === undefined
      ? this.consumers
      : this.consumers.filter((consumer) => !before.has(consumer));
    const given = shared(payload);
    const results = await Promise.allSettled(
      asked.map(async (consumer) => { await consumer.consume(given); }),
    );
    const reasons: unknown[] = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason] : []);
    if (reasons.length === 0) return;
    const failure = joined(reasons);
    if (failure instanceof RetryableError) {
      const took = asked.filter((_, index) => results[index].status === 'fulfilled');
      const again = failure instanceof PartialFailure ? failure.rest : payload;
      this.takenBy.set(again, new Set([...before ?? [], ...took]));
    }
    throw failure;
  }
}

function joined(reasons: readonly unknown[]): unknown {
  const bug = reasons.find((reason) =>
    !(reason instanceof RetryableError) && !(reason instanceof PermanentError));
  if (bug !== undefined || reasons.length === 1) return bug ?? reasons[0];
  const message = reasons.map(messageOf).join('; ');
  const permanent = reasons.find((reason) => reason instanceof PermanentError);
  if (permanent !== undefined) return new PermanentError(message, { code: permanent.code });
  const delays = reasons.map((reason) => (reason as RetryableError).delayMs ?? 0);
  return new RetryableError(message, { delayMs: Math.max(...delays) || undefined });
}
