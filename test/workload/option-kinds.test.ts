/** Apps that are not type-checked: what is of the wrong kind is told, and never written. */
import { Duration, Size } from 'cdk8s';
import { Backend, GatewayDeployment, NginxLoadBalancer } from '../../src';
import { complaints } from '../synthesized';

const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];

function says(props: object): string[] {
  return complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, ...props });
  });
}

test.each<[string, unknown, RegExp]>([
  ['env', null, /must be texts by names of variables, got null\. → give `env` \{ ZONE: 'a' \}/],
  ['env', 'x', /must be texts by names of variables, got "x"/],
  ['env', new Map(), /must be texts by names of variables, got a Map/],
  ['labels', ['a'], /must be texts by names of labels, got \["a"\]/],
  ['annotations', null, /must be texts by names of annotations, got null/],
  ['configChecksum', 0, /must be true or false, got 0/],
  ['volumes', null, /must be a list of volumes with a name each, got null/],
  ['volumes', [null], /must be a list of volumes with a name each, got \[null\]/],
  ['volumes', {}, /must be a list of volumes with a name each, got \{\}/],
  ['volumeMounts', null, /must be a list of mounts with a name and a mountPath each, got null/],
  ['volumeMounts', [null], /must be a list of mounts .* got \[null\]/],
  ['volumeMounts', [{ name: 'a' }], /must be a list of mounts .* got a list of \{"name":"a"\}/],
  ['containers', null, /must be a list of containers with a name each, got null/],
  ['containers', [null], /must be a list of containers with a name each, got \[null\]/],
  ['containers', {}, /must be a list of containers with a name each, got \{\}/],
  ['containers', [{ image: 'x' }], /must be a list of containers with a name each, got/],
  ['containers', [{ name: 'a', ports: 'x' }], /must be a list of containers with a name each/],
  ['initContainers', null, /must be a list of containers with a name each, got null/],
  ['initContainers', [null], /must be a list of containers with a name each, got \[null\]/],
  ['initContainers', {}, /must be a list of containers with a name each, got \{\}/],
  ['command', 'x', /must be a list of texts, got "x"/],
  ['command', [5], /must be a list of texts, got \[5\]/],
  ['envFrom', 'x', /must be a list of sources, got "x"/],
  ['hostAliases', 'x', /must be a list of addresses with their names, got "x"/],
  ['imagePullSecrets', 'x', /must be a list of texts, got "x"/],
  ['imagePullSecrets', [{ name: 'x' }], /must be a list of texts, got a list of/],
  ['imagePullPolicy', null, /must be one of Always, IfNotPresent, Never, got null/],
  ['resizePolicy', 'x', /must be a list of policies with a resourceName each, got "x"/],
  ['topologySpreadConstraints', 'x', /must be a list of constraints .* got "x"/],
  ['featureGates', 'x', /must be a list of texts, got "x"/],
  ['extraArgs', null, /must be a list of texts, got null/],
  ['extraArgs', '--x', /must be a list of texts, got "--x"/],
  ['startupProbe', null, /must be options, which are period, .* got null/],
  ['livenessProbe', null, /must be options, which are period, .* got null/],
  ['readinessProbe', { periodSeconds: 5 }, /must be options, .* got \{"periodSeconds":5\}/],
  ['cpuLimitMillis', Symbol('x'), /must be a whole number from 1 on, got Symbol\(x\)/],
  ['lifecycle', 'x', /must be a Lifecycle, got "x"/],
  ['securityContext', null, /must be a PodSecurityContext, got null/],
  ['containerSecurityContext', Duration.seconds(1), /must be a SecurityContext, got a Duration/],
  ['hostNetwork', 'false', /must be true or false, got "false"/],
  ['hostPid', 1, /must be true or false, got 1/],
  ['hostUsers', 'x', /must be true or false, got "x"/],
  ['shareProcessNamespace', 'x', /must be true or false, got "x"/],
  ['automountServiceAccountToken', 'x', /must be true or false, got "x"/],
  ['priorityClassName', {}, /must be a text, got \{\}\. → give `priorityClassName` 'high'/],
  ['runtimeClassName', { a: 1 }, /must be a text, got \{"a":1\}/],
  ['schedulerName', Size.mebibytes(1), /must be a text, got a Size/],
  ['dnsConfig', 'x', /must be a PodDnsConfig, got "x"/],
  ['affinity', [], /must be an Affinity, got \[\]/],
])('refuses pods whose %s is of another kind, %#', (option, value, pattern) => {
  expect(says({ pod: { [option]: value } })).toEqual([
    expect.stringMatching(new RegExp(`pod: ${option} ${pattern.source}`)),
  ]);
});

test.each<[string, unknown, string]>([
  ['lifecycle', { a: 1 }, 'a'],
  ['containers', [{ name: 'a', stopSignal: 'x' }], 'stopSignal'],
  ['envFrom', [{ configMap: 'x' }], 'configMap'],
  ['securityContext', { appArmorProfile: {} }, 'appArmorProfile'],
])('refuses fields of %s that would be dropped unsaid', (option, value, field) => {
  expect(says({ pod: { [option]: value } })).toEqual([expect.stringMatching(
    new RegExp(`pod: ${option} must hold fields of Kubernetes 1\\.28, got ${field}\\.`))]);
});

test.each([null, {}, 'x', [null], [{}]])('variables are looked at first of all, %#', (envVars) => {
  expect(says({ pod: { envVars } })).toEqual([expect.stringMatching(
    /pod: must be .* envVars \(a list of variables with a name each\), .* got \{"envVars":/)]);
});

test.each<[string, unknown, RegExp]>([
  ['type', null, /must be one of ClusterIP, NodePort, LoadBalancer, got null/],
  ['ipFamilies', 'IPv4', /must be a list of texts, got "IPv4"/],
  ['ipFamilies', null, /must be a list of texts, got null/],
  ['labels', null, /must be texts by names of labels, got null/],
  ['annotations', 'x', /must be texts by names of annotations, got "x"/],
  ['loadBalancerClass', {}, /must be a text, got \{\}/],
  ['loadBalancerIp', 5, /must be a text, got 5/],
  ['nodePorts', null, /must be ports by grpc, http, got null/],
  ['loadBalancerSourceRanges', '10.0.0.0/8', /must be a list of texts, got "10/],
  ['publishNotReadyAddresses', 'x', /must be true or false, got "x"/],
])('refuses Services whose %s is of another kind, %#', (option, value, pattern) => {
  const sentence = expect.stringMatching(new RegExp(`service: ${option} ${pattern.source}`));
  expect(says({ service: { [option]: value } })).toEqual([sentence]);
  expect(complaints((chart) => {
    const target = new GatewayDeployment(chart, 'gateway', { exportTo });
    new NginxLoadBalancer(chart, 'front', { target, service: { [option]: value } as object });
  })).toEqual([sentence]);
});

test.each<[string, unknown, RegExp]>([
  ['maxSurge', null, /must be a whole number from 0 on or a percentage, got null/],
  ['maxUnavailable', 10n, /must be a whole number from 0 on or a percentage, got 10/],
  ['minReady', Duration.millis(0.5), /must be a Duration of whole seconds, got a Duration/],
  ['minReady', null, /must be a Duration of whole seconds, got null/],
  ['strategy', {}, /must be a text, got \{\}/],
  ['revisionHistoryLimit', Symbol('x'), /must be a whole number from 0 on, got Symbol\(x\)/],
])('refuses roll-outs whose %s is of another kind, %#', (option, value, pattern) => {
  expect(says({ rollout: { [option]: value } })).toEqual([
    expect.stringMatching(new RegExp(`rollout: ${option} ${pattern.source}`)),
  ]);
});

test.each<[object, RegExp]>([
  [{ period: Duration.millis(0.5) }, /livenessProbe\.period must be a Duration of whole seconds/],
  [{ timeout: null }, /livenessProbe\.timeout must be a Duration of whole seconds/],
  [{ successThreshold: Symbol('x') }, /successThreshold must be .* from 1 on, got Symbol\(x\)/],
  [{ failureThreshold: Symbol('x') }, /failureThreshold must be .* from 1 on, got Symbol\(x\)/],
])('refuses probes with other kinds, %#', (livenessProbe, pattern) => {
  expect(says({ pod: { livenessProbe } })).toEqual([expect.stringMatching(pattern)]);
});
