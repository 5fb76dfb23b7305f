/**
 * Datadog's collector as a gateway, in the shapes of its guide. Each chart stands by itself: apply
 * one of them.
 */
import { App, Chart, Duration } from 'cdk8s';
import {
  AgentDaemonSet, Backend, CollectorConfigOverrides, CollectorImage, GatewayDeployment,
  MultiLayerGateway, Placement, Protocol, SamplingPolicy, Scaling, SecretReference, StatusCode,
  TailSamplingGateway,
} from '../src';

const app = new App();
const namespace = 'datadog';
const image = CollectorImage.datadog('7.76.0');
const scaling = Scaling.fixed(3);
const datadog = Backend.datadog('datadog', {
  apiKey: SecretReference.of('datadog-secret', 'api-key'),
});
const pool = {
  exportTo: [datadog], image, scaling, placement: Placement.onNodes({ gateway: 'true' }),
};

// A gateway with agents: they export to it instead of to the vendor, and count before any sampling.
{
  const chart = new Chart(app, 'gateway-with-daemonset', { namespace });
  const batch = { timeout: Duration.seconds(10), sendBatchSize: 1024, sendBatchMaxSize: 2048 };
  const gateway = new GatewayDeployment(chart, 'datadog-otel-agent-gateway', { ...pool, batch });
  new AgentDaemonSet(chart, 'datadog', { forwardTo: gateway, image, batch, traceStats: true });
}

// A gateway alone: agents of somebody else send to `http://gw-only-otel-agent-gateway:4318`.
{
  const chart = new Chart(app, 'standalone-gateway', { namespace });
  new GatewayDeployment(chart, 'gw-only-otel-agent-gateway', pool);
}

// Ports and protocols are said once, and whoever sends follows; the rest may be said in YAML.
{
  const chart = new Chart(app, 'custom-configuration', { namespace });
  const protocols = [Protocol.GRPC];
  const gateway = new GatewayDeployment(chart, 'my-gw-otel-agent-gateway', {
    ...pool,
    protocols,
    grpcPort: 5317,
    config: CollectorConfigOverrides.fromYaml(
      'exporters: { datadog: { metrics: { resource_attributes_as_tags: true } } }'),
  });
  new AgentDaemonSet(chart, 'datadog', {
    forwardTo: gateway,
    image,
    protocols,
    config: CollectorConfigOverrides.fromYaml('processors: { batch: { timeout: 1s } }'),
  });
}

// Tail sampling: stats on all traces, the vendor gets sampled ones; metrics and logs keep flowing.
{
  const chart = new Chart(app, 'tail-sampling', { namespace });
  const gateway = new TailSamplingGateway(chart, 'my-gw-otel-agent-gateway', {
    ...pool,
    decisionWait: Duration.seconds(10),
    tracePeers: false, // Only this package's image has it, and this tier needs one of upstream.
    policies: [SamplingPolicy.statusCode('errors', { statusCodes: [StatusCode.ERROR] })],
    traceStats: true,
  });
  new AgentDaemonSet(chart, 'datadog', { forwardTo: gateway, image });
}

// A collector of one's own, for the gateway only.
{
  const chart = new Chart(app, 'custom-image', { namespace });
  new GatewayDeployment(chart, 'otel-agent-gateway', {
    exportTo: [datadog],
    image: CollectorImage.datadog('7.76.0-own', { repository: 'registry.example.com/ddot' }),
    protocols: [Protocol.GRPC],
  });
}

// Several layers, each on its own nodes; the last one is written first.
{
  const chart = new Chart(app, 'multi-layer', { namespace });
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
