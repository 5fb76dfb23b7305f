import { createTailSamplingProcessor } from './tail-sampling';
import { createPayload } from '../../pipeline/payload';
import { processorContext } from '../../testing/component-context';
import { tailSettings, type RawConfig } from '../../testing/oracle-traces';
import { decodeProto, encodeProto } from '../../testing/otlp-proto';
import { spans, traceIdOf, type TestSpan } from '../../testing/span-builder';

const GATES = ['usetracestate', 'recordpolicy'].map((gate) =>
  `processor.tailsamplingprocessor.${gate}`);
const SLOW = { name: 'slow', type: 'latency', latency: { threshold_ms: 100 } };
const P100 = { name: 'p', type: 'probabilistic', probabilistic: { sampling_percentage: 100 } };
const CACHE = { decision_cache: { sampled_cache_size: 10 } };

interface Scope {
  readonly scope?: {
    readonly name?: string;
    readonly attributes?: readonly {
      readonly key: string; readonly value: Readonly<Record<string, unknown>>;
    }[];
  };
  readonly spans?: readonly { readonly name?: string; readonly traceState?: string }[];
}

/** A sampler whose answers are its spans, each with trace state and what its scope says. */
async function started(config: RawConfig, gates = GATES) {
  const sent: Uint8Array[] = [];
  const context = processorContext('tail_sampling', 'traces', {
    consume: ({ chunks }) => { sent.push(...chunks); },
  });
  const processor = createTailSamplingProcessor(
    tailSettings({ decision_wait: '1s', policies: [SLOW], ...config }, gates), context);
  await processor.start();
  const take = (request: Uint8Array): void => {
    void processor.consume(createPayload('traces', [request], 1));
  };
  const tick = async (): Promise<void> => {
    await context.clock.advance(1000);
    await new Promise((resolve) => { setImmediate(resolve); });
  };
  const released = (): string[] => {
    const bytes = Buffer.concat(sent.splice(0));
    const { resourceSpans = [] } = decodeProto('ExportTraceServiceRequest', bytes) as {
      readonly resourceSpans?: readonly { readonly scopeSpans?: readonly Scope[] }[];
    };
    return resourceSpans.flatMap(({ scopeSpans = [] }) => scopeSpans.flatMap((scope) =>
      (scope.spans ?? []).map(({ name, traceState }) => [
        name, traceState ?? '', scope.scope?.name ?? '',
        ...(scope.scope?.attributes ?? []).map(({ key, value }) =>
          `${key}=${String(Object.values(value)[0])}`),
      ].join(' ')))).sort();
  };
  return { context, processor, take, tick, released };
}

const slow = (name: string, more: Partial<TestSpan> = {}): TestSpan =>
  ({ trace: 'a', name, ms: 500, scope: 'lib', ...more });

test('late spans carry the threshold of their trace, but not its policy, as upstream', async () => {
  const { take, tick, released } = await started({});
  take(spans([slow('first')]));
  await tick();
  await tick();
  expect(released()).toEqual(['first ot=th:0 lib tailsampling.policy=slow']);
  take(spans([slow('late', { traceState: 'v=1' }), slow('later', { traceState: 'ot=th:8' })]));
  expect(released()).toEqual(['late ot=th:0,v=1 lib', 'later ot=th:8 lib']);
});

test('late spans of a trace that only a cache knows say so', async () => {
  const { take, tick, released } = await started(CACHE);
  take(spans([slow('a'), slow('b', { trace: 'b' })]));
  await tick();
  await tick();
  released();
  take(spans([slow('late'), slow('other', { trace: 'b', ms: 1 })]));
  const record = 'tailsampling.policy=slow tailsampling.cached_decision=true';
  expect(released()).toEqual([`late ot=th:0 lib ${record}`, `other ot=th:0 lib ${record}`]);
});

test('a policy that a sampler before wrote is replaced', async () => {
  const { take, tick, released } = await started({});
  take(encodeProto('ExportTraceServiceRequest', {
    resourceSpans: [{
      scopeSpans: [{
        scope: {
          name: 'lib',
          attributes: ['tailsampling.policy', 'mine'].map((key) =>
            ({ key, value: { stringValue: 'before' } })),
        },
        spans: [{
          traceId: traceIdOf('a'), name: 'x', startTimeUnixNano: '1', endTimeUnixNano: '900000001',
        }],
      }],
    }],
  }));
  await tick();
  await tick();
  expect(released()).toEqual(['x ot=th:0 lib mine=before tailsampling.policy=slow']);
});

test('a span without a scope gets one, and traces of other policies another', async () => {
  const { take, tick, released } = await started({ policies: [SLOW, P100] }, [GATES[1]]);
  const bare = { scope: undefined };
  take(spans([slow('s', bare), slow('q', { ...bare, trace: 'b', ms: 1 })]));
  await tick();
  await tick();
  expect(released()).toEqual(['q   tailsampling.policy=p', 's   tailsampling.policy=slow']);
});

test('a scope that is broken goes on as it came', async () => {
  const { take, tick, context } = await started({});
  const broken = Buffer.from(spans([slow('x')]));
  const at = broken.indexOf('lib') - 1;
  broken[at] = 9;
  take(broken);
  await tick();
  await tick();
  expect(context.metrics.value('otelgw_tail_sampling_released_spans',
    { reason: 'decision', processor: 'tail_sampling' })).toBe(1);
});

test('trace states that cannot be read are counted, and stay', async () => {
  const { take, tick, released, context } = await started({});
  take(spans([slow('x', { traceState: '!!' }), slow('y')]));
  await tick();
  await tick();
  expect(released().map((line) => line.split(' lib')[0])).toEqual(['x !!', 'y ot=th:0']);
  expect(context.metrics.value(
    'otelcol_processor_tail_sampling_count_spans_with_unparseable_tracestate', {})).toBe(1);
});

test('a limit keeps the most random traces of a tick, and drops are not paid for', async () => {
  const { take, tick, released } = await started({
    policies: [
      { name: 'rate', type: 'rate_limiting', rate_limiting: { spans_per_second: 1 } },
      {
        name: 'health',
        type: 'drop',
        drop: {
          drop_sub_policy: [{
            name: 'h', type: 'string_attribute', string_attribute: { key: 'h', values: ['y'] },
          }],
        },
      },
    ],
  }, [GATES[0]]);
  take(spans(['1', '9', 'a', 'f', 'c'].map((digit): TestSpan => ({
    trace: digit,
    name: digit,
    traceState: `ot=rv:${digit}0000000000000`,
    attributes: digit === 'f' ? { h: 'y' } : {},
  }))));
  await tick();
  await tick();
  expect(released()).toEqual([
    'a ot=rv:a0000000000000;th:90000000000001 ', 'c ot=rv:c0000000000000;th:90000000000001 ',
  ]);
});
