/** A sampler for a large cluster: two trace stores, autoscaling, alerts. */
import { App, Chart, Duration, Size } from 'cdk8s';
import {
  AgentDaemonSet, Availability, Backend, CollectorConfigOverrides, CollectorImage, Monitoring,
  Resolver, SamplingPolicy, Scaling, Signal, StatusCode, TailSamplingGateway,
} from '../src';

const app = new App();
const chart = new Chart(app, 'traces', { namespace: 'observability' });
const monitoring = Monitoring.prometheusOperator({ interval: Duration.seconds(30) });
const distributor = (n: number) =>
  `tempo-distributor-${n}.tempo-distributor.observability.svc.cluster.local:4317`;

const gateway = new TailSamplingGateway(chart, 'otel-gateway', {
  signals: [Signal.TRACES],
  image: CollectorImage.contrib('0.159.0'),
  memory: Size.gibibytes(2),
  cpuMillis: 1000,
  decisionWait: Duration.seconds(10),
  numTraces: 100_000,
  policies: [
    SamplingPolicy.statusCode('errors', { statusCodes: [StatusCode.ERROR] }),
    SamplingPolicy.latency('slow', { threshold: Duration.seconds(1) }),
    SamplingPolicy.probabilistic('probabilistic', { samplingPercentage: 10 }),
  ],
  exportTo: [
    Backend.loadBalanced('tempo', { resolver: Resolver.addresses([0, 1, 2].map(distributor)) }),
    Backend.loadBalanced('jaeger', {
      resolver: Resolver.dns('jaeger-collector-headless.observability.svc'),
    }),
  ],
  // What has no typed form yet is raw configuration, merged over what is written.
  config: CollectorConfigOverrides.fromYaml(`
processors:
  resource:
    attributes:
      - {key: k8s.cluster.name, value: production-us-east-1, action: upsert}
service:
  pipelines:
    traces:
      processors: [memory_limiter, tail_sampling, resource, batch]
`),
  scaling: Scaling.horizontal({ min: 5, max: 20, cpuPercent: 70, memoryPercent: 80 }),
  availability: Availability.minAvailable(3),
  monitoring,
});

new AgentDaemonSet(chart, 'otel-agent', {
  signals: [Signal.TRACES],
  forwardTo: gateway,
  memory: Size.mebibytes(512),
  monitoring,
});

app.synth();
