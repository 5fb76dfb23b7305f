/** One policy of the tail sampler, and traces that are decided by it one after the other. */
import type { PolicySettings } from '../config';
import { FakeClock } from './fake-clock';
import { hexOf } from '../otlp/sampling-threshold';
import { SpanIndex } from '../otlp/span-index';
import { FactQuestions, RANDOM_WORDS } from '../processors/tail-sampling/fact-questions';
import { createPolicy } from '../processors/tail-sampling/policies';
import { DECISION_NAMES, type Policy } from '../processors/tail-sampling/policies/policy';
import { FactGatherer } from '../processors/tail-sampling/trace-facts';
import { BYTES, SPANS, TraceTable } from '../processors/tail-sampling/trace-table';

/** Decides about traces. */
export class PolicyJudge {
  /** The time. */
  public readonly clock = new FakeClock();
  /** The policy. */
  public readonly policy: Policy;
  private readonly index = new SpanIndex();
  private readonly facts: FactGatherer;
  private readonly table: TraceTable;
  private traces = 0;

  public constructor(settings: PolicySettings, adjustsCounts = false) {
    const questions = new FactQuestions();
    this.policy = createPolicy(settings, { questions, clock: this.clock, adjustsCounts });
    this.facts = new FactGatherer(questions, false);
    this.table = new TraceTable(questions.bitWords + RANDOM_WORDS, 100);
  }

  /** The decision about the trace whose spans came in these requests, resource by resource. */
  public decide(...requests: Uint8Array[]): string {
    return this.decideAbout(this.held(requests, { bytes: Buffer.concat(requests).length }));
  }

  /** A trace that is held, by its place; it has `id` in hexadecimal, and is `bytes` large. */
  public held(
    requests: readonly Uint8Array[], { id, bytes = 0 }: { id?: string; bytes?: number },
  ): number {
    const words = id === undefined
      ? [this.traces++, 0, 0, 0]
      : [0, 4, 8, 12].map((at) => Buffer.from(id, 'hex').readInt32LE(at));
    const trace = this.table.insert(words[0], words[1], words[2], words[3], 0);
    for (const request of requests) this.gather(request, trace);
    this.table.words[trace + BYTES] = bytes;
    return trace;
  }

  /** The decision about a trace that is held. */
  public decideAbout(trace: number): string {
    return DECISION_NAMES[this.policy.decide(this.table.words, trace)];
  }

  /** Lets the policy spend on all traces of a tick, and decides about each. */
  public decideTick(traces: readonly number[]): string[] {
    for (const trace of traces) this.policy.budget?.consider(this.table.words, trace);
    this.policy.budget?.spend();
    return traces.map((trace) => this.decideAbout(trace));
  }

  /** The threshold of the decision made last, 14 digits; 15 where nothing is kept. */
  public get threshold(): string {
    return hexOf(this.policy.threshold);
  }

  private gather(bytes: Uint8Array, trace: number): void {
    const { index, facts, table: { words } } = this;
    index.read(bytes);
    for (let resource = 0; resource < index.resourceCount; resource += 1) {
      facts.readResource(bytes, index, resource);
      facts.begin(words, trace);
      for (let span = 0; span < index.spanCount; span += 1) {
        if (index.resourceOf[index.scopeOf[span]] !== resource) continue;
        facts.readSpan(bytes, index.spanBody[span], index.spanEnd[span]);
        words[trace + SPANS] += 1;
      }
      facts.end(words, trace);
    }
  }
}
