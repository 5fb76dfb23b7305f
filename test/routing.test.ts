/** What telemetry has in common that goes to the same place. */
import { Chart, Duration } from 'cdk8s';
import { complaints, synthesized } from './synthesized';
import {
  AgentDaemonSet, Backend, GatewayDeployment, MultiLayerGateway, Resolver, Routing, RoutingKey,
  SamplingPolicy, ServiceAccount, Signal, TailSamplingGateway, TelemetryTarget, WorkloadIdentity,
} from '../src';

const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];
const policies = [SamplingPolicy.alwaysSample('all')];
const bySignal = (used: Record<string, { exporters: string[] }>) =>
  Object.fromEntries(Object.entries(used).map(([id, { exporters }]) => [id, exporters]));

/** An agent that spreads over a pool by `key`. */
function spreading(key: RoutingKey, props: object = {}) {
  return (chart: Chart) => {
    const forwardTo = new GatewayDeployment(chart, 'pool', { exportTo });
    new AgentDaemonSet(chart, 'agent', { forwardTo, routing: Routing.byKey(key), ...props });
  };
}

describe('a tier spreads what it forwards', () => {
  const byKey = ['load_balancing/pool'];
  const byConnection = ['otlp_grpc/pool'];
  test.each([
    [RoutingKey.TRACE_ID, 'traceID', byKey, byConnection, byConnection],
    [RoutingKey.SERVICE, 'service', byKey, byKey, byKey],
    [RoutingKey.RESOURCE, 'resource', byConnection, byKey, byKey],
    [RoutingKey.METRIC, 'metric', byConnection, byKey, byConnection],
    [RoutingKey.STREAM_ID, 'streamID', byConnection, byKey, byConnection],
    [RoutingKey.attributes(['tenant']), 'attributes', byKey, byKey, byKey],
  ])('by %#', (key, word, traces, metrics, logs) => {
    const { exporters, service } = synthesized(spreading(key)).configOf('agent');
    expect(exporters['load_balancing/pool'].routing_key).toBe(word);
    expect(bySignal(service.pipelines)).toEqual({ traces, metrics, logs });
  });
});

test('attributes are named beside the key', () => {
  const { exporters } = synthesized(
    spreading(RoutingKey.attributes(['tenant', 'region']))).configOf('agent');
  expect(exporters['load_balancing/pool']).toMatchObject({
    routing_key: 'attributes',
    routing_attributes: ['tenant', 'region'],
    resolver: { k8s: { service: 'pool.observability', ports: [4317] } },
  });
});

test('whoever spreads over a pool may learn of its pods', () => {
  const roles = synthesized(spreading(RoutingKey.SERVICE)).all
    .filter(({ kind }) => kind === 'Role').map(({ metadata }) => metadata.name);
  expect(roles).toEqual(['agent-finds-pool']);
});

describe('the image of this package spreads by every key', () => {
  test.each([
    [RoutingKey.TRACE_ID], [RoutingKey.SERVICE], [RoutingKey.RESOURCE], [RoutingKey.METRIC],
    [RoutingKey.STREAM_ID], [RoutingKey.attributes(['tenant'])],
  ])('%#', (key) => {
    const { containers } = synthesized(spreading(key)).podOf('agent').spec;
    expect(containers[0].image).toMatch(/otelgw/);
  });
});

test('a layer says how it spreads over the next one', () => {
  const { exporters } = synthesized((chart) => {
    new MultiLayerGateway(chart, 'chain', {
      layers: [
        { name: 'router', routing: Routing.byKey(RoutingKey.SERVICE) }, { name: 'metrics' },
      ],
      exportTo,
    });
  }).configOf('chain-router');
  expect(exporters['load_balancing/chain-metrics']).toMatchObject({
    routing_key: 'service', resolver: { k8s: { service: 'chain-metrics.observability' } },
  });
});

test('a layer in front of a sampler may say that it routes by trace id', () => {
  const { exporters } = synthesized((chart) => {
    new MultiLayerGateway(chart, 'two-tier', {
      layers: [
        { name: 'router', routing: Routing.byKey(RoutingKey.TRACE_ID) },
        { name: 'sampler', tailSampling: { policies } },
      ],
      exportTo,
    });
  }).configOf('two-tier-router');
  expect(exporters['load_balancing/two-tier-sampler'].routing_key).toBe('traceID');
});

test('collectors of somebody else get what their key spreads', () => {
  const { exporters, service } = synthesized((chart) => {
    new GatewayDeployment(chart, 'edge', {
      forwardTo: TelemetryTarget.external('others', {
        resolver: Resolver.addresses(['a.example.com:4317', 'b.example.com:5317']),
        routing: Routing.byKey(RoutingKey.RESOURCE),
      }),
    });
  }).configOf('edge');
  expect(exporters['load_balancing/others'].routing_key).toBe('resource');
  expect(Object.keys(service.pipelines)).toEqual(['metrics', 'logs']);
});

test('stores get what their key spreads', () => {
  const { exporters, service } = synthesized((chart) => {
    new GatewayDeployment(chart, 'gateway', {
      exportTo: [Backend.loadBalanced('stores', {
        resolver: Resolver.dns('stores.ns.svc', { interval: Duration.seconds(2) }),
        routing: Routing.byKey(RoutingKey.STREAM_ID),
      })],
    });
  }).configOf('gateway');
  expect(exporters['load_balancing/stores']).toMatchObject({
    routing_key: 'streamID',
    resolver: { dns: { hostname: 'stores.ns.svc', port: '4317', interval: '2s' } },
  });
  expect(Object.keys(service.pipelines)).toEqual(['metrics']);
});

test('instances of Cloud Map are found as the role of the pods may', () => {
  const role = 'arn:aws:iam::123456789012:role/collector';
  const objects = synthesized((chart) => {
    new AgentDaemonSet(chart, 'agent', {
      forwardTo: TelemetryTarget.external('samplers', {
        resolver: Resolver.awsCloudMap({
          namespace: 'telemetry', serviceName: 'samplers', healthStatus: 'HEALTHY', port: 4317,
        }),
        insecure: true,
      }),
      serviceAccount: ServiceAccount.create({ identity: WorkloadIdentity.eks(role) }),
      pod: { env: { AWS_REGION: 'eu-central-1' } },
    });
  });
  expect(objects.configOf('agent').exporters['load_balancing/samplers'].resolver).toEqual({
    aws_cloud_map: {
      namespace: 'telemetry', service_name: 'samplers', health_status: 'HEALTHY', port: 4317,
    },
  });
  expect(objects.get('ServiceAccount', 'agent').metadata.annotations)
    .toEqual({ 'eks.amazonaws.com/role-arn': role });
  const { containers: [collector], serviceAccountName } = objects.podOf('agent').spec;
  expect(serviceAccountName).toBe('agent');
  expect(collector.image).toContain('/otelgw:');
  expect(collector.env).toContainEqual({ name: 'AWS_REGION', value: 'eu-central-1' });
  expect(objects.all.map(({ kind }) => kind)).not.toContain('Role');
});

describe('what cannot be spread is refused', () => {
  const routing = Routing.byKey(RoutingKey.SERVICE);
  const others = (options: object) => (chart: Chart) => {
    new GatewayDeployment(chart, 'edge', {
      forwardTo: TelemetryTarget.external('others', options as never),
    });
  };
  test.each<[string, (chart: Chart) => void, RegExp]>([
    ['traces to a sampler by service', (chart) => {
      const forwardTo = new TailSamplingGateway(chart, 'sampler', { exportTo, policies });
      new AgentDaemonSet(chart, 'agent', { forwardTo, routing });
    }, /routing: sampler must be sent to by traceID, got service\. → remove `routing`/],
    ['nothing at all', (chart) => {
      new GatewayDeployment(chart, 'gateway', { exportTo, routing });
    }, /routing: spreads what goes to `forwardTo`, which is not there.* → give `forwardTo`/],
    ['one address', (chart) => {
      const forwardTo = TelemetryTarget.external('other', { endpoint: 'other:4317' });
      new AgentDaemonSet(chart, 'agent', { forwardTo, routing });
    }, /routing: other has one address.* by service\. → give .* a `resolver`/],
    ['a signal that the key does not spread', spreading(
      RoutingKey.METRIC, { signals: [Signal.LOGS] }),
    /routing: metric spreads metrics, but logs is what goes to pool\. → choose/],
    ['no attributes', spreading(RoutingKey.attributes([])), /must name at least one attribute/],
    ['a key where a Routing belongs', spreading(RoutingKey.SERVICE, { routing: 'service' }),
      /routing: must be a Routing, got "service"\. → give `routing` Routing\.byKey/],
    ['a signal that the key of others does not spread', others({
      resolver: Resolver.addresses(['a:4317']), signals: [Signal.METRICS],
    }), /forwardTo \(others\): metrics cannot be spread by traceID\. → leave them out/],
    ['a key without several addresses', others({ endpoint: 'a:4317', routing }),
      /forwardTo \(others\): `routing` must be a Routing, beside a `resolver`\. → /],
  ])('%s', (_what, build, says) => {
    expect(complaints(build).join('\n')).toMatch(says);
  });
});
