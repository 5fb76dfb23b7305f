/** Whom the pods of a tier may reach, where a namespace lets nothing out by itself. */
import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import {
  AgentDaemonSet, Backend, CollectorConfigOverrides, Discovery, GatewayDeployment,
  MultiLayerGateway, Receiver, Resolver, SamplingPolicy, Scaling, Signal, TailSamplingGateway,
  TelemetryTarget,
} from '../../src';
import { complaints, synthesized, type Objects } from '../synthesized';

const policies = [SamplingPolicy.alwaysSample('all')];
const exportTo = [Backend.otlp('store', { endpoint: 'store.tracing:4317' })];
const tcp = (...ports: number[]) => ports.map((port) => ({ protocol: 'TCP', port }));
const udp = (...ports: number[]) => ports.map((port) => ({ protocol: 'UDP', port }));
const podsOf = (name: string) => ({
  podSelector: {
    matchLabels: { 'app.kubernetes.io/name': 'otel-collector', 'app.kubernetes.io/instance': name },
  },
});

const DNS = { ports: [...udp(53, 5353), ...tcp(53, 5353)] };
const API = { ports: tcp(443, 6443) };
const CLOUD = { to: [{ ipBlock: { cidr: '169.254.0.0/16' } }], ports: tcp(80) };

function rulesOf(objects: Objects, name: string) {
  return objects.get('NetworkPolicy', `${name}-egress`).spec.egress;
}

/** Rules of a gateway with these props, without the one for name servers. */
function gateway(props: object): object[] {
  const [dns, ...others] = rulesOf(synthesized((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, egress: {}, ...props });
  }), 'gateway');
  expect(dns).toEqual(DNS);
  return others;
}

test('pods of a sampler reach each other, name servers, the API and the backend', () => {
  const objects = synthesized((chart) => {
    new TailSamplingGateway(chart, 'sampler', {
      exportTo, policies, egress: {}, scaling: Scaling.fixed(3),
    });
  });
  expect(objects.get('NetworkPolicy', 'sampler-egress').spec).toEqual({
    ...podsOf('sampler'),
    policyTypes: ['Egress'],
    egress: [DNS, { to: [podsOf('sampler')], ports: tcp(4319) }, { ports: tcp(4317) }, API],
  });
});

test('by DNS they need no API, and alone no other pod', () => {
  const objects = synthesized((chart) => {
    new TailSamplingGateway(chart, 'dns', {
      exportTo, policies, egress: {}, discovery: Discovery.DNS, scaling: Scaling.fixed(3),
    });
    new TailSamplingGateway(chart, 'alone', {
      exportTo, policies, egress: {}, scaling: Scaling.fixed(1),
    });
  });
  expect(rulesOf(objects, 'dns'))
    .toEqual([DNS, { to: [podsOf('dns')], ports: tcp(4319) }, { ports: tcp(4317) }]);
  expect(rulesOf(objects, 'alone')).toEqual([DNS, { ports: tcp(4317) }]);
});

test('senders reach the pods of the tier that they forward to, once for each port', () => {
  const objects = synthesized((chart) => {
    const forwardTo = new TailSamplingGateway(chart, 'sampler', {
      exportTo, policies, grpcPort: 14_317,
    });
    new AgentDaemonSet(chart, 'agent', { forwardTo, egress: {} });
  });
  expect(rulesOf(objects, 'agent'))
    .toEqual([DNS, { to: [podsOf('sampler')], ports: tcp(14_317) }, API]);
});

test('a tier in another namespace is meant by that', () => {
  const objects = synthesized((chart, app) => {
    const elsewhere = new Chart(app, 'elsewhere', { namespace: 'tracing' });
    const forwardTo = new GatewayDeployment(elsewhere, 'gateway', { exportTo });
    new AgentDaemonSet(chart, 'agent', { forwardTo, egress: {} });
  });
  expect(rulesOf(objects, 'agent')[1].to).toEqual([{
    ...podsOf('gateway'),
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'tracing' } },
  }]);
});

test('each layer of a chain has its own', () => {
  const objects = synthesized((chart) => {
    new MultiLayerGateway(chart, 'chain', {
      exportTo,
      layers: [{ name: 'router', egress: {} }, { name: 'sampler', tailSampling: { policies } }],
    });
  });
  expect(rulesOf(objects, 'chain-router')[1].to).toEqual([podsOf('chain-sampler')]);
  expect(objects.has('NetworkPolicy', 'chain-sampler-egress')).toBe(false);
});

const raw = (yaml: string) => CollectorConfigOverrides.fromYaml(yaml);

test.each<[string, object, object[]]>([
  ['a URL without a port', {
    exportTo: [Backend.otlpHttp('store', { endpoint: 'https://store.example.com' })],
  }, [{ ports: tcp(443) }]],
  ['one in plain text', {
    exportTo: [Backend.otlpHttp('store', { endpoint: 'http://store' })],
  }, [{ ports: tcp(80) }]],
  ['a variable that is not the port', {
    exportTo: [Backend.otlp('store', { endpoint: '${env:HOST}:5317' })],
    pod: { env: { HOST: 'store' } },
  }, [{ ports: tcp(5317) }]],
  ['Prometheus', {
    exportTo: [Backend.prometheusRemoteWrite('prom', { endpoint: 'http://prometheus:9090/write' })],
  }, [{ ports: tcp(9090) }]],
  ['what is scraped from it', { exportTo: [Backend.prometheus('page')] }, []],
  ['telemetry of its own', {
    config: raw('service: {telemetry: {metrics: {readers: [{periodic: {exporter: {otlp:'
      + ' {protocol: http/protobuf, endpoint: "http://own:4318"}}}}]}}}'),
  }, [{ ports: tcp(4317, 4318) }]],
  ['Cloud Map', {
    exportTo: undefined,
    forwardTo: TelemetryTarget.external('others', {
      resolver: Resolver.awsCloudMap({ namespace: 'n', serviceName: 's', port: 4317 }),
    }),
  }, [{ ports: tcp(443, 4317) }, CLOUD]],
  ['what is asked for besides', {
    receive: [Receiver.fromYaml('redis', { endpoint: 'redis:6379' })],
    egress: { rules: [{ ports: [{ port: k8s.IntOrString.fromNumber(6379) }] }] },
  }, [{ ports: tcp(4317) }, { ports: [{ port: 6379 }] }]],
])('%s is reached', (_, props, rules) => {
  expect(gateway(props)).toEqual(rules);
});

test('agents reach the kubelet, and clouds that say where they are', () => {
  const objects = synthesized((chart) => {
    new AgentDaemonSet(chart, 'agent', {
      exportTo, egress: {}, kubeletMetrics: {}, hostMetrics: {}, resourceDetection: ['env', 'ec2'],
    } as never);
  });
  expect(rulesOf(objects, 'agent')).toEqual([DNS, { ports: tcp(4317, 10_250) }, API, CLOUD]);
});

test('ports of name servers and of the API can be others', () => {
  const objects = synthesized((chart) => {
    new TailSamplingGateway(chart, 'sampler', {
      exportTo, policies, egress: { dnsPorts: [53], apiServerPorts: [8443] },
    });
  });
  expect(rulesOf(objects, 'sampler')).toEqual([
    { ports: [...udp(53), ...tcp(53)] }, { to: [podsOf('sampler')], ports: tcp(4319) },
    { ports: tcp(4317) }, { ports: tcp(8443) },
  ]);
});

test('nothing is written unless it is asked for', () => {
  const objects = synthesized((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo });
  });
  expect(objects.all.filter(({ kind }) => kind === 'NetworkPolicy')).toEqual([]);
});

test.each<[string, object, RegExp]>([
  ['whom a receiver asks', { receive: [Receiver.fromYaml('redis', {})] },
    /egress: must say whom receivers\.redis may reach, which nobody can know here\. → give `egr/],
  ['the port in a variable', {
    exportTo: [Backend.otlp('store', { endpoint: '${env:STORE}' })],
    pod: { envVars: [{ name: 'STORE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }] },
  }, /egress: must say whom exporters\.otlp_grpc\/store may reach/],
  ['another option', { egress: { to: [] } }, /egress: must be options, which are rules, dnsPorts,/],
  ['no ports', { egress: { dnsPorts: [] } }, /egress: dnsPorts must be a list of ports from 1 to/],
  ['no rule', { egress: { rules: ['x'] } }, /egress: rules must be a list of rules, got/],
])('%s is told', (_, props, sentence) => {
  expect(complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', {
      exportTo, signals: [Signal.METRICS, Signal.TRACES], egress: {}, ...props,
    });
  })).toEqual([expect.stringMatching(sentence)]);
});
