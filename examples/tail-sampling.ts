/** Keeps every trace with an error, every slow one, and a tenth of the rest. */
import { App, Chart, Duration } from 'cdk8s';
import {
  AgentDaemonSet, Backend, SamplingPolicy, Scaling, StatusCode, TailSamplingGateway,
} from '../src';

const app = new App();
const chart = new Chart(app, 'telemetry', { namespace: 'observability' });

const sampler = new TailSamplingGateway(chart, 'sampler', {
  decisionWait: Duration.seconds(5),
  policies: [
    SamplingPolicy.statusCode('errors', { statusCodes: [StatusCode.ERROR] }),
    SamplingPolicy.latency('slow', { threshold: Duration.millis(500) }),
    SamplingPolicy.probabilistic('rest', { samplingPercentage: 10 }),
  ],
  exportTo: [Backend.otlp('store', { endpoint: 'trace-store:4317' })],
  scaling: Scaling.fixed(3),
});

new AgentDaemonSet(chart, 'agent', { forwardTo: sampler });

app.synth();
