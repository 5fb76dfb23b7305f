/**
 * Gives each of several policies its share of a number of spans per second.
 *
 * As upstream, the first policy that keeps a trace decides about it: the trace is kept if the
 * policy's share of this second has room for its spans. `fair` is ours: what one policy leaves of
 * its share the others may spend in the second after, and a trace that its first policy cannot pay
 * for is offered to the next one.
 */
import { NOT_SAMPLED, SAMPLED, type Policy, type PolicyFactory } from './policy';
import type { Clock } from '../../../clock';
import type { CompositePolicySettings } from '../../../config';
import { ALWAYS } from '../../../otlp/sampling-threshold';
import { SPANS } from '../trace-table';

const SECOND = 1000;
const PERCENT = 100;

/** A policy inside, and what it may spend. */
interface Part {
  readonly policy: Policy;
  /** Spans per second. */
  readonly share: number;
  /** Spans that it kept in this second or, where it is fair, that it may still keep. */
  spans: number;
}

abstract class Composite implements Policy {
  public readonly threshold = ALWAYS;
  public keptBy = 0;
  public readonly parts: readonly string[];
  protected readonly list: readonly Part[];

  public constructor(
    protected readonly settings: CompositePolicySettings,
    policies: readonly Policy[],
    protected readonly clock: Clock,
  ) {
    this.parts = settings.compositeSubPolicy.map(({ name }) => name);
    this.list = policies.map((policy, i) =>
      ({ policy, share: shareOf(settings, this.parts[i]), spans: 0 }));
  }

  public abstract decide(words: Int32Array, trace: number): number;
}

/** Spans per second of the policy named `name`. An equal share is that of whom none is given. */
function shareOf(settings: CompositePolicySettings, name: string): number {
  const { maxTotalSpansPerSecond: total, rateAllocation, compositeSubPolicy } = settings;
  const percent = rateAllocation.filter(({ policy }) => policy === name).at(-1)?.percent ?? 0;
  return Math.trunc(percent > 0 ? percent / PERCENT * total : total / compositeSubPolicy.length);
}

class UpstreamComposite extends Composite {
  private second = 0;

  public decide(words: Int32Array, trace: number): number {
    const second = Math.floor(this.clock.now() / SECOND);
    if (second !== this.second) {
      this.second = second;
      for (const part of this.list) part.spans = 0;
    }
    for (let i = 0; i < this.list.length; i += 1) {
      const part = this.list[i];
      if (part.policy.decide(words, trace) !== SAMPLED) continue;
      const spans = part.spans + words[trace + SPANS];
      if (spans > part.share || spans > this.settings.maxTotalSpansPerSecond) return NOT_SAMPLED;
      part.spans = spans;
      this.keptBy = i;
      return SAMPLED;
    }
    return NOT_SAMPLED;
  }
}

/** Each share fills a bucket of one second's length; what runs over is there for all. */
class FairComposite extends Composite {
  private readonly total: number;
  /** Part of its share that each policy gets, where the shares are more than all there is. */
  private readonly scale: number;
  /** Spans per second that are nobody's. */
  private readonly unshared: number;
  private pool = 0;
  private at: number;
  private readonly order: readonly number[];

  public constructor(
    settings: CompositePolicySettings, policies: readonly Policy[], clock: Clock,
  ) {
    super(settings, policies, clock);
    this.total = settings.maxTotalSpansPerSecond;
    const shared = this.list.reduce((sum, { share }) => sum + share, 0);
    this.scale = shared > this.total ? this.total / shared : 1;
    this.unshared = Math.max(0, this.total - shared);
    this.pool = this.unshared;
    this.at = clock.monotonic();
    for (const part of this.list) part.spans = part.share * this.scale;
    this.order = orderOf(settings, this.parts);
  }

  public decide(words: Int32Array, trace: number): number {
    this.fill();
    const wanted = words[trace + SPANS];
    for (const i of this.order) {
      const part = this.list[i];
      // Policies that limit spend when they are asked, so whoever cannot pay is not.
      if (part.spans + this.pool < wanted) continue;
      if (part.policy.decide(words, trace) !== SAMPLED) continue;
      const own = Math.min(part.spans, wanted);
      part.spans -= own;
      this.pool -= wanted - own;
      this.keptBy = i;
      return SAMPLED;
    }
    return NOT_SAMPLED;
  }

  private fill(): void {
    const now = this.clock.monotonic();
    const seconds = (now - this.at) / SECOND;
    if (seconds === 0) return;
    this.at = now;
    this.pool += this.unshared * seconds;
    for (const part of this.list) {
      const most = part.share * this.scale;
      const filled = part.spans + most * seconds;
      part.spans = Math.min(most, filled);
      this.pool += filled - part.spans;
    }
    this.pool = Math.min(this.pool, this.total);
  }
}

/** Those that `policy_order` names, then the others, each as often as it is there. */
function orderOf({ policyOrder }: CompositePolicySettings, names: readonly string[]): number[] {
  const rank = (name: string): number => {
    const place = policyOrder.indexOf(name);
    return place < 0 ? policyOrder.length : place;
  };
  return names.map((_, i) => i).sort((a, b) => rank(names[a]) - rank(names[b]) || a - b);
}

/** Keeps traces up to a number of spans per second, of which each of its policies has a share. */
export const composite: PolicyFactory<'composite'> = (settings, { create, clock }) => {
  const { composite: own } = settings;
  const policies = own.compositeSubPolicy.map(create);
  return own.fair
    ? new FairComposite(own, policies, clock)
    : new UpstreamComposite(own, policies, clock);
};
