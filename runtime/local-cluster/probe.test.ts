import { ProbeLoop, type ProbeKind } from './probe';
import { FakeClock } from '../testing/fake-clock';

/** Runs a probe whose answers are `answers`, one per ask; the last one is repeated. */
async function run(
  kind: ProbeKind, answers: readonly boolean[], ms: number,
): Promise<{ readonly asked: number; readonly verdicts: readonly boolean[] }> {
  const clock = new FakeClock();
  const verdicts: boolean[] = [];
  let asked = 0;
  const ask = (): Promise<boolean> =>
    Promise.resolve(answers[Math.min(asked++, answers.length - 1)]);
  const probe = { periodSeconds: 10, failureThreshold: 2, initialDelaySeconds: 5 };
  const loop = new ProbeLoop(kind, probe, clock, ask, (healthy) => verdicts.push(healthy));
  loop.start();
  for (let passed = 0; passed < ms; passed += 100) {
    await clock.advance(100);
    await Promise.resolve();
  }
  loop.stop();
  return { asked, verdicts };
}

describe('a probe', () => {
  test.each([
    ['of readiness asks ten times a second until the first yes, then as the manifest says',
      'readiness', [false, false, true], 10_000, { asked: 3, verdicts: [true] }],
    ['of readiness turns after as many failures as the manifest says',
      'readiness', [true, false], 25_000, { asked: 3, verdicts: [true, false] }],
    ['of readiness does not count fast failures',
      'readiness', [false], 4_900, { asked: 50, verdicts: [] }],
    ['of liveness waits for its initial delay', 'liveness', [true], 4_900,
      { asked: 0, verdicts: [] }],
    ['of liveness turns after as many failures as the manifest says',
      'liveness', [false], 16_000, { asked: 2, verdicts: [false] }],
  ] as const)('%s', async (_what, kind, answers, ms, outcome) => {
    expect(await run(kind, answers, ms)).toEqual(outcome);
  });
});
