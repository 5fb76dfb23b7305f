/** Agents near the applications, a gateway that samples and holds the credentials. */
import { App, Chart, Duration, Size } from 'cdk8s';
import {
  AgentDaemonSet, Backend, CollectorImage, Retry, SamplingPolicy, Scaling, SecretReference,
  SendingQueue, Signal, StatusCode, TailSamplingGateway,
} from '../src';

const app = new App();
const chart = new Chart(app, 'telemetry', { namespace: 'observability' });

const gateway = new TailSamplingGateway(chart, 'otel-gateway', {
  // It writes to Prometheus, which is an exporter of this distribution only.
  image: CollectorImage.contrib('0.159.0'),
  memory: Size.gibibytes(3),
  decisionWait: Duration.seconds(10),
  expectedTracesPerSecond: 5000,
  policies: [
    SamplingPolicy.statusCode('errors', { statusCodes: [StatusCode.ERROR] }),
    SamplingPolicy.probabilistic('rest', { samplingPercentage: 10 }),
  ],
  exportTo: [
    Backend.otlp('backend', {
      endpoint: 'https://backend.example.com:4317',
      secretHeaders: { 'api-key': SecretReference.of('backend', 'api-key') },
      retry: Retry.forever({
        initialInterval: Duration.seconds(5), maxInterval: Duration.seconds(60),
      }),
      queue: SendingQueue.inMemory({ consumers: 4 }),
    }),
    Backend.fromYaml(
      'prometheus', 'prometheusremotewrite', { endpoint: 'https://prometheus:9090/api/v1/write' },
      { signals: [Signal.METRICS] },
    ),
  ],
  scaling: Scaling.horizontal({ min: 3, max: 12 }),
});

new AgentDaemonSet(chart, 'otel-agent', {
  forwardTo: gateway, // Addresses, routing and permissions follow.
  memory: Size.mebibytes(512),
  retry: Retry.upTo(Duration.seconds(300)),
});

app.synth();
