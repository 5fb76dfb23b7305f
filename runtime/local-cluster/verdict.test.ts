import { seededRandom } from './random';
import { SpanLedger } from './span-ledger';
import { planTrace } from './trace-plan';
import type { SentTrace } from './traffic';
import {
  isGreen, judge, type Evidence, type Finding, type SamplerEvidence,
} from './verdict';

const random = seededRandom(7);
const traces: SentTrace[] = Array.from({ length: 100 }, () => {
  const plan = planTrace(random);
  return { plan, entrance: 0, delivered: plan.spans.length, refused: 0 };
});
const failed = traces.filter(({ plan }) => plan.spans.some(({ isError }) => isError));
const fine = traces.find((trace) => !failed.includes(trace)) ?? traces[0];
const spans = traces.reduce((sum, { plan }) => sum + plan.spans.length, 0);

/** Everything went as it should, except for what `change` does to what the backend received. */
function evidence(
  change: (ledger: SpanLedger) => void = () => undefined, given: Partial<Evidence> = {},
): Evidence {
  const ledger = new SpanLedger();
  for (const { plan } of failed) {
    for (const { spanId } of plan.spans) ledger.add(plan.traceId, spanId, 'sampler-0');
  }
  change(ledger);
  const entrances = new Set([0]);
  const sampler: SamplerEvidence = {
    name: 'sampler',
    entrances,
    metTraces: traces.length,
    votesOf: () => failed.length,
    settings: {
      policies: [{ name: 'errors', type: 'status_code', statusCode: { statusCodes: ['ERROR'] } }],
    } as unknown as SamplerEvidence['settings'],
  };
  return {
    sent: new Map(traces.map((trace) => [trace.plan.traceId, trace])),
    accepted: spans,
    refusals: [],
    sinks: [
      { name: 'store', ledgers: [ledger], entrances, samplers: [sampler], fromSamplers: true },
    ],
    samplers: [sampler],
    ...given,
  };
}

const red = (findings: readonly Finding[]): string[] =>
  findings.filter(({ isGood }) => isGood === false).map(({ what }) => what);

const first = failed[0].plan;

describe('the verdict', () => {
  test('is green when what arrived is what the policies keep', () => {
    const findings = judge(evidence());
    expect(isGreen(findings)).toBe(true);
    expect(findings.find(({ what }) => what.startsWith('kept by policy errors'))?.wanted)
      .toBe(String(failed.length));
  });

  test.each([
    ['a trace that should be kept is missing', (ledger: SpanLedger) => {
      ledger.traces.delete(first.traceId);
    }, ['traces kept for store', 'spans lost on the way to store']],
    ['one span of a trace is missing', (ledger: SpanLedger) => {
      ledger.traces.get(first.traceId)?.spans.delete(first.spans[0].spanId);
    }, ['spans lost on the way to store']],
    ['a span came twice', (ledger: SpanLedger) => {
      ledger.add(first.traceId, first.spans[0].spanId, 'sampler-0');
    }, ['spans sent twice to store']],
    ['a span of a trace came that no policy keeps', (ledger: SpanLedger) => {
      ledger.add(fine.plan.traceId, fine.plan.spans[0].spanId, 'sampler-0');
    }, ['traces kept for store', 'spans that policies do not keep at store']],
    ['a trace came from two pods', (ledger: SpanLedger) => {
      ledger.traces.get(first.traceId)?.senders.add('sampler-1');
    }, ['traces split on the way to store']],
  ])('is red when %s', (_what, change, reds) => {
    expect(red(judge(evidence(change)))).toEqual(reds);
  });

  test('is red when pods met more traces than were sent, because some were split', () => {
    const [sampler] = evidence().samplers;
    const samplers = [{ ...sampler, metTraces: traces.length + 1 }];
    expect(red(judge(evidence(undefined, { samplers }))))
      .toEqual(['traces met by pods of sampler']);
  });

  test('does not miss traces that came through an entrance from which nothing leads there', () => {
    const { sinks: [sink], samplers: [sampler] } = evidence();
    const elsewhere = { entrances: new Set([1]) };
    const findings = judge(evidence(undefined, {
      sinks: [{ ...sink, ...elsewhere, ledgers: [new SpanLedger()] }],
      samplers: [{ ...sampler, ...elsewhere, metTraces: 0, votesOf: () => 0 }],
    }));
    expect(red(findings)).toEqual([]);
  });

  test('is red when somebody was refused by the API server', () => {
    expect(red(judge(evidence(undefined, { refusals: ['no'] }))))
      .toEqual(['kinds of requests refused by the API server']);
  });

  test('does not judge counters of pods that came and went', () => {
    const [sampler] = evidence().samplers;
    const samplers = [{ ...sampler, metTraces: undefined, votesOf: () => undefined }];
    const findings = judge(evidence(undefined, { samplers, accepted: undefined }));
    expect(isGreen(findings)).toBe(true);
    expect(findings.filter(({ found }) => found.startsWith('not known'))).toHaveLength(3);
  });
});
