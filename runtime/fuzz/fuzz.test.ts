/** A short form of `npm run fuzz`: the same targets, a few thousand inputs each. */
import { runCampaign, type FuzzTarget } from './campaign';
import { Mutator } from './mutator';
import { fuzzTargets } from './targets';
import { mustHold } from './targets/requests';

const INPUTS_PER_WEIGHT = 100;
const SEED = 20_261_127;
const never = { seed: SEED, from: 0, longestMs: Infinity };

function target(decode: (input: Uint8Array) => boolean): FuzzTarget {
  return { name: 'played', seeds: [Buffer.from('abc')], weight: 1, decode };
}

test('every decoder ends every changed input in a value or a refusal', async () => {
  for (const one of await fuzzTargets()) {
    const inputs = Math.ceil(one.weight * INPUTS_PER_WEIGHT);
    const { findings, taken, refused } = await runCampaign(one, { ...never, inputs });
    expect([one.name, findings]).toEqual([one.name, []]);
    expect(taken + refused).toBe(inputs);
  }
});

test('every target takes what it is made from', async () => {
  for (const one of await fuzzTargets()) {
    const taken = await Promise.all(one.seeds.map((seed) => one.decode(seed)));
    expect([one.name, taken.includes(true)]).toEqual([one.name, true]);
  }
});

test('an input is the same whenever it is asked for, and another one under another seed', () => {
  const seeds = [Buffer.from('some bytes that are changed'), Buffer.from('and others')];
  const texts = (campaign: number): string[] => Array.from({ length: 200 }, (_, index) =>
    Buffer.from(new Mutator(seeds, campaign).input(index)).toString('hex'));
  expect(texts(1)).toEqual(texts(1));
  expect(texts(1)).not.toEqual(texts(2));
  expect(new Set(texts(1)).size).toBeGreaterThan(100);
  expect(seeds.map(String)).toEqual(['some bytes that are changed', 'and others']);
});

test('a decoder that fails otherwise, decodes wrongly or is slow is found', async () => {
  const broken = await runCampaign(target(() => { throw new TypeError('x is not a function'); }),
    { ...never, inputs: 10 });
  expect(broken.findings.length).toBeGreaterThan(0);
  expect(broken.findings[0].what).toContain('x is not a function');
  const wrong = await runCampaign(target((input) => {
    mustHold(input.length < 0, 'must be empty', input.length);
    return true;
  }), { ...never, inputs: 10 });
  expect(wrong.findings[0].what).toContain('must be empty, got');
  const slow = await runCampaign(target(() => true), { ...never, inputs: 10, longestMs: -1 });
  expect(slow.findings[0].what).toContain('must take at most -1 ms');
});
