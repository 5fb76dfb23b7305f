import type { Consumer } from '../component';
import { PermanentError, RetryableError, messageOf } from '../errors';
import type { Payload } from './payload';

/**
 * One consumer that gives every payload to all of `consumers`.
 *
 * Every one of them is asked even when an earlier one failed. One permanent error makes the whole
 * answer permanent, because a retry would bring the same data to those who took it.
 */
export function fanOut(consumers: readonly Consumer[]): Consumer {
  if (consumers.length === 1) return consumers[0];
  return {
    consume: async (payload: Payload): Promise<void> => {
      const results = await Promise.allSettled(
        consumers.map(async (consumer) => { await consumer.consume(payload); }),
      );
      const reasons: unknown[] = results.flatMap((result) =>
        result.status === 'rejected' ? [result.reason] : []);
      if (reasons.length > 0) throw joined(reasons);
    },
  };
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
