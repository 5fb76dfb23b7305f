/** What differs from upstream on purpose: docs/compatibility.md names these tests. */
import { createProbabilisticSamplerProcessor } from './probabilistic-sampler';
import {
  probabilisticSamplerProcessor, type ProbabilisticSamplerSettings,
} from '../../config';
import { createPayload } from '../../pipeline/payload';
import { processorContext } from '../../testing/component-context';
import { decodeTraces, spans, type TestSpan } from '../../testing/span-builder';

const COUNT = 'otelcol_processor_probabilistic_sampler_count_spans_processed';

async function sampled(yaml: object, ...list: TestSpan[]) {
  const context = processorContext('probabilistic_sampler');
  const { settings } = probabilisticSamplerProcessor.read(yaml);
  const processor = createProbabilisticSamplerProcessor(
    settings as ProbabilisticSamplerSettings, context);
  await processor.consume(createPayload('traces', [spans(list)], list.length));
  const kept = (decodeTraces(context.next.bytes).resourceSpans ?? [])
    .flatMap(({ scopeSpans = [] }) => scopeSpans.flatMap(({ spans: inside = [] }) => inside));
  return {
    ...context,
    states: kept.map((span) =>
      (span as { readonly traceState?: string }).traceState ?? ''),
  };
}

test('what cannot be decided about is counted, and no line is logged', async () => {
  const { metrics, log, states } =
    await sampled({ sampling_percentage: 50 }, { trace: 'a', traceState: 'ot=th:zz' });
  expect([states, log.messages()]).toEqual([[], []]);
  expect(metrics.value(COUNT, { policy: 'trace_id_hash', sampled: 'false' })).toBe(1);
});

test('a trace state that cannot be read stays as it is at 0 %', async () => {
  const span = { trace: 'a', traceState: 'ot=th:zz', attributes: { 'sampling.priority': 1 } };
  expect((await sampled({ sampling_percentage: 0 }, span)).states).toEqual(['ot=th:zz']);
});

const NUMBERS: [string, number][] = [['1', 1], ['0x10', 0]];

test.each(NUMBERS)('a priority in hexadecimal is no number: %s', async (text, kept) => {
  const span = { trace: 'a', attributes: { 'sampling.priority': text } };
  expect((await sampled({ sampling_percentage: 0 }, span)).states).toHaveLength(kept);
});

test.each([0, -1])('a precision below 1 is refused: %d', (precision) => {
  const { problems } = probabilisticSamplerProcessor.read({ sampling_precision: precision });
  expect(problems.map(({ path }) => path)).toEqual(['processors.probabilistic_sampler'
    + '.sampling_precision']);
});
