import type { Chart } from 'cdk8s';
import { exportTo, policies, raw } from './props';
import { CollectorImage, GatewayDeployment, TailSamplingGateway } from '../../../src';
import { complaints } from '../../synthesized';

function sharded(version: string) {
  return complaints((chart: Chart) => {
    new TailSamplingGateway(chart, 'sampler', {
      exportTo,
      policies,
      image: CollectorImage.contrib(version),
      ...raw('processors: {tail_sampling: {num_shards: 4}}'),
    });
  });
}

test('a setting that came later is told, once', () => {
  expect(sharded('0.150.0')).toEqual([
    expect.stringMatching(
      /^\[telemetry\/sampler\] processors\.tail_sampling\.num_shards: .*0\.159.*0\.150\.0.* → /),
  ]);
});

test('a version that has it says nothing', () => {
  expect(sharded('0.159.0')).toEqual([]);
});

function resource(type: string, version: string) {
  return complaints((chart: Chart) => {
    new GatewayDeployment(chart, 'gateway', {
      exportTo,
      image: CollectorImage.contrib(version),
      ...raw(`processors: {${type}: {detectors: [env]}}\n`
        + `service: {pipelines: {traces: {processors: [memory_limiter, ${type}, batch]}}}`),
    });
  });
}

test('a component under a name that the version does not know yet is told', () => {
  const old = resource('resourcedetection', '0.130.0');
  expect(old).toEqual([]);
  expect(resource('resource_detection', '0.130.0')).toEqual([
    expect.stringContaining('processors.resource_detection: is named resourcedetection before'),
  ]);
});
