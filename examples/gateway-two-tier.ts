/**
 * Gateways: a pool behind NGINX, a chain that routes and then samples, one that spreads over
 * collectors of others, and one behind agents. Each chart stands by itself.
 */
import { App, Chart } from 'cdk8s';
import {
  AgentDaemonSet, Backend, GatewayDeployment, Monitoring, MultiLayerGateway, NginxLoadBalancer,
  Resolver, ResourceDetector, Routing, RoutingKey, SamplingPolicy, Scaling, SecretReference, Signal,
  TelemetryTarget,
} from '../src';

const app = new App();
const namespace = 'observability';
const monitoring = Monitoring.prometheusOperator();
const exportTo = [
  Backend.otlp('backend', {
    endpoint: 'backend.example.com:4317',
    secretHeaders: { 'api-key': SecretReference.of('backend', 'api-key') },
  }),
];

// One OTLP endpoint for a cluster or a region: NGINX in front of a pool.
{
  const chart = new Chart(app, 'pool', { namespace });
  const pool = new GatewayDeployment(chart, 'gateway', { exportTo, scaling: Scaling.fixed(3) });
  new NginxLoadBalancer(chart, 'front', {
    target: pool, hostname: 'otel.example.com', service: { type: 'LoadBalancer' },
  });
}

// A routing layer in front of the layer that must see whole traces.
{
  const chart = new Chart(app, 'two-tier', { namespace });
  new MultiLayerGateway(chart, 'gateway', {
    layers: [
      { name: 'router', scaling: Scaling.horizontal({ min: 2, max: 10 }) },
      {
        name: 'sampler',
        tailSampling: {
          policies: [SamplingPolicy.probabilistic('tenth', { samplingPercentage: 10 })],
        },
        scaling: Scaling.fixed(3),
      },
    ],
    exportTo,
    monitoring,
  });
}

// Collectors that somebody else runs, listed by hand: each trace goes to one of them.
{
  const chart = new Chart(app, 'listed', { namespace });
  new GatewayDeployment(chart, 'gateway', {
    forwardTo: TelemetryTarget.external('others', {
      resolver: Resolver.addresses([
        'collector-1.example.com:4317', 'collector-2.example.com:5317', 'collector-3.example.com',
      ]),
      insecure: true,
    }),
  });
}

// The same behind a name; spans of one service stay together, for metrics that are made of them.
{
  const chart = new Chart(app, 'by-service', { namespace });
  new GatewayDeployment(chart, 'gateway', {
    signals: [Signal.TRACES],
    forwardTo: TelemetryTarget.external('others', {
      resolver: Resolver.dns('collectors.example.com', { port: 5317 }),
      routing: Routing.byKey(RoutingKey.SERVICE),
    }),
  });
}

// Agents gather what is on their node and say where it comes from; the gateway has the credentials.
{
  const chart = new Chart(app, 'combined', { namespace });
  const gateway = new GatewayDeployment(chart, 'gateway', { exportTo });
  new AgentDaemonSet(chart, 'agent', {
    forwardTo: gateway,
    routing: Routing.byKey(RoutingKey.STREAM_ID), // Each stream of metrics passes one pod.
    hostMetrics: {},
    containerLogs: {},
    kubernetesAttributes: {},
    resourceDetection: [ResourceDetector.ENV, ResourceDetector.KUBERNETES],
  });
}

app.synth();
