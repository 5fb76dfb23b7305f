import { ApiObject, Chart } from 'cdk8s';
import { complaints, synthesized } from './synthesized';
import {
  AgentDaemonSet, Backend, CollectorImage, MultiLayerGateway, Placement, SamplingPolicy, Scaling,
  Signal,
} from '../src';

const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];
const tailSampling = { policies: [SamplingPolicy.alwaysSample('all')] };

function chain(layers: MultiLayerGateway['layers'] | object[]) {
  return synthesized((chart: Chart) => {
    const gateway = new MultiLayerGateway(chart, 'gw', { layers: layers as never, exportTo });
    new AgentDaemonSet(chart, 'agent', { forwardTo: gateway });
  });
}

test('agents reach the first layer, each layer the next, and the last one exports', () => {
  const objects = chain([{ name: 'outer' }, { name: 'middle' }, { name: 'inner' }]);
  const exporters = (name: string) => Object.keys(objects.configOf(name).exporters);
  expect(['agent', 'gw-outer', 'gw-middle', 'gw-inner'].map(exporters)).toEqual([
    ['otlp_grpc/gw-outer'], ['otlp_grpc/gw-middle'], ['otlp_grpc/gw-inner'], ['otlp_grpc/store'],
  ]);
});

test('the last layer is written first, so that it is there when the others start', () => {
  const names = chain([{ name: 'outer' }, { name: 'inner' }]).all
    .filter(({ kind }) => kind === 'Deployment').map(({ metadata }) => metadata.name);
  expect(names).toEqual(['gw-inner', 'gw-outer']);
});

test('the layer before one that samples routes by trace id, and may ask for its pods', () => {
  const objects = chain([{ name: 'router' }, { name: 'sampler', tailSampling }]);
  expect(objects.configOf('gw-router').exporters['load_balancing/gw-sampler'].resolver.k8s)
    .toMatchObject({ service: 'gw-sampler.observability' });
  expect(objects.get('RoleBinding', 'gw-router-finds-gw-sampler').subjects[0].name)
    .toBe('gw-router');
  expect(objects.has('StatefulSet', 'gw-sampler')).toBe(true);
  expect(objects.podOf('agent').spec.automountServiceAccountToken).toBe(false);
});

test('each layer has its own size and nodes', () => {
  const objects = chain([
    { name: 'a', scaling: Scaling.fixed(5), placement: Placement.onNodes({ pool: 'a' }) },
    { name: 'b', scaling: Scaling.horizontal({ max: 9 }), placement: Placement.onNodes({}) },
  ]);
  expect(objects.get('Deployment', 'gw-a').spec.replicas).toBe(5);
  expect(objects.podOf('gw-a').spec.nodeSelector).toMatchObject({ pool: 'a' });
  expect(objects.get('HorizontalPodAutoscaler', 'gw-b').spec).toMatchObject({
    minReplicas: 2, maxReplicas: 9,
  });
});

test('as a target it is its first layer', () => {
  synthesized((chart) => {
    const gateway = new MultiLayerGateway(chart, 'gw', {
      layers: [{ name: 'one', tailSampling }, { name: 'two' }], exportTo, name: 'renamed',
    });
    expect(gateway.targetName).toBe('renamed-one');
    expect(gateway.signals).toEqual(Object.values(Signal));
    expect(gateway.routeFor(Signal.TRACES).resolver).toBeDefined();
    expect(ApiObject.of(gateway).name).toBe('renamed-one');
  });
});

test('a chain has a layer', () => {
  expect(() => chain([])).toThrow('[telemetry/gw] layers: must name at least one layer, got none');
  expect(() => chain([{ name: 'one' }, { name: 'one' }]))
    .toThrow('[telemetry/gw] layers: must have a name each, and none twice, got one, one.');
});

describe('what no chain can have is told', () => {
  const oneLayer = (layer: object) => ({ layers: [{ name: 'a', ...layer }, { name: 'b' }] });
  test.each<[string, object, RegExp]>([
    ['no backends', { exportTo: null }, /gw\] exportTo: must be a list of Backends, got null/],
    ['backends that are none', { exportTo: [null] }, /gw\] exportTo: must be a list of Backends/],
    ['an empty name', { name: '' }, /gw\] name: must be a text, got ""\. → give `name`/],
    ['no name', { name: null }, /gw\] name: must be a text, got null\./],
    ['a switch for a name', { name: true }, /gw\] name: must be a text, got true\./],
    ['a slip', { transportSecurty: 1 }, /transportSecurty: .*\(did you mean transportSec/],
    ['an image that is none', { image: 'a:1' }, /gw\] image: must be a CollectorImage, got "a:1"/],
    ['one layer alone', { layers: { name: 'a' } }, /layers: must be a list of layers, got \{"name/],
    ['a layer without a queue', oneLayer({ queue: null }), /gw\/a\] queue: must be a SendingQueue/],
    ['a layer with an image', oneLayer({ image: CollectorImage.runtime() }),
      /layers \(a\): image: must be left to the whole chain, got a CollectorImage\. → give it be/],
    ['a layer with signals', oneLayer({ signals: [Signal.LOGS] }), /\(a\): signals: must be left/],
    ['a layer with backends', oneLayer({ exportTo }), /\(a\): exportTo: must be left to the whole/],
    ['a layer that forwards', oneLayer({ forwardTo: 1 }), /forwardTo: .* → leave it out: a layer/],
    ['a layer with TLS', oneLayer({ transportSecurity: 1 }), /\(a\): transportSecurity: must be/],
    ['a switch for a sampler', oneLayer({ tailSampling: true }), /tailSampling: must be options/],
    ['backends of a sampler', oneLayer({ tailSampling: { ...tailSampling, exportTo } }),
      /layers \(a\): tailSampling\.exportTo: must be one of policies, .* got exportTo/],
  ])('%s', (_what, props, says) => {
    expect(complaints((chart) => {
      new MultiLayerGateway(chart, 'gw', {
        layers: [{ name: 'a' }, { name: 'b' }], exportTo, ...props,
      } as never);
    })).toEqual([expect.stringMatching(says)]);
  });
});

test.each([[''], [null], [true], [undefined]])('a layer is not called %p', (name) => {
  expect(() => chain([{ name }, { name: 'b' }])).toThrow('layers: must have a name each');
});
