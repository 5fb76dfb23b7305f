import { createTailSamplingProcessor } from './tail-sampling';
import type { Processor } from '../../component';
import { createPayload } from '../../pipeline/payload';
import { processorContext } from '../../testing/component-context';
import { oracleLines } from '../../testing/oracle-lines';
import {
  isPolicyHere, tailSettings, traceRequest, type RawConfig,
} from '../../testing/oracle-traces';
import { itemsIn } from '../../testing/sample-payload';

interface Sent {
  readonly at_ms: number;
  readonly otlp: object;
}
interface Decision {
  readonly decision: string;
  readonly policy: string;
}
interface Scenario {
  readonly scenario: string;
  readonly config: RawConfig & { readonly policies: readonly RawConfig[] | null };
  readonly feature_gates: readonly string[] | null;
  readonly shutdown_at_ms?: number;
  readonly events?: readonly Sent[];
  readonly sent?: readonly Sent[];
  readonly sent_during_shutdown?: readonly Sent[];
  readonly metrics?: readonly string[];
  readonly decisions?: readonly Decision[];
  readonly decisions_during_shutdown?: readonly Decision[];
}

/** A process has one loop, however many shards upstream makes of one; each counts its ticks. */
const TICKS = 'otelcol_processor_tail_sampling_sampling_decision_timer_latency';
const SCENARIOS = oracleLines<Scenario>('tail_processor').filter((line) =>
  line.events !== undefined && line.events !== null
  && (line.config.policies ?? []).every(isPolicyHere));

/** Spans as JSON with resource and scope, whatever the grouping; upstream loses schema URLs. */
function spansOf(requests: readonly Uint8Array[]): string[] {
  return itemsIn('traces', Buffer.concat(requests)).map((line) => {
    const [resource, scope, span] = JSON.parse(line) as Record<string, unknown>[];
    return JSON.stringify([resource.resource, scope.scope, span]);
  }).sort();
}

/** Each second of a scenario, and every moment at which something arrives. */
function instantsOf({ events, shutdown_at_ms: end = 0 }: Scenario): number[] {
  const seconds = Array.from({ length: Math.floor(end / 1000) + 1 }, (_, i) => i * 1000);
  const times = new Set([...seconds, ...(events ?? []).map(({ at_ms: at }) => at), end]);
  return [...times].sort((a, b) => a - b);
}

function take(processor: Processor, request: Uint8Array): void {
  void processor.consume(createPayload('traces', [request], 1));
}

/** `name{a=b,c=d} 5` as upstream prints a metric: name, attributes and value. */
function parseMetric(line: string): [string, Record<string, string>, number] {
  const [, name, attributes, value] = /^(\w+)\{(.*)\} (?:count=)?(\d+)/.exec(line) ?? [];
  const pairs = attributes.split(',').filter((pair) => pair !== '').map((pair) => pair.split('='));
  return [name, Object.fromEntries(pairs) as Record<string, string>, Number(value)];
}

test('the oracle has scenarios to play', () => {
  expect(SCENARIOS.map(({ scenario }) => scenario)).toHaveLength(23);
});

describe.each(SCENARIOS.map((line) => [line.scenario, line] as const))('%s', (_name, line) => {
  const id = line.metrics?.some((metric) => metric.includes('policy=x.'))
    ? 'tail_sampling/x' : 'tail_sampling';

  test('the same spans leave at the same time, and the same is counted', async () => {
    const context = processorContext(id);
    const gates = line.feature_gates ?? [];
    const processor = createTailSamplingProcessor(tailSettings(line.config, gates), context);
    const { clock, next, metrics } = context;
    await processor.start();
    const ours: [number, string[]][] = [];
    const record = (): void => {
      if (next.payloads.length === 0) return;
      const requests = next.payloads.splice(0).flatMap(({ chunks }) => chunks);
      ours.push([clock.monotonic(), spansOf(requests)]);
    };
    for (const now of instantsOf(line)) {
      await clock.advance(now - clock.monotonic());
      record();
      for (const { at_ms: at, otlp } of line.events as readonly Sent[]) {
        if (at === now) take(processor, traceRequest(otlp));
      }
      await clock.advance(0);
      record();
    }
    await processor.stop();
    record();
    const wanted = [...line.sent ?? [], ...line.sent_during_shutdown ?? []];
    const instants = [...new Set(wanted.map(({ at_ms: at }) => at))];
    expect(ours).toEqual(instants.map((at) => [at, spansOf(wanted
      .filter((sent) => sent.at_ms === at).map(({ otlp }) => traceRequest(otlp)))]));
    const kept = [...line.decisions ?? [], ...line.decisions_during_shutdown ?? []]
      .filter(({ decision }) => decision === 'sampled').map(({ policy }) => policy);
    for (const policy of new Set(kept)) {
      const labels = { policy: `${id.slice('tail_sampling'.length + 1)}.${policy}`, processor: id };
      if (id === 'tail_sampling') labels.policy = policy;
      expect([policy, metrics.value('otelgw_tail_sampling_kept_traces', labels)])
        .toEqual([policy, kept.filter((name) => name === policy).length]);
    }
    const counted = (line.metrics ?? []).map((text) => parseMetric(text))
      .filter(([name]) => name !== TICKS || !('num_shards' in line.config));
    expect(counted.map(([name, attributes]) => [name, attributes,
      metrics.value(name, attributes) ?? 0])).toEqual(counted);
  });
});
