import {
  Backend, CollectorConfigOverrides, SamplingPolicy, SecretReference, TailSamplingGateway,
} from '../src';
import { complaints } from './synthesized';

function says(config: string, props: object) {
  return complaints((chart) => {
    new TailSamplingGateway(chart, 'sampler', {
      exportTo: [Backend.otlp('store', { endpoint: 'store:4317' })],
      policies: [SamplingPolicy.alwaysSample('all')],
      config: CollectorConfigOverrides.fromYaml(config),
      ...props,
    });
  });
}

const env = (value: string) => ({ pod: { env: { X: value } } });
const SECRET = { secrets: { X: SecretReference.of('limits', 'x') } };
const TRACES = 'processors: {tail_sampling: {num_traces: "${env:X}"}}';
const WAIT = 'processors: {tail_sampling: {decision_wait: "${env:X}"}}';
const ENDPOINT = 'exporters: {otlp_grpc/store: {endpoint: "${env:X}"}}';

test.each<[string, string, object]>([
  ['a number of the manifest', TRACES, env('1000')],
  ['a duration of the manifest', WAIT, env('3s')],
  ['an endpoint of the manifest', ENDPOINT, env('store:4317')],
  ['a number that a Secret holds', TRACES, SECRET],
  ['an endpoint that a Secret holds', ENDPOINT, SECRET],
  ['an endpoint of which a Secret holds the port', ENDPOINT.replace('$', 'store:$'), SECRET],
  ['a default', TRACES.replace('X', 'X:-5'), {}],
])('%s may be given by a variable', (_, config, props) => {
  expect(says(config, props)).toEqual([]);
});

test.each<[string, string, object, string]>([
  ['a number of the manifest', TRACES, env('some'),
    'num_traces: must be a whole number ≥ 0, got "some"'],
  ['a default', TRACES.replace('X', 'X:-y'), {}, 'num_traces: must be a whole number ≥ 0, got "y"'],
  ['a variable that is not set', TRACES, {}, 'num_traces: needs the environment variable X, which'],
  ['what stands beside the value of a Secret', `${TRACES.slice(0, -2)}, decision_wait: soon}}`,
    SECRET, 'decision_wait: must be a duration'],
])('%s is told where it is wrong', (_, config, props, sentence) => {
  expect(says(config, props)).toEqual([
    expect.stringContaining(`processors.tail_sampling.${sentence}`),
  ]);
});
