/**
 * Datadog's collector as a gateway, in the four shapes of its guide. Each chart stands by itself:
 * apply one of them.
 */
import { App, Chart } from 'cdk8s';
import {
  AgentDaemonSet, Backend, CollectorImage, GatewayDeployment, MultiLayerGateway, Placement,
  SamplingPolicy, Scaling, SecretReference, StatusCode, TailSamplingGateway,
} from '../src';

const app = new App();
const datadog = Backend.fromYaml(
  'datadog', 'datadog', { api: { site: 'datadoghq.com', key: '${env:DD_API_KEY}' } },
  { secrets: { DD_API_KEY: SecretReference.of('datadog-secret', 'api-key') } },
);
const image = CollectorImage.datadog('7.76.0');
const placement = Placement.onNodes({ gateway: 'true' });
const scaling = Scaling.fixed(3);

// A gateway with agents: they export to it instead of to the vendor.
{
  const chart = new Chart(app, 'gateway-with-daemonset', { namespace: 'datadog' });
  const gateway = new GatewayDeployment(chart, 'datadog-otel-agent-gateway', {
    exportTo: [datadog], image, placement, scaling,
  });
  new AgentDaemonSet(chart, 'datadog', { forwardTo: gateway, image });
}

// A gateway alone: agents of somebody else send to `gw-only-otel-agent-gateway:4317`.
{
  const chart = new Chart(app, 'standalone-gateway', { namespace: 'datadog' });
  new GatewayDeployment(chart, 'gw-only-otel-agent-gateway', {
    exportTo: [datadog], image, placement, scaling,
  });
}

// Tail sampling: the vendor gets the sampled traces; metrics and logs keep flowing.
{
  const chart = new Chart(app, 'tail-sampling', { namespace: 'datadog' });
  const gateway = new TailSamplingGateway(chart, 'my-gw-otel-agent-gateway', {
    policies: [SamplingPolicy.statusCode('errors', { statusCodes: [StatusCode.ERROR] })],
    exportTo: [datadog],
    image,
    placement,
    scaling,
  });
  new AgentDaemonSet(chart, 'datadog', { forwardTo: gateway, image });
}

// Several layers, each on its own nodes; the last one is written first.
{
  const chart = new Chart(app, 'multi-layer', { namespace: 'datadog' });
  const layers = new MultiLayerGateway(chart, 'gw', {
    layers: [
      { name: 'layer-2', placement: Placement.onNodes({ gateway: 'gw-node-2' }), scaling },
      { name: 'layer-1', placement: Placement.onNodes({ gateway: 'gw-node-1' }), scaling },
    ],
    exportTo: [datadog],
    image,
  });
  new AgentDaemonSet(chart, 'datadog', { forwardTo: layers, image });
}

app.synth();
