/** Agents near the applications, a gateway that samples and holds the credentials. */
import { App, Chart, Duration, Size } from 'cdk8s';
import {
  AgentDaemonSet, Backend, CertificateIssuer, HostScraper, Monitoring, ResourceDetector, Retry,
  Routing, RoutingKey, SamplingPolicy, Scaling, SecretReference, SendingQueue, StatusCode,
  TailSamplingGateway, TransportSecurity,
} from '../src';

const app = new App();
const chart = new Chart(app, 'telemetry', { namespace: 'observability' });
const monitoring = Monitoring.prometheusOperator();

const gateway = new TailSamplingGateway(chart, 'otel-gateway', {
  transportSecurity: TransportSecurity.mutualTls(CertificateIssuer.certManager('telemetry-ca')),
  memory: Size.mebibytes(2560), // Telemetry is refused from four fifths on: 2048 MiB.
  cpuMillis: 1000,
  batch: { sendBatchSize: 10_000, sendBatchMaxSize: 20_000, timeout: Duration.seconds(10) },
  decisionWait: Duration.seconds(10),
  numTraces: 100_000,
  expectedTracesPerSecond: 5000, // Checked against the memory.
  tracePeers: false, // Only this package's image has it, and this tier needs one of upstream.
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
      queue: SendingQueue.persistent({ size: Size.gibibytes(10), consumers: 4 }),
    }),
    Backend.prometheusRemoteWrite('prometheus', {
      endpoint: 'https://prometheus:9090/api/v1/write',
    }),
  ],
  scaling: Scaling.horizontal({ min: 3, max: 12 }),
  monitoring,
});

new AgentDaemonSet(chart, 'otel-agent', {
  forwardTo: gateway, // TLS, names, certificates and the permission to route by trace id follow.
  routing: Routing.byKey(RoutingKey.STREAM_ID), // Each series of metrics has one writer.
  memory: Size.mebibytes(640),
  cpuMillis: 500,
  batch: { sendBatchSize: 1024, sendBatchMaxSize: 2048, timeout: Duration.seconds(1) },
  hostMetrics: {
    interval: Duration.seconds(30),
    scrapers: [
      HostScraper.CPU, HostScraper.MEMORY, HostScraper.DISK, HostScraper.FILESYSTEM,
      HostScraper.NETWORK,
    ],
  },
  containerLogs: {},
  resourceDetection: [
    ResourceDetector.ENV, ResourceDetector.SYSTEM, ResourceDetector.KUBERNETES,
  ],
  retry: Retry.upTo(Duration.seconds(300), {
    initialInterval: Duration.seconds(5), maxInterval: Duration.seconds(30),
  }),
  queue: SendingQueue.inMemory({ consumers: 2, requests: 5000 }),
  monitoring,
});

app.synth();
