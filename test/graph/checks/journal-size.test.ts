import { Size } from 'cdk8s';
import { exportTo, policies, raw } from './props';
import { SamplingJournal, TailSamplingGateway } from '../../../src';
import { complaints } from '../../synthesized';

function sampler(props: object) {
  return complaints((chart) => {
    new TailSamplingGateway(chart, 'sampler', {
      exportTo,
      policies,
      memory: Size.gibibytes(4),
      expectedTracesPerSecond: 10_000,
      ...props,
    });
  });
}

test('a journal that is full before the traces that wait are in it is told', () => {
  const journal = SamplingJournal.ephemeral({ size: Size.mebibytes(1024) });
  expect(sampler({ journal })).toEqual([
    '[telemetry/sampler] processors.tail_sampling.journal.max_mib: must be 989 at least, for so'
    + ' much of 10000 traces per second over 2 pods waits in each, got 921: what does not fit is'
    + ' lost when a pod is killed. → give `journal` a `size` of Size.mebibytes(1152) or more.',
  ]);
});

test.each([
  ['it is large enough', { journal: SamplingJournal.ephemeral({ size: Size.mebibytes(1152) }) }],
  ['there is none', {}],
  ['raw configuration leaves its size to the sampler', {
    ...raw('processors: {tail_sampling: {journal: {directory: /tmp/journal}}}'),
    pod: {
      volumes: [{ name: 'tmp', emptyDir: {} }], volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
    },
  }],
  ['nobody knows how much comes', {
    journal: SamplingJournal.ephemeral({ size: Size.mebibytes(32) }),
    expectedTracesPerSecond: undefined,
  }],
])('nothing is said where %s', (_, props) => {
  expect(sampler(props)).toEqual([]);
});
