import { Duration, type Chart } from 'cdk8s';
import { exportTo, policies, raw } from './props';
import {
  CollectorImage, GatewayDeployment, Scaling, Signal, TailSamplingGateway, type ScalingPace,
} from '../../../src';
import { complaints } from '../../synthesized';

function sampler(
  scaleDown: ScalingPace | undefined, decisionWait = Duration.seconds(30), tracePeers = false,
) {
  return complaints((chart: Chart) => {
    new TailSamplingGateway(chart, 'sampler', {
      exportTo,
      policies,
      decisionWait,
      tracePeers,
      scaling: Scaling.horizontal({ max: 9, scaleDown }),
    });
  });
}

function pace(period: number, window: number): ScalingPace {
  return {
    pods: 1, period: Duration.seconds(period), stabilizationWindow: Duration.seconds(window),
  };
}

test('a pool that shrinks faster than traces are decided is told', () => {
  expect(sampler(pace(10, 60))).toEqual([
    '[telemetry/sampler] scaling: must take pods away no faster than processors.tail_sampling lets'
    + ' go of what it holds (decision_wait: 30 s), got 1 in 10 s after 60 s of less load. → give'
    + ' `scaleDown` a period and a stabilization window of 30 s or more, or leave it out.',
  ]);
  expect(sampler(pace(60, 10))).toHaveLength(1);
});

test.each([
  ['the pace is slow enough', pace(30, 30), Duration.seconds(30)],
  ['no pace is given', undefined, Duration.minutes(5)],
  ['pods hand over what they hold', pace(10, 10), Duration.seconds(30), true],
  ['pods hand over and no pace is given', undefined, Duration.minutes(5), true],
])('nothing is said where %s', (_, scaleDown, wait, isPool = false) => {
  expect(sampler(scaleDown, wait, isPool)).toEqual([]);
});

function gateway(type: string, settings: string, scaling: Scaling) {
  return complaints((chart: Chart) => {
    new GatewayDeployment(chart, 'gateway', {
      exportTo,
      scaling,
      signals: [Signal.TRACES],
      image: CollectorImage.contrib('0.159.0'),
      ...raw(`processors: {${type}: ${settings}}\nservice: {pipelines: {traces: {processors:`
        + ` [memory_limiter, ${type}, batch]}}}`),
    });
  });
}

test('what other processors hold counts, too', () => {
  const scaling = Scaling.horizontal({ max: 5 });
  expect(gateway('group_by_trace', '{wait_duration: 2m}', scaling)).toEqual([
    expect.stringContaining('than processors.group_by_trace lets go of what it holds'
      + ' (wait_duration: 120 s), got 1 in 60 s'),
  ]);
  expect(gateway('group_by_trace', '{wait_duration: 10s}', scaling)).toEqual([]);
  expect(gateway('group_by_trace', '{wait_duration: 2m}', Scaling.fixed(5))).toEqual([]);
});

test('samplers that are replaced with a surge split traces', () => {
  const settings = '{policies: [{name: all, type: always_sample}]}';
  expect(gateway('tail_sampling', settings, Scaling.fixed(2))).toEqual([
    '[telemetry/gateway] processors.tail_sampling: must stand in pods that are replaced one by one,'
    + ' or every roll-out splits traces twice, got a Deployment with a surge. → use a'
    + ' TailSamplingGateway.',
  ]);
  expect(gateway('tail_sampling', settings, Scaling.fixed(1))).toEqual([]);
});
