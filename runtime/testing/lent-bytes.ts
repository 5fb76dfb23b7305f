/** Bytes as they come in from outside: their memory is another message's as soon as it can be. */
import { spans, type TestSpan } from './span-builder';
import type { Consumer } from '../component';
import { receivedPayload } from '../pipeline/payload';
import { messageBlocks } from '../wire/block-pool';

/** What no field of a message can begin with. */
const OVERWRITTEN = 0xff;

/** A copy of `bytes`, lent as the servers lend what they read. */
export function lentCopy(bytes: Uint8Array): Uint8Array {
  const block = messageBlocks.take(bytes.length);
  block.set(bytes);
  return block.subarray(0, bytes.length);
}

/** What another message does to bytes that nobody reads any more. */
export function overwrite(bytes: Uint8Array): void {
  bytes.fill(OVERWRITTEN);
}

/** Gives spans as a receiver does; what takes them at once keeps nothing of their bytes. */
export function giveSpans(
  consumer: Consumer, list: readonly TestSpan[],
): void | Promise<void> {
  const bytes = lentCopy(spans(list));
  const taken = consumer.consume(receivedPayload('traces', bytes, list.length));
  if (taken === undefined) overwrite(bytes);
  return taken;
}
