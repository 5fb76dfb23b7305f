import { Backend, GatewayDeployment } from '../../../src';
import { complaints } from '../../synthesized';

function chain(...hops: readonly [name: string, to: string][]) {
  return complaints((chart) => {
    for (const [name, to] of hops) {
      new GatewayDeployment(chart, name, {
        exportTo: [Backend.otlp('next', { endpoint: `${to}:4317` })],
      });
    }
  });
}

test('a circle is told once, by the first tier on it', () => {
  expect(chain(['before', 'one'], ['one', 'two'], ['two', 'three'], ['three', 'one'])).toEqual([
    '[telemetry/one] exporters.otlp_grpc/next: telemetry must not come back to where it was, but'
    + ' goes round telemetry/one → telemetry/two → telemetry/three → telemetry/one. → let one of'
    + ' them send to a backend outside.',
  ]);
});

test('a tier must not send to itself', () => {
  expect(chain(['one', 'one'])).toHaveLength(1);
});

test('two ways to one tier are no circle', () => {
  expect(chain(['one', 'three'], ['two', 'three'], ['three', 'store'])).toEqual([]);
});
