import { exportTo, policies, raw } from './props';
import {
  CollectorImage, GatewayDeployment, Scaling, Signal, TailSamplingGateway,
} from '../../../src';
import { NEWEST_GENERATION, routingGeneration } from '../../../src/graph/checks/ring-generations';
import { complaints } from '../../synthesized';

const IMAGES: Readonly<Record<string, CollectorImage | undefined>> = {
  'ours': CollectorImage.runtime({ tag: '1.0.0' }),
  '0.145': CollectorImage.contrib('0.145.0'),
  '0.150': CollectorImage.contrib('0.150.0'),
  '0.152': CollectorImage.contrib('0.152.0'),
  '0.156': CollectorImage.contrib('0.156.0'),
  '0.157': CollectorImage.contrib('0.157.0'),
  '0.159': CollectorImage.contrib('0.159.0'),
  'unknown': CollectorImage.custom({ image: 'registry.example.com/otelcol:7' }),
};

function routers(images: readonly string[], props: object = {}, pods = 2) {
  return complaints((chart) => {
    const forwardTo = new TailSamplingGateway(chart, 'sampler', {
      exportTo, policies, scaling: Scaling.fixed(pods),
    });
    images.forEach((name, index) => new GatewayDeployment(chart, `router-${index}`, {
      forwardTo, signals: [Signal.TRACES], image: IMAGES[name], ...props,
    }));
  });
}

test('routers of two generations choose different pods', () => {
  expect(routers(['0.156', '0.157'])).toEqual([
    '[telemetry/router-0] exporters.load_balancing/sampler: must choose the same pods of'
    + ' telemetry/sampler as telemetry/router-1 does, which runs'
    + ' otel/opentelemetry-collector-contrib:0.157.0, got'
    + ' otel/opentelemetry-collector-contrib:0.156.0 with an older way to choose: what belongs'
    + ' together would meet different pods. → give both tiers the same `image`.',
  ]);
});

test.each([
  ['0.150', 'ours'], ['ours', '0.145'],
])('%s beside %s is told once', (one, other) => {
  expect(routers([one, other])).toHaveLength(1);
});

test.each([
  ['0.157', '0.159'], ['ours', '0.159'], ['0.145', '0.156'], ['unknown', '0.159'],
])('%s and %s choose the same pods, or nobody knows', (one, other) => {
  expect(routers([one, other])).toEqual([]);
});

test('with one pod there is nothing to choose', () => {
  expect(routers(['0.156', '0.157'], {}, 1)).toEqual([]);
});

test('how attributes become keys has a generation of its own', () => {
  // What else is wrong with traces that reach a sampler by service is another check's.
  const byService = (images: readonly string[]) => routers(
    images, raw('exporters: {loadbalancing/sampler: {routing_key: service}}'),
  ).filter((sentence) => sentence.includes('must choose the same pods'));
  expect(byService(['0.145', '0.150'])).toEqual([]);
  expect(byService(['0.150', '0.152'])).toHaveLength(1);
  expect(routers(['0.150', '0.152'])).toEqual([]);
});

test.each([
  [129, { ring: 1, attributes: 1, logs: 1 }],
  [131, { ring: 2, attributes: 1, logs: 1 }],
  [150, { ring: 2, attributes: 1, logs: 1 }],
  [152, { ring: 2, attributes: 2, logs: 1 }],
  [154, { ring: 2, attributes: 2, logs: 2 }],
  [157, { ring: 3, attributes: 2, logs: 2 }],
  [161, NEWEST_GENERATION],
])('v0.%i routes as %j', (minor, generation) => {
  expect(routingGeneration(minor)).toEqual(generation);
});
