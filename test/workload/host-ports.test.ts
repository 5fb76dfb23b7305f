import {
  AgentDaemonSet, Backend, CertificateIssuer, GatewayDeployment, HostPorts, Protocol, Receiver,
  TransportSecurity, type ReceiverPort,
} from '../../src';
import { complaints, synthesized } from '../synthesized';

const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];

function agent(props: object) {
  return synthesized((chart) => { new AgentDaemonSet(chart, 'agent', { exportTo, ...props }); });
}

function portsOf(props: object) {
  return agent(props).podOf('agent').spec.containers[0].ports
    .map(({ containerPort, hostPort }: any) => [containerPort, hostPort]);
}

test('an agent takes ports of its node when it is told to', () => {
  expect(portsOf({})).toEqual([
    [4317, undefined], [4318, undefined], [8888, undefined], [13133, undefined],
  ]);
  expect(portsOf({ hostPorts: HostPorts.same(), grpcPort: 14317 })).toEqual([
    [14317, 14317], [4318, 4318], [8888, undefined], [13133, undefined],
  ]);
  expect(portsOf({ hostPorts: HostPorts.at({ http: 40318 }) }).slice(0, 2)).toEqual([
    [4317, undefined], [4318, 40318],
  ]);
});

test('an agent that has a port of its node ends before the next one starts', () => {
  expect(agent({ hostPorts: HostPorts.same() }).get('DaemonSet', 'agent').spec.updateStrategy)
    .toEqual({ type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: '10%' } });
});

test('applications learn by variables where the agent on their node is', () => {
  synthesized((chart) => {
    const byPort = new AgentDaemonSet(
      chart, 'by-port', { exportTo, hostPorts: HostPorts.at({ grpc: 40317 }) });
    const byService = new AgentDaemonSet(
      chart, 'by-service', { exportTo, protocols: [Protocol.HTTP] });
    expect(byPort.endpointEnv).toEqual([
      { name: 'NODE_IP', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } },
      { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'http://$(NODE_IP):40317' },
      { name: 'OTEL_EXPORTER_OTLP_PROTOCOL', value: 'grpc' },
    ]);
    expect(byService.endpointEnv).toEqual([
      {
        name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
        value: 'http://by-service.observability.svc.cluster.local:4318',
      },
      { name: 'OTEL_EXPORTER_OTLP_PROTOCOL', value: 'http/protobuf' },
    ]);
  });
});

test('with TLS an agent is sent to by its name, which is what its certificate holds', () => {
  synthesized((chart) => {
    const encrypted = new AgentDaemonSet(chart, 'agent', {
      exportTo,
      hostPorts: HostPorts.same(),
      transportSecurity: TransportSecurity.tls(CertificateIssuer.certManager('ca')),
    });
    expect(encrypted.endpointEnv[0].value)
      .toBe('https://agent.observability.svc.cluster.local:4317');
  });
});

test('a gateway takes no ports of its nodes', () => {
  expect(complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, hostPorts: HostPorts.same() } as any);
  })).toEqual([expect.stringMatching(/hostPorts: must be left to agents, .*got a HostPorts\./)]);
});

test.each<[object, RegExp]>([
  [{ hostPorts: HostPorts.at({}) }, /hostPorts: must be one port at least, got none/],
  [{ hostPorts: HostPorts.at({ grpc: 70000 }) }, /grpc must be a whole number .* got 70000/],
  [{ hostPorts: HostPorts.at({ grpc: 1, http: 1 }) }, /must differ from each other, got 1 twice/],
  [{ hostPorts: HostPorts.at({ grpc: 4317 }), protocols: [Protocol.HTTP] },
    /grpc must be among the `protocols` of the agent/],
  [{ hostPorts: true }, /hostPorts: must be HostPorts, got true\. → .* HostPorts\.same\(\)/],
])('refuses ports that no node has, %#', (props, pattern) => {
  expect(complaints((chart) => {
    new AgentDaemonSet(chart, 'agent', { exportTo, ...props });
  })).toEqual([expect.stringMatching(pattern)]);
});

function zipkin(port: object = { hostPort: 9411 }): object {
  const ports = [{ name: 'zipkin', port: 9411, ...port } as ReceiverPort];
  return { receive: [Receiver.fromYaml('zipkin', { endpoint: '${env:POD_IP}:9411' }, { ports })] };
}

test('a receiver of an agent may have a port of the node, and its agent then makes room', () => {
  expect(portsOf(zipkin()).slice(2, 3)).toEqual([[9411, 9411]]);
  expect(portsOf(zipkin({ hostPort: 39411 })).slice(2, 3)).toEqual([[9411, 39411]]);
  expect(portsOf(zipkin({})).slice(2, 3)).toEqual([[9411, undefined]]);
  expect(agent(zipkin()).get('DaemonSet', 'agent').spec.updateStrategy.rollingUpdate)
    .toEqual({ maxSurge: 0, maxUnavailable: '10%' });
});

test('two agents on one node do not take one port for their receivers', () => {
  expect(complaints((chart) => {
    new AgentDaemonSet(chart, 'one', { exportTo, ...zipkin() });
    new AgentDaemonSet(chart, 'two', { exportTo, ...zipkin() });
  })).toEqual([expect.stringMatching(/hostPorts: must be free on every node .* got 9411\./)]);
});

test.each<[object, RegExp]>([
  [zipkin({ hostPort: 0 }), /receive: hostPort of zipkin must be a whole number .* got 0\./],
  [{ ...zipkin({ hostPort: 4317 }), hostPorts: HostPorts.same() },
    /receive: hostPort of zipkin must differ from other ports of the node, got 4317 twice/],
  [{ ...zipkin({ hostPort: 39411 }), pod: { hostNetwork: true } },
    /hostPorts: must be the ports of the pod itself where .* got 39411 for 9411\./],
])('refuses ports of the node for receivers that cannot be, %#', (props, pattern) => {
  expect(complaints((chart) => {
    new AgentDaemonSet(chart, 'agent', { exportTo, ...props });
  })).toEqual([expect.stringMatching(pattern)]);
});

test('a receiver of a gateway takes no port of its nodes', () => {
  expect(complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, ...zipkin() });
  })).toEqual([expect.stringMatching(/hostPort of zipkin must be left to agents, .* got 9411\./)]);
});
