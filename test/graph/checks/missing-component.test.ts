import { Backend, CollectorImage, GatewayDeployment } from '../../../src';
import { complaints } from '../../synthesized';

function exports(image: CollectorImage | undefined) {
  const config = { brokers: ['kafka:9092'] };
  return complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', {
      image, exportTo: [Backend.fromYaml('k', 'kafka', config)],
    });
  });
}

test('a component that the image does not hold is told, and nothing that follows from it', () => {
  expect(exports(CollectorImage.k8s('0.159.0'))).toEqual([
    '[telemetry/gateway] exporters.kafka/k: is not a component of otelcol-k8s'
    + ' (otel/opentelemetry-collector-k8s:0.159.0). → use an image that holds it, such as'
    + ' CollectorImage.contrib(\'0.159.0\').',
  ]);
  expect(exports(CollectorImage.runtime({ tag: '1.0.0' }))).toEqual([
    expect.stringContaining('exporters.kafka/k: is not a component of otelgw'),
  ]);
});

test.each([
  ['one that holds it', CollectorImage.contrib('0.159.0')],
  ['one of which nobody knows', CollectorImage.custom({ image: 'registry.example.com/own:1' })],
  ['none', undefined],
])('nothing is said with an image: %s', (_, image) => {
  expect(exports(image)).toEqual([]);
});
