import { Size } from 'cdk8s';
import {
  AgentDaemonSet, Backend, GatewayDeployment, HostPorts, HostScraper, SendingQueue,
} from '../../src';
import { complaints, synthesized } from '../synthesized';

const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];
const volumes = [{ name: 'v', emptyDir: {} }];
const mount = (mountPath: string) => ({ name: 'v', mountPath });
const sidecar = (fields: object) => ({ containers: [{ name: 'x', image: 'x', ...fields }] });
const native = (fields: object) => ({
  initContainers: [{ name: 'x', image: 'x', restartPolicy: 'Always', ...fields }],
});

function says(props: object): string[] {
  return complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, ...props });
  });
}

function agentSays(props: object): string[] {
  return complaints((chart) => {
    new AgentDaemonSet(chart, 'agent', { exportTo, ...props });
  });
}

test.each<[object, RegExp]>([
  [{ volumes, volumeMounts: [mount('/etc/otelgw')] },
    /volumeMounts must be at paths of their own, got \/etc\/otelgw twice/],
  [{ volumes, volumeMounts: [mount('/etc/otelgw/')] }, /got \/etc\/otelgw twice/],
  [{ volumes, volumeMounts: [mount('/x'), mount('/x')] }, /got \/x twice/],
  [{ volumes, ...sidecar({ volumeMounts: [mount('/x'), mount('/x')] }) },
    /volumeMounts of x must be at paths of their own, got \/x twice/],
  [sidecar({ volumeMounts: [mount('/x')] }),
    /volumeMounts of x must name one of the `volumes` \(config\), got v/],
  [{ volumes: [{ name: 'My_Vol', emptyDir: {} }] }, /volumes must have names of .* got "My_Vol"/],
  [sidecar({ name: 'My_Car' }), /containers must have names of lower-case .* got "My_Car"/],
  [{ annotations: { a: 5 } }, /annotations must be what Kubernetes takes, .* got \{ "a": 5 \}/],
  [{ annotations: { 'bad key': 'x' } }, /annotations must be .* got \{ "bad key": "x" \}/],
  [sidecar({ ports: [{ containerPort: 4317 }] }),
    /ports of container x must be free in the pod, got port 4317\/TCP a second time/],
  [sidecar({ ports: [{ name: 'metrics', containerPort: 1234 }] }), /got port name metrics a/],
  [native({ ports: [{ containerPort: 8888 }] }), /got port 8888\/TCP a second time/],
  [{ hostUsers: false, hostNetwork: true }, /hostUsers must not be false beside the network/],
  [{ hostUsers: false, hostPid: true }, /hostUsers must not be false beside the network or/],
])('refuses what Kubernetes would, %#', (pod, pattern) => {
  expect(says({ pod })).toEqual([expect.stringMatching(pattern)]);
});

test('containers that are over before the collector starts take no ports of it', () => {
  const { initContainers } = native({ restartPolicy: undefined, ports: [{ containerPort: 4317 }] });
  expect(says({ pod: { initContainers } })).toEqual([]);
  expect(says({ pod: sidecar({ ports: [{ containerPort: 4317, protocol: 'UDP' }] }) })).toEqual([]);
});

test('a sidecar does not take the port of the node that the agent takes', () => {
  const pod = sidecar({ ports: [{ containerPort: 1, hostPort: 4317 }] });
  expect(agentSays({ hostPorts: HostPorts.same(), pod })).toEqual([
    expect.stringMatching(/ports of container x must be free .* got hostPort 4317\/TCP a second/),
  ]);
});

test('an agent makes room for ports of the node that sidecars take, native ones as well', () => {
  const ports = [{ containerPort: 1, hostPort: 5317 }];
  for (const pod of [sidecar({ ports }), native({ ports })]) {
    expect(synthesized((chart) => { new AgentDaemonSet(chart, 'agent', { exportTo, pod }); })
      .get('DaemonSet', 'agent').spec.updateStrategy.rollingUpdate)
      .toEqual({ maxSurge: 0, maxUnavailable: '10%' });
  }
});

test('users are not mapped where a feature needs the network of the node', () => {
  expect(agentSays({
    hostMetrics: { scrapers: [HostScraper.NETWORK] }, pod: { hostUsers: false },
  })).toEqual([expect.stringMatching(/pod: hostUsers must not be false beside/)]);
});

test('what asks the Kubernetes API has a token, or brings one', () => {
  const token = (pod: object) => agentSays({
    kubernetesAttributes: {}, pod: { automountServiceAccountToken: false, ...pod },
  });
  expect(token({})).toEqual([expect.stringMatching(
    /pod: automountServiceAccountToken must not be false where the configuration asks/)]);
  expect(token({
    volumes, volumeMounts: [mount('/var/run/secrets/kubernetes.io/serviceaccount')],
  })).toEqual([]);
  expect(says({ pod: { automountServiceAccountToken: false } })).toEqual([]);
});

test.each<[string, object, number | undefined, boolean | undefined, boolean | undefined]>([
  ['of the pod', { securityContext: { runAsUser: 0 } }, 0, false, undefined],
  ['of the container', { containerSecurityContext: { runAsUser: 0 } }, 65532, true, false],
  ['of nobody', {}, 65532, true, undefined],
])('who is told to be root is let: user %s', (_whose, pod, user, isNonRoot, isNonRootInside) => {
  const { spec } = synthesized((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, pod });
  }).podOf('gateway');
  expect(spec.securityContext).toMatchObject({ runAsUser: user, runAsNonRoot: isNonRoot });
  expect(spec.containers[0].securityContext.runAsNonRoot).toBe(isNonRootInside);
});

test.each<[object, object]>([
  [{}, { securityContext: { runAsUser: 0, runAsNonRoot: true } }],
  [{}, { containerSecurityContext: { runAsUser: 0, runAsNonRoot: true } }],
  [{ containerLogs: {} }, { securityContext: { runAsNonRoot: true } }],
])('refuses who is root and must not be, %#', (features, pod) => {
  expect(agentSays({ ...features, pod })).toEqual([
    expect.stringMatching(/pod: runAsNonRoot must not be true for a collector that is root/),
  ]);
});

test.each<[object, string]>([
  [{}, '65532:65532'],
  [{ securityContext: { runAsUser: 1000 } }, '1000:65532'],
  [{ securityContext: { runAsUser: 1000, runAsGroup: 2000 } }, '1000:2000'],
  [{ containerSecurityContext: { runAsUser: 5, runAsGroup: 6 } }, '5:6'],
])('the queue folder of the node belongs to whom the collector is, %#', (pod, owner) => {
  const queue = SendingQueue.persistent({ size: Size.gibibytes(1) });
  const { initContainers } = synthesized((chart) => {
    new AgentDaemonSet(chart, 'agent', {
      exportTo: [Backend.otlp('store', { endpoint: 'store:4317', queue })], pod,
    });
  }).podOf('agent').spec;
  expect(initContainers[0].command.slice(0, 3)).toEqual(['chown', '-R', owner]);
});

test('a pod has room on disk for the queues that last as long as it', () => {
  const queue = SendingQueue.ephemeral({ size: Size.gibibytes(4) });
  const told = (ephemeralStorage: Size) => says({
    exportTo: [Backend.otlp('store', { endpoint: 'store:4317', queue })], pod: { ephemeralStorage },
  });
  expect(told(Size.mebibytes(10))).toEqual([expect.stringMatching(
    /ephemeralStorage must be the 4096 MiB of queues and journals on disk at least, .* got 10/)]);
  expect(told(Size.gibibytes(5))).toEqual([]);
});

test.each<[object, RegExp]>([
  [{ type: 'LoadBalancer', loadBalancerSourceRanges: ['bad'] },
    /loadBalancerSourceRanges must hold ranges of addresses, got "bad"/],
  [{ type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.0/33'] }, /got "10\.0\.0\.0\/33"/],
  [{ type: 'LoadBalancer', loadBalancerSourceRanges: ['fd00::/8', 'fd00::/129'] },
    /got "fd00::\/129"/],
  [{ labels: { 'bad key': 'x' } }, /service: labels must be .* got \{ "bad key": "x" \}/],
  [{ labels: { a: 'x y' } }, /service: labels must be .* got \{ "a": "x y" \}/],
  [{ annotations: { 'bad key': 'x' } }, /service: annotations must be .* got \{ "bad key": "x" \}/],
  [{ annotations: { a: 1 } }, /service: annotations must be .* got \{ "a": 1 \}/],
  [{ ipFamilies: ['IPv4', 'IPv4'] }, /service: ipFamilies must hold each family once, got/],
])('refuses Services that Kubernetes would, %#', (service, pattern) => {
  expect(says({ service })).toEqual([expect.stringMatching(pattern)]);
});
