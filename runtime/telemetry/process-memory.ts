/** The memory of this process, as far as data in the pipelines can grow it. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { messageBlocks } from '../wire/block-pool';

/** Where the limiter looks; tests give their own. */
export interface MemorySource {
  /** Bytes in use, garbage that was not collected yet among them. */
  used(): number;
  /** Collects garbage now, and memory that was kept for later use. */
  collect(): void;
}

let collectGarbage: NodeJS.GCFunction | undefined;

/** This process. */
export const processMemory: MemorySource = {
  // Payloads are Buffers, which lie outside of the JavaScript heap. `external` counts them all;
  // `arrayBuffers` is a part of it, so adding it as well would count every payload twice.
  used: () => {
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  },
  collect: () => {
    messageBlocks.empty();
    collectGarbage ??= globalThis.gc ?? exposedCollector();
    collectGarbage();
    // V8 gives Buffers back after a collection, but takes them off `external` only when the next
    // one begins; a small one costs a fraction of a millisecond.
    collectGarbage({ type: 'minor' });
  },
};

/**
 * V8 collects when something is allocated. A process that refuses everything allocates little, and
 * would go on refusing for the sake of garbage; so it must be able to collect by itself, whether
 * or not it was started with `--expose-gc`.
 */
function exposedCollector(): NodeJS.GCFunction {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as NodeJS.GCFunction;
}
