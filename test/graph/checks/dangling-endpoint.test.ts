import { App, Chart, Testing } from 'cdk8s';
import { exportTo, policies, raw } from './props';
import { tiersOf } from './tiers';
import {
  AgentDaemonSet, Backend, CollectorImage, GatewayDeployment, Protocol, Resolver, Signal,
  TailSamplingGateway,
} from '../../../src';
import { danglingEndpoint } from '../../../src/graph/checks/dangling-endpoint';
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

function byKubernetes(name: string, namespace: string, ports = [4317]) {
  return complaints((chart) => {
    new TailSamplingGateway(chart, 'sampler', { exportTo, policies });
    new AgentDaemonSet(chart, 'agent', {
      exportTo: [Backend.loadBalanced('typed', {
        resolver: Resolver.kubernetes({ name, namespace, port: ports[0] }),
      })],
      ...raw('exporters: {load_balancing/typed: {resolver: {k8s: {ports:'
        + ` [${ports.join(', ')}]}}}}`),
    });
  });
}

const ROUTED = '[telemetry/agent] exporters.load_balancing/typed:';

test.each([['smapler', 'observability'], ['sampler', 'observabilty']])(
  'a slip in %s.%s is told', (name, namespace) => {
    expect(byKubernetes(name, namespace)).toEqual([
      `${ROUTED} must be sent to a Service that exists, got "${name}.${namespace}" (did you mean`
      + ' sampler.observability?). → give `forwardTo` that construct; if it is another Service'
      + ` indeed, ask for its headless one by Resolver.dns('${name}.${namespace}.svc').`,
    ]);
  });

test('all ports of a Service that Kubernetes is asked for are looked at', () => {
  expect(byKubernetes('sampler', 'observability', [4317, 4319])).toEqual([
    `${ROUTED} telemetry/sampler takes OTLP over gRPC on port 4317, got "sampler.observability"`
    + ' with port 4319. → give `forwardTo` that construct: the port then follows by itself.',
  ]);
});

test.each([['store', 'elsewhere'], ['sampler', 'elsewhere'], ['sampler-2', 'observability']])(
  '%s.%s is no slip', (name, namespace) => {
    expect(byKubernetes(name, namespace)).toEqual([]);
  });

test('namespaces of siblings are no slips', () => {
  const [sender, sampler] = tiersOf((chart) => {
    new AgentDaemonSet(chart, 'agent', {
      exportTo: [Backend.loadBalanced('typed', {
        resolver: Resolver.kubernetes({ name: 'sampler', namespace: 'team-b' }),
      })],
    });
    new TailSamplingGateway(chart, 'sampler', { exportTo, policies });
  });
  const inNamespace = (namespace: string) =>
    danglingEndpoint(sender, [sender, { ...sampler, namespace }]);
  expect(inNamespace('team-a')).toEqual([]);
  expect(inNamespace('taem-b')).toHaveLength(1);
});

test('over HTTP each signal may lead nowhere by itself', () => {
  expect(complaints((chart) => {
    new TailSamplingGateway(chart, 'sampler', { exportTo, policies, protocols: [Protocol.GRPC] });
    new AgentDaemonSet(chart, 'agent', {
      image: CollectorImage.contrib('0.159.0'),
      signals: [Signal.LOGS],
      exportTo: [Backend.fromYaml('raw', 'otlp_http', {
        endpoint: 'http://store:4318', logs_endpoint: 'http://smapler:4318/v1/logs',
      })],
    });
  })).toEqual([
    '[telemetry/agent] exporters.otlp_http/raw.logs_endpoint: must be sent to a Service that'
    + ' exists, got "http://smapler:4318/v1/logs" (did you mean sampler?). → give `forwardTo` that'
    + ' construct; if it is another Service indeed, write its name with its namespace, such as'
    + ' smapler.observability.svc.',
  ]);
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
