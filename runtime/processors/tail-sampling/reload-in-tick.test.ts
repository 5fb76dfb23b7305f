/** Policies that are replaced at every moment of a tick, while its traces are being decided. */
import { FakeClock } from '../../testing/fake-clock';
import { tailSettings, type RawConfig } from '../../testing/oracle-traces';
import { running } from '../../testing/tail-sampler';

const SPANS = 2;
const TRACES = 200;
/** Turns of the event loop in which a tick of so many traces is over. */
const TURNS = 20;
const GLOBAL = 'otelcol_processor_tail_sampling_global_count_traces_sampled';
const ALL = { name: 'all', type: 'always_sample' };
const NONE = { name: 'none', type: 'probabilistic', probabilistic: { sampling_percentage: 0 } };
const RATE = (spans: number) => ({
  name: 'rate', type: 'rate_limiting', rate_limiting: { spans_per_second: spans },
});
const DROP = {
  name: 'no-x',
  type: 'drop',
  drop: {
    drop_sub_policy: [{
      name: 'x', type: 'string_attribute', string_attribute: { key: 'x', values: ['yes'] },
    }],
  },
};

/** Time goes on by more than a slice whenever somebody looks: slices are as short as may be. */
class PassingClock extends FakeClock {
  private passed = 0;

  public override monotonic(): number {
    this.passed += 9;
    return super.monotonic() + this.passed;
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => { setImmediate(resolve); });
}

/** Decides many traces, and replaces `before` by `after` so many turns after the tick began. */
async function reloadedIn(turns: number, config: RawConfig, before: object[], after: object[]) {
  const clock = new PassingClock();
  const wait = { decision_wait: '1s', ...config };
  const { context, sampler, give, sent } = await running(
    { ...wait, policies: before }, 'tail_sampling', clock);
  await clock.advance(500);
  for (let at = 0; at < TRACES; at += 1) {
    const attributes: Record<string, string> = at % 4 === 0 ? { x: 'yes' } : {};
    give(Array.from({ length: SPANS }, () => ({ trace: `t${at}`, attributes })));
  }
  await clock.advance(1000);
  expect(sent()).toEqual([]);
  const ticking = clock.advance(1000);
  for (let i = 0; i < turns; i += 1) await turn();
  sampler.reconfigure?.(tailSettings({ ...wait, policies: after }))();
  for (let i = turns; i < TURNS; i += 1) await turn();
  await ticking;
  const traces = sent();
  const decided = ['true', 'false'].reduce((sum, sampled) =>
    sum + (context.metrics.value(GLOBAL, { sampled }) ?? 0), 0);
  const names = [...new Set(traces)];
  return { clock, sampler, give, sent, traces, names, decided, context };
}

test.each([
  ['no limit', [ALL]], ['a limit that nothing reaches', [RATE(1000)]],
])('a limit that replaces %s is told of all that is left of the tick', async (_, policies) => {
  const moments = new Set<number>();
  for (let turns = 0; turns < TURNS; turns += 1) {
    const { names, sampler } = await reloadedIn(
      turns, { usetracestate: true }, policies, [DROP, RATE(60)]);
    const kept = names.map((name) => Number(name.slice(1))).sort((one, other) => one - other);
    // Those with `x` are kept by the policies before, and with them all that stood before them.
    const before = 1 + Math.max(-1, ...kept.filter((at) => at % 4 === 0));
    expect([turns, kept.slice(0, before)]).toEqual(
      [turns, [...Array(before).keys()]]);
    // A limit lets twice of what it is go at once; three more may be of the policies before.
    expect(kept.length - before).toBeLessThanOrEqual(2 * 60 / SPANS + 3);
    moments.add(before);
    await sampler.stop();
  }
  expect(moments.size).toBeGreaterThan(6);
});

const MOMENTS = Array.from({ length: TURNS }, (_, turns) => turns);
const WAYS: [string, RawConfig, object[], object[]][] = [
  ['that keep all by such that keep none', {}, [ALL], [NONE]],
  ['that keep none by such that keep all', {}, [NONE], [ALL]],
  ['without a budget by a limit', { usetracestate: true }, [ALL], [DROP, RATE(60)]],
  ['with a limit by such without a budget', { usetracestate: true }, [DROP, RATE(60)], [NONE]],
  ['with a limit by another limit', { usetracestate: true }, [RATE(60)], [DROP, RATE(90)]],
];

describe.each(WAYS)('policies %s', (_, config, before, after) => {
  test('decide each trace once and as a whole, whenever they are replaced', async () => {
    const kept = new Set<number>();
    for (const turns of MOMENTS) {
      const reloaded = await reloadedIn(turns, config, before, after);
      const { clock, sampler, give, sent, traces, names, decided, context } = reloaded;
      expect([turns, decided]).toEqual([turns, TRACES]);
      expect(traces).toHaveLength(names.length * SPANS);
      expect(context.metrics.value('otelgw_tail_sampling_held_spans')).toBe(0);
      kept.add(names.length);
      give([{ trace: 'next' }]);
      await clock.advance(3000);
      const isKept = !after.includes(NONE);
      expect([turns, sent()]).toEqual([turns, isKept ? ['next'] : []]);
      await sampler.stop();
    }
    // At some of these moments the tick was under way.
    expect(kept.size).toBeGreaterThan(2);
  });
});
