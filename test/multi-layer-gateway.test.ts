import { ApiObject, Chart } from 'cdk8s';
import { synthesized } from './synthesized';
import {
  AgentDaemonSet, Backend, MultiLayerGateway, Placement, SamplingPolicy, Scaling, Signal,
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
