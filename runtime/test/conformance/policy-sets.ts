/**
 * Configurations of the tail sampler, made at random, the same ones in every run.
 *
 * What limits keeps a trace or not by what it kept before, and upstream decides about the traces of
 * a tick in the order of a Go map. So in most sets limiters keep traces by their size alone: they
 * fill at once, and no trace that is larger than the bucket is kept. With trace states limits go by
 * randomness, and then by any rate. Where all traces are of one size, the number that is kept is
 * known although it is not known which.
 */
import type { RandomChoices } from './random-choices';

/** A policy, or a part of it, as it is written in a configuration. */
export type Policy = Readonly<Record<string, unknown>> & {
  readonly name: string;
  readonly type: string;
};

/** One tail sampler. */
export interface PolicySet {
  /** Its name behind the slash. */
  readonly name: string;
  /** Its configuration, but for what is on in all. */
  readonly config: Readonly<Record<string, unknown>> & { readonly policies: readonly Policy[] };
}

type Maker = (choose: RandomChoices) => Readonly<Record<string, unknown>>;

/** So fast that the bucket is full again for each trace. */
const AT_ONCE = 1_000_000_000_000;

const SIMPLE: Readonly<Record<string, Maker>> = {
  always_sample: () => ({}),
  latency: (choose) => ({
    threshold_ms: choose.one([0, 5, 20, 60, 150]),
    ...choose.chance(0.4) && { upper_threshold_ms: choose.one([160, 200, 300, 5000]) },
  }),
  numeric_attribute: (choose) => {
    const key = choose.one(['http.status_code', 'tier', 'retries', 'cache.hit', 'nowhere']);
    const min = choose.one(key === 'http.status_code'
      ? [200, 400, 500] : [-2, 1, 3, 2 ** 53 - 100]);
    const bounds = choose.one([
      { min_value: min }, { max_value: min }, { min_value: min, max_value: min + 99 },
    ]);
    return { key, ...bounds, ...choose.chance(0.3) && { invert_match: true } };
  },
  probabilistic: (choose) => ({
    sampling_percentage: choose.one([0, 0.1, 5, 25, 50, 73.3, 99.9, 100]),
    ...choose.chance(0.3) && { hash_salt: choose.one(['tier-1', 'ü']) },
  }),
  status_code: (choose) => ({
    status_codes: choose.some(['OK', 'ERROR', 'UNSET'], choose.whole(1, 2)),
  }),
  string_attribute: (choose) => {
    const isPattern = choose.chance(0.4);
    const patterns = [
      '^/pay', 'o', 'cart$', '[0-9]+', '(?i)SHOP', 'pro.', '', '^..$', '^.+$', '\\s', '[^a-z]',
      '\\pL',
    ];
    const texts = ['7', 'ü', 'shop', 'cart', 'prod', 'dev', '/pay', '/cart', '500', 'true', ''];
    return {
      key: choose.one(['service.name', 'env', 'route', 'http.status_code', 'canary', 'nowhere']),
      values: choose.some(isPattern ? patterns : texts, choose.whole(1, 3)),
      ...isPattern && { enabled_regex_matching: true },
      ...isPattern && choose.chance(0.5) && { cache_max_size: choose.whole(1, 20) },
      ...choose.chance(0.3) && { invert_match: true },
    };
  },
  boolean_attribute: (choose) => ({
    key: choose.one(['cache.hit', 'canary', 'env', 'nowhere']),
    value: choose.chance(0.5),
    ...choose.chance(0.3) && { invert_match: true },
  }),
  trace_state: (choose) => ({
    key: choose.one(['vendor', 'other', 'ot', 'nowhere']),
    values: choose.some(['a', 'b', 'c', 'th:8', 'x', 'a;b'], choose.whole(1, 3)),
  }),
  trace_flags: () => ({}),
  span_count: (choose) => {
    const min = choose.whole(0, 8);
    return { min_spans: min, ...choose.chance(0.4) && { max_spans: min + choose.whole(0, 4) } };
  },
  rate_limiting: (choose) => ({
    spans_per_second: AT_ONCE, burst_capacity: choose.whole(1, 10),
  }),
  bytes_limiting: (choose) => ({
    bytes_per_second: AT_ONCE, burst_capacity: choose.whole(100, 1600),
  }),
};

/** The same, at rates that are spent within a tick. */
const SPENT: Readonly<Record<string, Maker>> = {
  rate_limiting: (choose) => ({
    spans_per_second: choose.whole(1, 60), burst_capacity: choose.one([0, 10, 40, 150]),
  }),
  bytes_limiting: (choose) => ({
    bytes_per_second: choose.whole(1, 6000), burst_capacity: choose.one([0, 2000, 9000, 20_000]),
  }),
};

/** Policies that need to see all of a trace. */
function needsAll(policy: unknown): boolean {
  const text = JSON.stringify(policy);
  return /upper_threshold_ms|max_spans|_limiting/.test(text);
}

function hasRates(policies: readonly Policy[]): boolean {
  return isLimited(policies) || JSON.stringify(policies).includes('"composite"');
}

function isLimited(policies: readonly Policy[]): boolean {
  return JSON.stringify(policies).includes('_limiting');
}

class SetMaker {
  public constructor(
    private readonly choose: RandomChoices,
    /** Whether limits go by randomness, so that any rate can be foreseen. */
    private readonly byRandomness: boolean,
  ) {}

  public policies(): Policy[] {
    const count = this.choose.whole(1, 5);
    return Array.from({ length: count }, (_, at) => this.policy(`p${at}`));
  }

  private policy(name: string): Policy {
    const { choose } = this;
    const kind = choose.whole(0, 99);
    if (kind < 60) return this.simple(name);
    if (kind < 74) return { name, type: 'and', and: { and_sub_policy: this.inner(name, true) } };
    if (kind < 82) return this.not(name);
    if (kind < 92) return { name, type: 'drop', drop: { drop_sub_policy: this.inner(name) } };
    return this.composite(name);
  }

  /** Randomness decides where a limit stands alone, or inside of what stands alone. */
  private simple(name: string, isByTick = true): Policy {
    const { choose } = this;
    const type = choose.one(Object.keys(SIMPLE));
    const isSpent = this.byRandomness && isByTick && type in SPENT;
    const settings = (isSpent ? SPENT : SIMPLE)[type](choose);
    return { name, type, ...Object.keys(settings).length > 0 && { [type]: settings } };
  }

  private not(name: string): Policy {
    return { name, type: 'not', not: { not_sub_policy: this.simple(`${name}-not`, false) } };
  }

  private inner(name: string, isByTick = false): Policy[] {
    const { choose } = this;
    return Array.from({ length: choose.whole(1, 3) }, (_, at) => choose.chance(0.2)
      ? this.not(`${name}-${at}`) : this.simple(`${name}-${at}`, isByTick));
  }

  private composite(name: string): Policy {
    const { choose } = this;
    const parts = Array.from({ length: choose.whole(1, 3) }, (_, at): Policy => (
      choose.chance(0.25)
        ? {
          name: `part${at}`,
          type: 'and',
          and: { and_sub_policy: [this.simple('x', false), this.simple('y', false)] },
        }
        : this.simple(`part${at}`, false)));
    // A share has room for all traces of a second or for none: what is between, one counts.
    const total = choose.one([0, 100_000]);
    return {
      name,
      type: 'composite',
      composite: {
        max_total_spans_per_second: total,
        policy_order: choose.shuffled(parts.map((part) => part.name)),
        composite_sub_policy: parts,
        rate_allocation: choose.some(parts, choose.whole(0, parts.length))
          .map((part) => ({ policy: part.name, percent: choose.one([0, 20, 50, 120]) })),
      },
    };
  }
}

const ALL_REMEMBERED = { sampled_cache_size: 1000, non_sampled_cache_size: 1000 };
const NOTHING_REMEMBERED = { sampled_cache_size: 0, non_sampled_cache_size: 0 };

/** Sets for traces that differ. Gates that upstream has are keys here, and not written. */
export function mixedSets(
  choose: RandomChoices, count: number, { gated }: { readonly gated: boolean },
): PolicySet[] {
  const maker = new SetMaker(choose, gated);
  return Array.from({ length: count }, (_, at) => {
    const policies = maker.policies();
    const isIngest = !policies.some(needsAll) && choose.chance(0.35);
    return {
      name: `${gated ? 'gated' : 'mixed'}${at}`,
      config: {
        decision_cache: choose.one([
          NOTHING_REMEMBERED, NOTHING_REMEMBERED, ALL_REMEMBERED,
          { ...NOTHING_REMEMBERED, sampled_cache_size: 1000 },
          { ...NOTHING_REMEMBERED, non_sampled_cache_size: 1000 },
        ]),
        ...choose.chance(0.2) && { sample_on_first_match: true },
        ...choose.chance(0.15) && { maximum_trace_size_bytes: choose.whole(150, 2000) },
        // Two ticks would be told apart by how much a limit has filled between them.
        ...!(gated && isLimited(policies)) && choose.chance(0.15)
          && { decision_wait_after_root_received: '3s' },
        // Shards share limits among them, which ours do not.
        ...choose.chance(0.2) && { num_shards: hasRates(policies) ? 1 : choose.whole(1, 5) },
        ...isIngest && { sampling_strategy: 'span-ingest' },
        policies,
      },
    };
  });
}

/** Sets for traces of one size, with limits that are spent in the midst of a tick. */
export function countedSets(choose: RandomChoices, count: number, spans: number): PolicySet[] {
  const ofKind = (name: string): Policy => ({
    name,
    type: 'string_attribute',
    string_attribute: { key: 'kind', values: choose.some([...'abcd'], choose.whole(1, 3)) },
  });
  const limit = (name: string): Policy => choose.chance(0.5) ? {
    name,
    type: 'rate_limiting',
    rate_limiting: { spans_per_second: 1, burst_capacity: choose.whole(0, 25 * spans) },
  } : {
    name,
    type: 'bytes_limiting',
    bytes_limiting: { bytes_per_second: 1, burst_capacity: choose.whole(100, 9000) },
  };
  const shares = (name: string): Policy => {
    const parts = Array.from({ length: choose.whole(1, 3) }, (_, at) => ofKind(`part${at}`));
    return {
      name,
      type: 'composite',
      composite: {
        max_total_spans_per_second: choose.whole(4, 40 * spans),
        composite_sub_policy: parts,
        rate_allocation: choose.some(parts, choose.whole(0, parts.length))
          .map((part) => ({ policy: part.name, percent: choose.whole(0, 110) })),
      },
    };
  };
  const policy = (): Policy => choose.one([
    () => limit('p0'),
    () => ({ name: 'p0', type: 'and', and: { and_sub_policy: [ofKind('kind'), limit('limit')] } }),
    () => ({
      name: 'p0', type: 'drop', drop: { drop_sub_policy: [ofKind('kind'), limit('limit')] },
    }),
    () => shares('p0'),
    () => shares('p0'),
  ])();
  return Array.from({ length: count }, (_, at) => {
    const [first, all] = [policy(), { name: 'all', type: 'always_sample' }];
    return {
      name: `counted${at}`,
      config: {
        decision_cache: NOTHING_REMEMBERED,
        policies: first.type === 'drop' ? [first, all] : [first],
      },
    };
  });
}

/** Sets with less room than there are traces. */
export function crowdedSets(choose: RandomChoices, count: number, traces: number): PolicySet[] {
  const maker = new SetMaker(choose, false);
  return Array.from({ length: count }, (_, at) => ({
    name: `crowded${at}`,
    config: {
      num_traces: choose.whole(1, traces + 3),
      decision_cache: choose.one([NOTHING_REMEMBERED, ALL_REMEMBERED]),
      policies: maker.policies(),
    },
  }));
}
