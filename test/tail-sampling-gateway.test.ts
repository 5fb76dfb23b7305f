import { Duration, Size } from 'cdk8s';
import { synthesized } from './synthesized';
import {
  AgentDaemonSet, Backend, CollectorConfigOverrides, CollectorImage, Discovery, SamplingPolicy,
  Scaling, Signal, StatusCode, TailSamplingGateway,
} from '../src';

const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];
const policies = [SamplingPolicy.statusCode('errors', { statusCodes: [StatusCode.ERROR] })];

/** Samplers that know nothing of each other. */
function sampler(props: object = {}) {
  return synthesized((chart) => {
    const target = new TailSamplingGateway(chart, 'sampler', {
      exportTo, policies, tracePeers: false, ...props,
    });
    new AgentDaemonSet(chart, 'agent', { forwardTo: target });
  });
}

test('is a StatefulSet whose pods have names under its headless Service', () => {
  const objects = sampler({ scaling: Scaling.fixed(3) });
  const { serviceName, replicas } = objects.get('StatefulSet', 'sampler').spec;
  expect([serviceName, replicas]).toEqual(['sampler-headless', 3]);
  expect(objects.get('Service', serviceName).spec.clusterIP).toBe('None');
});

test('samples traces after the memory limiter and before the batch, and nothing else', () => {
  const { pipelines } = sampler().configOf('sampler').service;
  expect(pipelines.traces.processors).toEqual(['memory_limiter', 'tail_sampling', 'batch']);
  expect(pipelines.metrics.processors).toEqual(['memory_limiter', 'batch']);
  expect(pipelines.logs.processors).toEqual(['memory_limiter', 'batch']);
});

test.each([
  [{}, { num_traces: 50_000 }],
  [{ expectedTracesPerSecond: 4000, decisionWait: Duration.seconds(30) },
    { num_traces: 120_000, expected_new_traces_per_sec: 2000 }],
  [{ expectedTracesPerSecond: 100 }, { num_traces: 50_000, expected_new_traces_per_sec: 50 }],
  [{ numTraces: 7000 }, { num_traces: 7000 }],
])('%j makes room for traces: %j', (props, expected) => {
  const { tail_sampling: written } = sampler({ memory: Size.gibibytes(4), ...props })
    .configOf('sampler').processors;
  expect(written).toMatchObject(expected);
  expect(written.decision_cache).toEqual({
    sampled_cache_size: written.num_traces * 2, non_sampled_cache_size: written.num_traces * 2,
  });
});

test('waits, sizes, stress relief and policies on trial are written as they are given', () => {
  const { tail_sampling: written } = sampler({
    decisionWaitAfterRootReceived: Duration.seconds(5),
    decisionQuietPeriod: Duration.seconds(3),
    blockOnOverflow: true,
    maximumTraceSize: Size.mebibytes(8),
    maxHeldMemory: Size.mebibytes(512),
    stressRelief: { samplingPercentage: 5 },
    policies: [...policies, SamplingPolicy.dryRun(SamplingPolicy.alwaysSample('all'))],
  }).configOf('sampler').processors;
  expect(written).toMatchObject({
    decision_wait_after_root_received: '5s',
    decision_quiet_period: '3s',
    block_on_overflow: true,
    maximum_trace_size_bytes: 8_388_608,
    max_bytes: 536_870_912,
    stress_relief: { sampling_percentage: 5 },
  });
  expect(written.policies[1]).toEqual({ name: 'all', type: 'always_sample', dry_run: true });
});

test('what only the runtime has is refused for an image of upstream', () => {
  expect(() => sampler({
    image: CollectorImage.contrib('0.160.0'), maxHeldMemory: Size.mebibytes(512),
  })).toThrow('max_bytes: exists in the collector of this project only');
});

test.each([[5, 30], [10, 35], [120, 145]])(
  'with a decision wait of %i s it gets %i s to end', (wait, grace) => {
    expect(sampler({ decisionWait: Duration.seconds(wait) })
      .podOf('sampler').spec.terminationGracePeriodSeconds).toBe(grace);
  });

test('the time to end follows an override that only upstream understands', () => {
  const config = CollectorConfigOverrides.fromYaml(
    'processors: {tail_sampling: {decision_wait: 90s, block_on_overflow: true}}');
  const objects = sampler({ config, image: CollectorImage.contrib('0.159.0') });
  expect(objects.podOf('sampler').spec.terminationGracePeriodSeconds).toBe(115);
});

test.each([
  [{}, 35], [{ signals: [Signal.TRACES] }, 10],
  [{ signals: [Signal.TRACES], discovery: Discovery.DNS }, 35],
])('with %j a new pod stands for %i s before the next one is replaced', (props, seconds) => {
  const { spec } = sampler(props).get('StatefulSet', 'sampler');
  expect(spec.minReadySeconds).toBe(seconds);
});

test('senders may find its pods through DNS, without permission', () => {
  const objects = sampler({ discovery: Discovery.DNS });
  expect(objects.configOf('agent').exporters['load_balancing/sampler'].resolver).toEqual({
    dns: { hostname: 'sampler-headless.observability.svc.cluster.local', port: '4317' },
  });
  expect(objects.all.filter(({ kind }) => /Role/.test(kind))).toEqual([]);
  expect(objects.podOf('agent').spec.automountServiceAccountToken).toBe(false);
});

test.each([
  ['a sampler of ours', 'sampler', {}, ['262144']],
  ['a sampler of upstream', 'sampler', { image: CollectorImage.contrib('0.159.0') }, []],
  ['what holds no traces', 'agent', {}, []],
])('%s gives back what it held: as %s with %j it is told from how many bytes on', (
  _, tier, props, values,
) => {
  const { env } = sampler(props).podOf(tier).spec.containers[0];
  expect(env.flatMap(({ name, value }: any) => name === 'MALLOC_MMAP_THRESHOLD_' ? [value] : []))
    .toEqual(values);
});
