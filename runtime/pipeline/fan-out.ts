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
  /** Who has not taken payloads that were not taken by all, and what of them. */
  private readonly left = new WeakMap<Payload, ReadonlyMap<Consumer, Payload>>();

  public constructor(private readonly consumers: readonly Consumer[]) {}

  public async consume(payload: Payload): Promise<void> {
    const whole = shared(payload);
    const asked = [...this.left.get(payload)
      ?? this.consumers.map((consumer) => [consumer, whole] as const)];
    const results = await Promise.allSettled(
      asked.map(async ([consumer, given]) => { await consumer.consume(given); }),
    );
    const left = new Map<Consumer, Payload>();
    const reasons: unknown[] = [];
    for (const [at, [consumer, given]] of asked.entries()) {
      const result = results[at];
      if (result.status === 'fulfilled') continue;
      const reason: unknown = result.reason;
      reasons.push(reason);
      left.set(consumer, reason instanceof PartialFailure ? reason.rest : given);
    }
    if (reasons.length === 0) return;
    const failure = joined(reasons);
    if (failure instanceof RetryableError) {
      this.left.set(failure instanceof PartialFailure ? failure.rest : payload, left);
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
