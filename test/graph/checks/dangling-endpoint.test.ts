import { App, Chart, Testing } from 'cdk8s';
import { exportTo, policies } from './props';
import {
  AgentDaemonSet, Backend, GatewayDeployment, Protocol, Signal, TailSamplingGateway,
} from '../../../src';
import { complaints } from '../../synthesized';

function agentSendsTo(endpoint: string, signals = [Signal.METRICS]) {
  return (chart: Chart) => {
    new TailSamplingGateway(chart, 'sampler', {
      exportTo, policies, protocols: [Protocol.GRPC],
    });
    new AgentDaemonSet(chart, 'agent', {
      exportTo: [
        endpoint.startsWith('http') ? Backend.otlpHttp('typed', { endpoint, signals })
          : Backend.otlp('typed', { endpoint, signals }),
      ],
    });
  };
}

test.each([
  ['sampler:4318',
    '[telemetry/agent] exporters.otlp_grpc/typed: telemetry/sampler takes OTLP over gRPC on port'
    + ' 4317, got "sampler:4318" with port 4318. → give `forwardTo` that construct: the port then'
    + ' follows by itself.'],
  ['http://sampler:4318',
    '[telemetry/agent] exporters.otlp_http/typed: telemetry/sampler does not take OTLP over HTTP,'
    + ' got "http://sampler:4318". → give `forwardTo` that construct, or add HTTP to its'
    + ' `protocols`.'],
  ['smapler:4317',
    '[telemetry/agent] exporters.otlp_grpc/typed: must be sent to a Service that exists, got'
    + ' "smapler:4317" (did you mean sampler?). → give `forwardTo` that construct; if it is another'
    + ' Service indeed, write its name with its namespace, such as smapler.observability.svc.'],
])('%s leads nowhere', (endpoint, sentence) => {
  expect(complaints(agentSendsTo(endpoint))).toEqual([sentence]);
});

test.each([
  'sampler:4317', 'sampler.observability.svc:4317', 'http://sampler-headless:4317', 'store:9',
  'sampler2:4317',
])('%s leads somewhere, or outside', (endpoint) => {
  const typed = (chart: Chart) => {
    new TailSamplingGateway(chart, 'sampler', { exportTo, policies });
    new AgentDaemonSet(chart, 'agent', {
      exportTo: [Backend.otlp('typed', { endpoint, signals: [Signal.METRICS] })],
    });
  };
  expect(complaints(typed)).toEqual([]);
});

function acrossCharts(namespace: string | undefined): string {
  const app: App = Testing.app();
  const gateway = new GatewayDeployment(
    new Chart(app, 'gateways', { namespace }), 'gateway', { exportTo });
  new AgentDaemonSet(
    new Chart(app, 'agents', { namespace: 'apps' }), 'agent', { forwardTo: gateway });
  try {
    app.synth();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

test('a tier of no namespace is not found from another one', () => {
  expect(acrossCharts(undefined)).toContain(
    'exporters.otlp_grpc/gateway: gateways/gateway must be in a known namespace to be reached from'
    + ' "apps", got none.\n    → give its chart that namespace: new Chart(app, id, { namespace'
    + ' }).');
});

test('a tier is found across namespaces that are known', () => {
  expect(acrossCharts('telemetry')).toBe('');
});
