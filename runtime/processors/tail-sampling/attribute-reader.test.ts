import { running } from '../../testing/tail-sampler';

const asks = (key: string, value: string): object => ({
  name: `${key}=${value}`, type: 'string_attribute', string_attribute: { key, values: [value] },
});

/** Names of one length, most of them with the same last letter. */
const POLICIES = ['shape', 'share', 'stone', 'plate', 'plates', 'words', 'state']
  .map((key) => asks(key, 'yes'));

test.each([
  ['shape', 'yes', true], ['share', 'yes', true], ['stone', 'yes', true], ['plate', 'yes', true],
  ['plates', 'yes', true], ['words', 'yes', true], ['state', 'yes', true],
  ['scale', 'yes', false], ['plat', 'yes', false], ['platess', 'yes', false], ['', 'yes', false],
  ['shape', 'yet', false], ['share', '', false], ['words', `yes${'x'.repeat(300)}`, false],
])('a span with %s: %s is kept: %s', async (key, value, isKept) => {
  const sampler = await running({ decision_wait: '1s', policies: POLICIES });
  sampler.give([{ trace: 'a', attributes: { 'another.name': 'yes', [key]: value } }]);
  await sampler.context.clock.advance(3000);
  expect(sampler.sent()).toEqual(isKept ? ['a'] : []);
  await sampler.sampler.stop();
});

test.each([
  ['exactly', ['x'.repeat(130)], 'x'.repeat(130), true],
  ['exactly', ['x'.repeat(130)], `${'x'.repeat(129)}y`, false],
  ['exactly', ['ab', 'abcd', 'abcdefgh'], 'abcdefgh', true],
  ['exactly', ['ab', 'abcd', 'abcdefgh'], 'abcdefgi', false],
])('a text is compared %s, whatever its length', async (_how, values, value, isKept) => {
  const sampler = await running({
    decision_wait: '1s',
    policies: [{ name: 'one', type: 'string_attribute', string_attribute: { key: 'k', values } }],
  });
  sampler.give([{ trace: 'a', attributes: { k: value } }]);
  await sampler.context.clock.advance(3000);
  expect(sampler.sent()).toEqual(isKept ? ['a'] : []);
  await sampler.sampler.stop();
});
