import { exportTo, policies, raw } from './props';
import { tiersOf } from './tiers';
import {
  CollectorImage, GatewayDeployment, Scaling, Signal, TailSamplingGateway,
} from '../../../src';
import { ringGeneration } from '../../../src/graph/checks/ring-generation';
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

const alone = { exportTo, policies, tracePeers: false };

function routers(
  images: readonly string[], props: object = {}, pods = 2, tracePeers = false,
) {
  return complaints((chart) => {
    const forwardTo = new TailSamplingGateway(chart, 'sampler', {
      ...alone, tracePeers, scaling: Scaling.fixed(pods),
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

describe('compatibility of the image of this package', () => {
  const beside = (name: string, compatibility: string, key = 'traceID') =>
    complaints((chart) => {
      const forwardTo = new TailSamplingGateway(chart, 'sampler', alone);
      const signals = [Signal.TRACES];
      new GatewayDeployment(chart, 'ours', {
        forwardTo,
        signals,
        image: IMAGES.ours,
        ...raw(`exporters: {load_balancing/sampler: {routing_key: ${key}, ${compatibility}}}`),
      });
      new GatewayDeployment(chart, 'theirs', {
        forwardTo,
        signals,
        image: IMAGES[name],
        ...raw(`exporters: {loadbalancing/sampler: {routing_key: ${key}}}`),
      });
    }).filter((sentence) => sentence.includes('must choose the same pods'));

  test.each([
    ['0.145', 'compatibility: {ring: 2}', 'traceID'],
    ['0.145', 'compatibility: {ring: 2, keys: 1}', 'service'],
    ['0.152', 'compatibility: {ring: 2, keys: 2}', 'service'],
  ])('of %s is had by %s for %s', (name, compatibility, key) => {
    expect(beside(name, compatibility, key)).toEqual([]);
  });

  test.each([
    ['0.145', 'compatibility: {}', 'traceID'],
    ['0.145', 'compatibility: {ring: 1}', 'traceID'],
    ['0.145', 'compatibility: {ring: 2, keys: 2}', 'service'],
    ['0.152', 'compatibility: {ring: 2, keys: 1}', 'service'],
  ])('of %s is not had by %s for %s', (name, compatibility, key) => {
    expect(beside(name, compatibility, key)).toHaveLength(1);
  });

  test('is the way out beside an older image', () => {
    expect(routers(['0.145', 'ours'])[0]).toMatch(
      /→ give both tiers the same `image`, or telemetry\/router-1 the `compatibility` of that/);
  });
});

test('with one pod there is nothing to choose', () => {
  expect(routers(['0.156', '0.157'], {}, 1)).toEqual([]);
});

test('pods that are one sampler pass on what others have chosen otherwise', () => {
  expect(routers(['0.145', 'ours'], {}, 2, true)).toEqual([]);
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

function rawBeside(yaml: string, signals: readonly Signal[] = [Signal.TRACES]) {
  const resolver = 'resolver: {dns: {hostname: sampler-headless.observability.svc}}';
  return complaints((chart) => {
    const forwardTo = new TailSamplingGateway(chart, 'sampler', alone);
    new GatewayDeployment(chart, 'raw', {
      exportTo,
      signals: [...signals],
      image: IMAGES['0.156'],
      ...raw(`exporters: {load_balancing: {${resolver}, protocol: {otlp: {tls: {insecure: true}}}`
        + `${yaml}}}\nservice: {pipelines: {${signals.map((signal) =>
          `${signal}: {exporters: [otlp_grpc/store, load_balancing]}`).join(', ')}}}`),
    });
    new GatewayDeployment(chart, 'typed', {
      forwardTo, signals: [...signals], image: IMAGES['0.157'],
    });
  }).filter((sentence) => sentence.includes('must choose the same pods'));
}

test('without a key traces are routed by trace id, in raw configuration, too', () => {
  expect(rawBeside('')).toEqual([
    expect.stringContaining('[telemetry/raw] exporters.load_balancing: must choose the same pods'),
  ]);
  expect(rawBeside(', routing_key: ""')).toHaveLength(1);
  expect(rawBeside(', routing_key: traceID')).toHaveLength(1);
  expect(rawBeside(', routing_key: service')).toEqual([]);
});

test('without a key everything else is routed by service', () => {
  const [older, newer] = tiersOf((chart) => {
    for (const [name, key] of [['0.150', ''], ['0.152', 'routing_key: service']]) {
      new GatewayDeployment(chart, `r${name.slice(2)}`, {
        exportTo,
        signals: [Signal.METRICS],
        image: IMAGES[name],
        ...raw('exporters: {loadbalancing: {protocol: {otlp: {}}, resolver: {dns: {hostname: h}},'
          + `${key}}}\nservice: {pipelines: {metrics: {exporters: [loadbalancing]}}}`),
      });
    }
  });
  expect(ringGeneration(older, [older, newer])).toHaveLength(1);
  expect(ringGeneration(newer, [older, newer])).toEqual([]);
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
