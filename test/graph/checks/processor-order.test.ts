import { exportTo, policies, raw } from './props';
import { CollectorImage, GatewayDeployment, Signal, TailSamplingGateway } from '../../../src';
import { complaints } from '../../synthesized';

function order(processors: string, settings = '') {
  return complaints((chart) => {
    new TailSamplingGateway(chart, 'sampler', {
      exportTo,
      policies,
      signals: [Signal.TRACES],
      image: CollectorImage.contrib('0.159.0'),
      ...raw(`${processors.includes('k8s') ? `processors: {k8s_attributes: {${settings}}}\n` : ''}`
        + `service: {pipelines: {traces: {processors: [${processors}]}}}`),
    });
  });
}

test('a limiter that does not stand first is told', () => {
  expect(order('tail_sampling, memory_limiter, batch')).toEqual([
    '[telemetry/sampler] service.pipelines.traces.processors: memory_limiter must stand first, or'
    + ' what stands before it works and holds telemetry that is refused then, got it behind'
    + ' tail_sampling. → write it at the beginning of the list.',
  ]);
});

test('who asks for the connection stands before what gathers', () => {
  expect(order('memory_limiter, tail_sampling, k8s_attributes, batch')).toEqual([
    '[telemetry/sampler] service.pipelines.traces.processors: k8s_attributes must stand before'
    + ' tail_sampling, behind which nobody knows any more by which connection telemetry came, got'
    + ' it behind. → write it behind memory_limiter, or give it a pod_association by an attribute.',
  ]);
});

test.each([
  ['memory_limiter, k8s_attributes, tail_sampling, batch', ''],
  ['memory_limiter, tail_sampling, k8s_attributes, batch',
    'pod_association: [{sources: [{from: resource_attribute, name: k8s.pod.ip}]}]'],
  ['memory_limiter, tail_sampling, k8s_attributes, batch',
    'pod_association: [{sources: [{from: resource_attribute, name: k8s.pod.uid}]},'
    + ' {sources: [{from: connection}]}]'],
  ['memory_limiter, tail_sampling, batch', ''],
])('%s with %j is in order', (processors, settings) => {
  expect(order(processors, settings)).toEqual([]);
});

test('a limiter that an override took out of a pipeline is told', () => {
  expect(pipelines('service: {pipelines: {traces: {processors: [batch]}}}')).toEqual([
    '[telemetry/gateway] service.pipelines.traces.processors: must begin with memory_limiter, or'
    + ' what comes in here is taken until the pod is killed, got batch. → write it at the beginning'
    + ' of the list; for a tier without any limiter write processors: {memory_limiter: null} in'
    + ' `config`.',
  ]);
});

function pipelines(yaml: string) {
  return complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', {
      exportTo,
      signals: [Signal.TRACES, Signal.LOGS],
      image: CollectorImage.contrib('0.159.0'),
      ...raw(yaml),
    });
  });
}

test.each([
  ['there is no limiter in the tier', 0, 'processors: {memory_limiter: null}'],
  ['a pipeline is behind a connector', 0, `
connectors: {forward: {}}
service:
  pipelines:
    traces: {exporters: [forward]}
    traces/out: {receivers: [forward], processors: [batch], exporters: [otlp_grpc/store]}
`],
  ['a pipeline was added without one', 1, `
receivers: {file_log: {include: [/var/log/x]}}
service: {pipelines: {logs/x: {receivers: [file_log], exporters: [otlp_grpc/store]}}}
`],
])('where %s %i are told', (_, times, yaml) => {
  expect(pipelines(yaml)).toHaveLength(times);
});
