import { exportTo, policies, raw } from './props';
import { tiersOf } from './tiers';
import { CollectorImage, Scaling, TailSamplingGateway } from '../../../src';
import { splitByChanges } from '../../../src/graph/checks/split-by-changes';

const contrib = CollectorImage.contrib('0.159.0');

function saidOf(props: object): string[] {
  const [sampler] = tiersOf((chart) => {
    new TailSamplingGateway(chart, 'sampler', { exportTo, policies, ...props });
  });
  return splitByChanges(sampler, [sampler]);
}

test.each([
  ['are to be one', { tracePeers: true }], ['nothing was said of', {}],
])('samplers that %s and have an image of upstream are told of', (_, props) => {
  expect(saidOf({ ...props, image: contrib })).toEqual([
    'tracePeers: pods are one sampler with the image of this package only, got'
    + ' otel/opentelemetry-collector-contrib:0.159.0: senders route by trace id, and traces that'
    + ' are open while the number of pods changes or a roll-out is under way may be split.'
    + '\n→ use CollectorImage.runtime(), or give `tracePeers` false to be told no more.',
  ]);
});

test('so are those whose sampler does not name the pool', () => {
  expect(saidOf(raw('processors: {tail_sampling: {peers: null}}'))).toEqual([
    expect.stringMatching(/^tracePeers: .* where their sampler names a pool, got none in `peers`/),
  ]);
});

test.each([
  ['they are not to be one', { tracePeers: false, image: contrib }],
  ['there is one pod', { image: contrib, scaling: Scaling.fixed(1) }],
  ['there is one pod that was to be a pool', {
    tracePeers: true, image: contrib, scaling: Scaling.fixed(1),
  }],
  ['they are one', { tracePeers: true }],
  ['a variable may name the pool', raw('processors: {tail_sampling: {peers: "${env:POOL}"}}')],
])('nothing is said where %s', (_, props) => {
  expect(saidOf(props)).toEqual([]);
});
