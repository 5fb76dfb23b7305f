import { Size } from 'cdk8s';
import {
  AgentDaemonSet, Backend, GatewayDeployment, GatewayStatefulSet, HostPorts, Placement, Platform,
  SendingQueue,
} from '../../src';
import { complaints, synthesized } from '../synthesized';

const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];
const LOGS = {
  pod: {
    volumes: [{ name: 'logs', hostPath: { path: '/var/log/pods' } }],
    volumeMounts: [{ name: 'logs', mountPath: '/var/log/pods', readOnly: true }],
  },
};
const ROOT_FOLDER = {
  pod: {
    volumes: [{ name: 'root', hostPath: { path: '/' } }],
    volumeMounts: [{ name: 'root', mountPath: '/hostfs', readOnly: true }],
  },
};
const WRITTEN = {
  pod: { ...LOGS.pod, volumeMounts: [{ name: 'logs', mountPath: '/var/log/pods' }] },
};
const PRIVILEGED = { pod: { containerSecurityContext: { privileged: true } } };

function agentSays(platform: Platform, props: object = {}): string[] {
  return complaints((chart) => {
    new AgentDaemonSet(chart, 'agent', { exportTo, platform, ...props });
  });
}

function agent(platform: Platform, props: object = {}) {
  return synthesized((chart) => {
    new AgentDaemonSet(chart, 'agent', { exportTo, platform, ...props });
  });
}

test.each<[string, Platform, object, RegExp]>([
  ['agents', Platform.eksFargate(), {}, /EKS Fargate does not take DaemonSets\. → let/],
  ['host ports', Platform.gkeAutopilot(), { hostPorts: HostPorts.same() },
    /GKE Autopilot does not take ports of the node\. → leave it out: applications/],
  ['the host\'s network', Platform.gkeAutopilot(), { pod: { hostNetwork: true } },
    /does not take the network of the node/],
  ['the host\'s processes', Platform.gkeAutopilot(), { pod: { hostPid: true } },
    /does not take the processes of the node/],
  ['the host\'s folders', Platform.gkeAutopilot(), ROOT_FOLDER,
    /does not take folders of the node other than \/var\/log\./],
  ['writing logs', Platform.gkeAutopilot(), WRITTEN, /does not take writing to folders of the no/],
  ['privileges', Platform.gkeAutopilot(), PRIVILEGED, /does not take privileged containers/],
  ['labels of nodes', Platform.gkeAutopilot(), { placement: Placement.onNodes({ pool: 'a' }) },
    /does not take the label pool without a taint of the same name\. → use Placement\.onPool/],
])('%s are refused where they cannot be', (_what, platform, props, pattern) => {
  expect(agentSays(platform, props)).toEqual([expect.stringMatching(pattern)]);
});

test('GKE Autopilot takes logs of containers without checkpoints, and says so', () => {
  const platform = Platform.gkeAutopilot();
  expect(agentSays(platform, { containerLogs: { hasCheckpoints: false } })).toEqual([]);
  expect(agentSays(platform, { containerLogs: {} })).toEqual([
    expect.stringMatching(/→ leave out what reads them; `containerLogs` needs `hasCheckpoints: f/),
    expect.stringMatching(/→ keep .*StatefulSet; `containerLogs` needs `hasCheckpoints: false`\./),
  ]);
});

test.each<[string, object]>([
  ['an agent', {}],
  ['reading logs', LOGS],
  ['a pool of nodes', { placement: Placement.onPool('pool', 'a') }],
])('GKE Autopilot takes %s', (_what, props) => {
  expect(agentSays(Platform.gkeAutopilot(), props)).toEqual([]);
});

test('EKS Fargate takes gateways, but no claims', () => {
  const platform = Platform.eksFargate();
  const queue = SendingQueue.persistent({ size: Size.gibibytes(1) });
  const says = (build: (queue: SendingQueue) => object, Tier: typeof GatewayStatefulSet) =>
    complaints((chart) => {
      const next = new GatewayDeployment(chart, 'next', { exportTo, platform });
      new Tier(chart, 'gateway', { forwardTo: next, platform, ...build(queue) });
    });
  expect(says(() => ({}), GatewayStatefulSet)).toEqual([]);
  expect(says(() => ({ queue }), GatewayStatefulSet)).toEqual([
    expect.stringMatching(/volumes that are made on request\. → use SendingQueue\.eph/),
  ]);
});

test.each<[string, Platform, string, string]>([
  ['EKS', Platform.eks(), 'eks.amazonaws.com/compute-type', 'fargate'],
  ['AKS', Platform.aks(), 'type', 'virtual-kubelet'],
])('agents on %s stay off nodes that are none', (_name, platform, key, value) => {
  const excluded = { key, operator: 'NotIn', values: [value] };
  const terms = (props: object) => agent(platform, props).podOf('agent').spec
    .affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms;
  expect(terms({})).toEqual([{ matchExpressions: [excluded] }]);
  expect(terms({ placement: Placement.offSpotNodes() })[0].matchExpressions.at(-1))
    .toEqual(excluded);
});

test('gateways go where they may on EKS and AKS', () => {
  for (const platform of [Platform.eks(), Platform.aks()]) {
    expect(synthesized((chart) => {
      new GatewayDeployment(chart, 'gateway', { exportTo, platform });
    }).podOf('gateway').spec).not.toHaveProperty('affinity');
  }
});

test('OpenShift chooses users by itself', () => {
  const objects = agent(Platform.openShift());
  expect(objects.podOf('agent').spec.securityContext).toEqual({
    runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' },
  });
  expect(objects.has('Role', 'agent-uses-scc')).toBe(false);
});

test.each<[string, object, string]>([
  ['ports of the node', { hostPorts: HostPorts.same() }, 'hostnetwork-v2'],
  ['folders of the node', LOGS, 'privileged'],
  ['processes of the node', { pod: { hostPid: true } }, 'privileged'],
])('on OpenShift an agent with %s may use a constraint that allows it', (_what, props, name) => {
  const objects = agent(Platform.openShift(), props);
  expect(objects.get('Role', 'agent-uses-scc').rules).toEqual([{
    apiGroups: ['security.openshift.io'],
    resources: ['securitycontextconstraints'],
    resourceNames: [name],
    verbs: ['use'],
  }]);
  expect(objects.get('RoleBinding', 'agent-uses-scc').subjects).toEqual([
    { kind: 'ServiceAccount', name: 'agent', namespace: 'observability' },
  ]);
});

test('SELinux lets an agent on OpenShift see folders of its node', () => {
  expect(agent(Platform.openShift(), LOGS).podOf('agent').spec.securityContext)
    .toMatchObject({ seLinuxOptions: { type: 'spc_t' }, runAsUser: 65532 });
});
