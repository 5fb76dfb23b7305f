import { App, Chart, Testing } from 'cdk8s';
import { exportTo, policies } from './props';
import { AgentDaemonSet, GatewayDeployment, TailSamplingGateway } from '../../../src';

/** What is said of a chart in `namespace`; empty when nothing is. */
function said(namespace: string | undefined, build: (chart: Chart) => void): string {
  const app = new App();
  const chart = new Chart(app, 'telemetry', { namespace });
  build(chart);
  try {
    Testing.synth(chart);
    return '';
  } catch (error) {
    return (error as Error).message.replace(/\n +/g, ' ');
  }
}

const attributes = (chart: Chart) => {
  new AgentDaemonSet(chart, 'agent', { exportTo, kubernetesAttributes: {} });
};

test('who asks for pods of all namespaces is given it by the name of his own', () => {
  expect(said(undefined, attributes)).toContain(
    '[telemetry/agent] namespace: must be known where processors.k8s_attributes asks for more than'
    + ' its own namespace, got none. → give its chart one: new Chart(app, id, { namespace }).');
  expect(said('observability', attributes)).toBe('');
});

test('who looks up nothing, or in the own namespace only, may be anywhere', () => {
  expect(said(undefined, (chart) => {
    const forwardTo = new TailSamplingGateway(chart, 'sampler', { exportTo, policies });
    new AgentDaemonSet(chart, 'agent', { forwardTo });
    new GatewayDeployment(chart, 'gateway', { exportTo });
  })).toBe('');
});
