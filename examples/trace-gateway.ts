/** A sampler for a large cluster: two trace stores, autoscaling by what comes in, alerts. */
import { App, Chart, Duration, Size } from 'cdk8s';
import {
  AgentDaemonSet, Backend, KubernetesAttribute, Monitoring, Processor, Resolver, Retry,
  SamplingPolicy, Scaling, ScalingSignal, SendingQueue, Signal, StatusCode, TailSamplingGateway,
} from '../src';

const app = new App();
const chart = new Chart(app, 'traces', { namespace: 'observability' });
const monitoring = Monitoring.prometheusOperator({ interval: Duration.seconds(30) });
const signals = [Signal.TRACES];
const distributor = (n: number) =>
  `tempo-distributor-${n}.tempo-distributor.observability.svc.cluster.local:4317`;

const gateway = new TailSamplingGateway(chart, 'otel-gateway', {
  signals,
  memory: Size.gibibytes(2),
  cpuMillis: 1000,
  batch: { sendBatchSize: 2000, timeout: Duration.seconds(10) },
  decisionWait: Duration.seconds(10),
  numTraces: 100_000,
  expectedTracesPerSecond: 1000,
  tracePeers: false, // Only this package's image has it, and this tier needs one of upstream.
  policies: [
    SamplingPolicy.statusCode('errors', { statusCodes: [StatusCode.ERROR] }),
    SamplingPolicy.latency('slow', { threshold: Duration.seconds(1) }),
    SamplingPolicy.probabilistic('probabilistic', { samplingPercentage: 10 }),
  ],
  process: [Processor.resource({ upsert: { 'k8s.cluster.name': 'production-us-east-1' } })],
  exportTo: [
    Backend.loadBalanced('tempo', {
      resolver: Resolver.addresses([0, 1, 2].map(distributor)),
      retry: Retry.upTo(Duration.seconds(300), { initialInterval: Duration.seconds(5) }),
      queue: SendingQueue.inMemory({ consumers: 10, requests: 5000 }),
    }),
    Backend.loadBalanced('jaeger', {
      resolver: Resolver.dns('jaeger-collector-headless.observability.svc'),
    }),
  ],
  scaling: Scaling.horizontal({
    min: 5,
    max: 20,
    signals: [
      ScalingSignal.cpu(70), ScalingSignal.memory(80),
      ScalingSignal.acceptedSpansPerSecond(10_000),
    ],
  }),
  monitoring,
});

new AgentDaemonSet(chart, 'otel-agent', {
  signals,
  forwardTo: gateway,
  memory: Size.mebibytes(512),
  cpuMillis: 200,
  batch: { sendBatchSize: 1000, timeout: Duration.millis(200) },
  kubernetesAttributes: {
    extract: [
      KubernetesAttribute.NAMESPACE_NAME, KubernetesAttribute.POD_NAME,
      KubernetesAttribute.POD_UID, KubernetesAttribute.NODE_NAME,
    ],
  },
  monitoring,
});

app.synth();
