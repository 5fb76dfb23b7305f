/** Samplers that rewrite what they keep: all that the intake takes comes out, still readable. */
import { mustHold, REQUESTS, valueOf } from './requests';
import { probabilisticSamplerProcessor, tailSamplingProcessor } from '../../config';
import { countItems } from '../../otlp/count-items';
import { createPayload, type Payload, type Signal } from '../../pipeline/payload';
import {
  createProbabilisticSamplerProcessor,
} from '../../processors/probabilistic-sampler/probabilistic-sampler';
import { createTailSamplingProcessor } from '../../processors/tail-sampling/tail-sampling';
import { processorContext } from '../../testing/component-context';
import { logRecords, spans } from '../../testing/span-builder';
import type { FuzzTarget } from '../campaign';

const SEEDS: Readonly<Record<'traces' | 'logs', readonly Uint8Array[]>> = {
  traces: [
    ...REQUESTS.traces,
    spans([
      { trace: 'a', traceState: 'a=b,ot=rv:9b8233f7e3a151;th:8;x:y', scope: 's' },
      { trace: 'a', traceState: 'ot=th:c', attributes: { 'sampling.priority': 1 } },
    ]),
  ],
  logs: [
    ...REQUESTS.logs,
    logRecords([{
      body: 'b',
      trace: 't',
      attributes: {
        'id': 'x', 'sampling.threshold': '8', 'sampling.randomness': '9b8233f7e3a151', 'p': 50,
      },
    }]),
  ],
};

/** More than an input has. */
const MOST_TRACES = 100;

/** Expects that whoever counts can read `payloads`; gives how many items they hold. */
function itemsOf(signal: Signal, payloads: readonly Payload[]): number {
  let told = 0;
  let counted = 0;
  for (const { items: some, chunks } of payloads) {
    told += some;
    for (const chunk of chunks) counted += countItems(signal, chunk);
  }
  mustHold(told === counted, `must hold the ${told} items that they tell`, counted);
  return counted;
}

function keepsAll(signal: 'traces' | 'logs', mode: string): (input: Uint8Array) => boolean {
  const { settings } = probabilisticSamplerProcessor.read({
    mode,
    sampling_percentage: 100,
    fail_closed: false,
    attribute_source: 'record',
    from_attribute: 'id',
  });
  const passed: Payload[] = [];
  const processor = createProbabilisticSamplerProcessor(
    settings as NonNullable<typeof settings>, processorContext('probabilistic_sampler', signal, {
      consume: (payload) => { passed.push(payload); },
    }));
  return (input) => {
    passed.length = 0;
    const items = valueOf(() => countItems(signal, input));
    const taken = valueOf(() => {
      void processor.consume(createPayload(signal, [input], items ?? 1));
      return true;
    });
    if (items === undefined) return false;
    mustHold(taken === true, 'must take what the counter takes', taken);
    const kept = itemsOf(signal, passed);
    // A span may say of itself that nobody wants it.
    const mayDrop = signal === 'traces' && Buffer.from(input).includes('sampling.priority');
    mustHold(kept === items || mayDrop && kept < items, `must pass ${items} items on`, kept);
    return true;
  };
}

async function marksAll(input: Uint8Array): Promise<boolean> {
  const items = valueOf(() => countItems('traces', input));
  const passed: Payload[] = [];
  const { settings } = tailSamplingProcessor.read({
    // There is one processor for each input: larger tables take longer than all the rest.
    num_traces: MOST_TRACES,
    usetracestate: true,
    recordpolicy: true,
    policies: [{ name: 'all', type: 'always_sample' }],
  });
  const processor = createTailSamplingProcessor(
    settings as NonNullable<typeof settings>, processorContext('tail_sampling', 'traces', {
      consume: (payload) => { passed.push(payload); },
    }));
  const taken = valueOf(() => {
    void processor.consume(createPayload('traces', [input], items ?? 1));
    return true;
  });
  await processor.stop();
  if (items === undefined) return false;
  mustHold(taken === true, 'must take what the counter takes', taken);
  const kept = itemsOf('traces', passed);
  mustHold(kept === items, `must pass ${items} items on`, kept);
  return true;
}

/** Targets over the samplers that write on what they keep. */
export const samplerTargets: readonly FuzzTarget[] = [
  ...['hash_seed', 'equalizing', 'proportional'].flatMap((mode) =>
    (['traces', 'logs'] as const).map((signal): FuzzTarget => ({
      name: `probabilistic_sampler ${mode} of ${signal}`,
      seeds: SEEDS[signal],
      weight: 4,
      decode: keepsAll(signal, mode),
    }))),
  { name: 'tail_sampling with marks', seeds: SEEDS.traces, weight: 1, decode: marksAll },
];
