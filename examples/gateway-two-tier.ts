/**
 * Three gateways: a pool, a chain that routes and then samples, and one for others' collectors.
 * Each chart stands by itself.
 */
import { App, Chart } from 'cdk8s';
import {
  Backend, GatewayDeployment, MultiLayerGateway, Resolver, SamplingPolicy, Scaling, TelemetryTarget,
} from '../src';

const app = new App();
const namespace = 'observability';
const backend = Backend.otlp('backend', { endpoint: 'backend:4317' });

// One OTLP endpoint for a cluster or a region.
{
  const chart = new Chart(app, 'pool', { namespace });
  new GatewayDeployment(chart, 'gateway', { exportTo: [backend], scaling: Scaling.fixed(3) });
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
    exportTo: [backend],
  });
}

// Collectors that somebody else runs, listed by hand: each trace goes to one of them.
{
  const chart = new Chart(app, 'edge', { namespace });
  new GatewayDeployment(chart, 'gateway', {
    forwardTo: TelemetryTarget.external('others', {
      resolver: Resolver.addresses(
        ['collector-1.example.com:4317', 'collector-2.example.com:5317']),
    }),
  });
}

app.synth();
