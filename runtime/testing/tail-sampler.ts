/** A tail sampler of a test, with what is around it. */
import type { Clock } from '../clock';
import type { Processor } from '../component';
import { processorContext } from './component-context';
import { giveSpans } from './lent-bytes';
import { tailSettings, type RawConfig } from './oracle-traces';
import { findSpans, type FoundSpan, type TestSpan } from './span-builder';
import {
  createTailSamplingProcessor, type TailSamplingOverrides,
} from '../processors/tail-sampling/tail-sampling';

/** The context of a sampler, with a clock of its own unless one is given. */
export function samplerContext(id: string, clock?: Clock) {
  const context = processorContext(id);
  return clock === undefined ? context : { ...context, clock: clock as typeof context.clock };
}

/** A sampler that runs. */
export interface RunningSampler {
  /** What it was given. */
  readonly context: ReturnType<typeof samplerContext>;
  /** The sampler. */
  readonly sampler: Processor;
  /** Gives spans in one request. */
  give(list: readonly TestSpan[]): void;
  /** As `give`; the promise is fulfilled when the request was taken. */
  ask(list: readonly TestSpan[]): Promise<void>;
  /** Names of the traces that were passed on since the last call, once per span. */
  sent(): string[];
  /** Spans that were passed on since the last call. */
  sentSpans(): FoundSpan[];
}

/** Starts a sampler. */
export async function running(
  config: RawConfig, id = 'tail_sampling', clock?: Clock, given?: TailSamplingOverrides,
): Promise<RunningSampler> {
  const context = samplerContext(id, clock);
  const sampler = createTailSamplingProcessor(tailSettings(config), context, given);
  await sampler.start();
  const sentSpans = (): FoundSpan[] => {
    const { bytes } = context.next;
    context.next.payloads.length = 0;
    return findSpans(bytes);
  };
  const consume = (list: readonly TestSpan[]): void | Promise<void> =>
    giveSpans(sampler, list);
  return {
    context,
    sampler,
    give: (list) => { void consume(list); },
    ask: async (list) => consume(list),
    sent: () => sentSpans().map(({ traceId }) => nameOf(traceId)).sort(),
    sentSpans,
  };
}

/** The name that traceIdOf made the id of. */
function nameOf(traceId: string): string {
  return Buffer.from(traceId, 'hex').toString().replaceAll('\0', '');
}
