import { exportTo, policies } from './props';
import { tiersOf } from './tiers';
import { TailSamplingGateway } from '../../../src';
import { traceTable } from '../../../src/graph/checks/trace-table';
import { complaints } from '../../synthesized';

function told(numTraces: number | undefined, tracesPerSecond: number | undefined): string[] {
  const [sampler] = tiersOf((chart) => {
    new TailSamplingGateway(chart, 'sampler', { exportTo, policies, numTraces });
  });
  return traceTable({ ...sampler, tracesPerSecond }, [sampler]);
}

test('a table from which traces fall before they are decided is told', () => {
  expect(told(1000, 1000)).toEqual([
    'numTraces: must be at least 15000, for so many of 1000 new traces per second wait in each of'
    + ' 2 pods, got 1000.\n→ leave `numTraces` out.',
  ]);
});

test.each([[15_000, 1000], [1000, undefined], [undefined, 3000]])(
  'a table of %p for %p traces per second is right', (size, rate) => {
    expect(told(size, rate)).toEqual([]);
  });

test('the props say so at synthesis', () => {
  const build = (numTraces: number | undefined) => complaints((chart) => {
    new TailSamplingGateway(chart, 'sampler', {
      exportTo, policies, numTraces, expectedTracesPerSecond: 1000,
    });
  });
  expect(build(1000)).toEqual([
    expect.stringContaining('numTraces: must be at least 15000, for so many of 1000 new traces'),
  ]);
  expect(build(undefined)).toEqual([]);
});
