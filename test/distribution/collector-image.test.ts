import { CollectorImage } from '../../src';

test.each([
  [CollectorImage.contrib('0.159.0'), 'otel/opentelemetry-collector-contrib:0.159.0'],
  [CollectorImage.k8s('0.159.0'), 'otel/opentelemetry-collector-k8s:0.159.0'],
  [CollectorImage.datadog('7.76.0'), 'registry.datadoghq.com/ddot-collector:7.76.0'],
  [CollectorImage.custom({ image: 'mine@sha256:abc' }), 'mine@sha256:abc'],
  [CollectorImage.runtime({ repository: 'mirror/otelgw', tag: '1' }), 'mirror/otelgw:1'],
])('%# is the image %s', ({ image }, expected) => {
  expect(image).toBe(expected);
});

test.each([
  [CollectorImage.contrib('0.92.0'), /must be of version 0\.120\.0 or newer, got 0\.92\.0/],
  [CollectorImage.k8s('latest'), /must have a version such as 0\.159\.0.*got "latest"/],
  [CollectorImage.datadog('7.76.0-full'), /must be the collector alone, got .*"7\.76\.0-full"/],
  [CollectorImage.contrib('0.159.0', { digest: 'sha256:1' }), /must be the name of an image/],
  [CollectorImage.custom({ image: 'two words' }), /must be the name of an image, got "two words"/],
])('%# is refused', ({ _problems }, sentence) => {
  expect(_problems).toEqual([expect.stringMatching(sentence)]);
});

test('an image may come from a mirror, and be held to a digest', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  const image = CollectorImage.core('0.159.0', { repository: 'mirror/otelcol', digest });
  expect([image.image, image._problems]).toEqual([`mirror/otelcol:0.159.0@${digest}`, []]);
});

test.each([
  ['0.160.0', 'exporters', 'load_balancing', false], ['0.159.0', 'exporters', 'prometheus', true],
])('otelcol of %s and %s.%s: %s', (version, section, type, expected) => {
  expect(CollectorImage.core(version)._holds(section, type)).toBe(expected);
});

test('the runtime is taken in the version of this package', () => {
  const { version } = jest.requireActual('../../package.json');
  expect(CollectorImage.runtime().image).toBe(`ghcr.io/cdk8s-otel-gateway/otelgw:${version}`);
});

const OURS = [
  ['receivers', 'otlp'], ['processors', 'memory_limiter'], ['processors', 'batch'],
  ['processors', 'tail_sampling'], ['exporters', 'otlp_grpc'], ['exporters', 'otlp'],
  ['exporters', 'otlp_http'], ['exporters', 'otlphttp'], ['exporters', 'load_balancing'],
  ['exporters', 'loadbalancing'], ['exporters', 'debug'], ['extensions', 'health_check'],
];

test.each(OURS)('every distribution holds %s.%s, which the constructs write', (section, type) => {
  for (const image of [
    CollectorImage.runtime(), CollectorImage.k8s('0.159.0'), CollectorImage.contrib('0.159.0'),
  ]) expect(image._holds(section, type)).toBe(true);
});

test.each([
  ['exporters', 'prometheusremotewrite', false], ['exporters', 'datadog', false],
  ['processors', 'k8sattributes', true], ['processors', 'k8s_attributes', true],
  ['receivers', 'filelog', true], ['connectors', 'spanmetrics', true],
  ['processors', 'otlp', false],
])('otelcol-k8s and %s.%s: %s', (section, type, expected) => {
  expect(CollectorImage.k8s('0.159.0')._holds(section, type)).toBe(expected);
});

test('an image of somebody else holds what its list says, or anything without one', () => {
  const listed = CollectorImage.custom({ image: 'mine:1', components: ['exporters.otlp_grpc'] });
  expect(listed._holds('exporters', 'otlp')).toBe(true);
  expect(listed._holds('exporters', 'debug')).toBe(false);
  expect(CollectorImage.custom({ image: 'mine:1' })._holds('exporters', 'any')).toBe(true);
});
