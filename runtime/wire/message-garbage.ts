/**
 * When messages that are done with are looked for.
 *
 * Their bytes lie outside of V8's heap, and what V8 itself keeps of each is small: left alone, it
 * looks for them so rarely that at a moderate load tens of megabytes lie about. Looking is cheap,
 * because hardly any message lives as long as the next one takes to fill this much.
 */
import { setFlagsFromString } from 'v8';
import { runInNewContext } from 'vm';

/** Bytes of messages after which the young ones are collected. */
const BYTES_BETWEEN = 12 * 1024 * 1024;
const YOUNG = { type: 'minor' };

type Collect = (options: object) => void;

let collect: Collect | undefined;
let bytesSince = 0;

/** Counts `bytes` that a message is about to take, and collects garbage when it is time. */
export function countMessageBytes(bytes: number): void {
  bytesSince += bytes;
  if (bytesSince < BYTES_BETWEEN) return;
  bytesSince = 0;
  collect ??= collector();
  collect(YOUNG);
}

function collector(): Collect {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as Collect;
}
