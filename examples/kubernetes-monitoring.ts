/**
 * All that a cluster tells about itself: nodes, kubelets, logs of containers, objects and events,
 * each with the names of the pods and workloads that it is about.
 */
import { App, Chart } from 'cdk8s';
import {
  AgentDaemonSet, Backend, GatewayDeployment, Monitoring, Scaling, SecretReference,
} from '../src';

const app = new App();
const chart = new Chart(app, 'cluster', { namespace: 'observability' });
const monitoring = Monitoring.prometheusOperator();

// Objects and events are watched once for the whole cluster: one of the pods is elected.
const gateway = new GatewayDeployment(chart, 'gateway', {
  exportTo: [
    Backend.otlpHttp('store', {
      endpoint: 'https://otlp.example.com',
      secretHeaders: { authorization: SecretReference.of('store', 'authorization') },
    }),
  ],
  clusterMetrics: {},
  kubernetesEvents: {},
  scaling: Scaling.horizontal({ min: 2, max: 6 }),
  monitoring,
});

new AgentDaemonSet(chart, 'agent', {
  forwardTo: gateway,
  hostMetrics: {},
  kubeletMetrics: {},
  containerLogs: {},
  kubernetesAttributes: {},
  monitoring,
});

app.synth();
