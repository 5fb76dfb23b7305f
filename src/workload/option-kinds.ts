/** What the options of pods, roll-outs and Services must be. */
import { k8s } from 'cdk8s-plus-28';
import { isPort } from './ports';
import {
  anyValue, durationOf, isMap, kindOf, listOf, oneOf, textOf, trueOrFalse, wholeFrom, type Kind,
} from '../config/prop-kinds';

type Convert = (value: never) => unknown;

/** A kind, and what writes objects of Kubernetes that are of it. */
interface OptionKind extends Kind {
  readonly convert?: Convert;
}

type Kinds = Readonly<Record<string, OptionKind>>;

const VARIABLES = '[{ name: \'ZONE\', value: \'a\' }]';
const CONTAINERS = '[{ name: \'sidecar\', image: \'sidecar:1\' }]';

function text(example: string): Kind {
  return textOf(/./, 'a text', example);
}

function texts(example: string): Kind {
  return listOf(text(''), 'a list of texts', example);
}

function mapOf(wanted: string, example: string): Kind {
  return { is: isPlain, wanted, example };
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return isMap(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value) as null);
}

/** An object of Kubernetes that can be written, with a text at each of `names`. */
function objectOf(
  convert: Convert, wanted: string, example: string, names: readonly string[] = [],
): OptionKind {
  return {
    convert,
    is: (value) => isPlain(value) && isWritable(convert, value)
      && names.every((name) => typeof value[name] === 'string' && value[name] !== ''),
    wanted,
    example,
  };
}

function objectsOf(
  convert: Convert, wanted: string, example: string, names?: readonly string[],
): OptionKind {
  return { ...listOf(objectOf(convert, '', '', names), wanted, example), convert };
}

/** Where a text stands for a list, the typed objects throw. */
function isWritable(convert: Convert, value: unknown): boolean {
  try {
    return convert(value as never) !== undefined;
  } catch {
    return false;
  }
}

function optionsNamed(names: readonly string[], example: string): Kind {
  return {
    is: (value) => isPlain(value) && Object.keys(value).every((name) => names.includes(name)),
    wanted: `options, which are ${names.join(', ')}`,
    example,
  };
}

const probe = optionsNamed([
  'period', 'timeout', 'failureThreshold', 'initialDelay', 'successThreshold',
  'terminationGracePeriod',
], '{ failureThreshold: 10 }');
const containers = objectsOf(
  k8s.toJson_Container, 'a list of containers with a name each', CONTAINERS, ['name']);

/** Options of a collector's container. */
const CONTAINER_KINDS: Kinds = {
  env: mapOf('texts by names of variables', '{ ZONE: \'a\' }'),
  envVars: objectsOf(
    k8s.toJson_EnvVar, 'a list of variables with a name each', VARIABLES, ['name']),
  envFrom: objectsOf(
    k8s.toJson_EnvFromSource, 'a list of sources', '[{ configMapRef: { name: \'more\' } }]'),
  command: texts('[\'/otelcol\']'),
  extraArgs: texts('[\'--set=a=b\']'),
  featureGates: texts('[\'-gate\']'),
  imagePullPolicy: oneOf(['Always', 'IfNotPresent', 'Never'], '\'Always\''),
  cpuLimitMillis: wholeFrom(1, 1000),
  memoryRequest: anyValue,
  ephemeralStorage: anyValue,
  resizePolicy: objectsOf(
    k8s.toJson_ContainerResizePolicy, 'a list of policies with a resourceName each',
    '[{ resourceName: \'cpu\', restartPolicy: \'NotRequired\' }]', ['resourceName']),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  lifecycle: objectOf(
    k8s.toJson_Lifecycle, 'a Lifecycle', '{ preStop: { exec: { command: [\'sleep\', \'5\'] } } }'),
  containerSecurityContext: objectOf(
    k8s.toJson_SecurityContext, 'a SecurityContext', '{ runAsUser: 1000 }'),
  volumeMounts: objectsOf(
    k8s.toJson_VolumeMount, 'a list of mounts with a name and a mountPath each',
    '[{ name: \'rules\', mountPath: \'/rules\' }]', ['name', 'mountPath']),
};

/** Options of a pod that are about its node. */
const NODE_KINDS: Kinds = {
  hostNetwork: trueOrFalse,
  hostPid: trueOrFalse,
  hostUsers: trueOrFalse,
  hostAliases: objectsOf(
    k8s.toJson_HostAlias, 'a list of addresses with their names',
    '[{ ip: \'10.0.0.9\', hostnames: [\'old\'] }]', ['ip']),
  dnsPolicy: oneOf(
    ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'], '\'Default\''),
  dnsConfig: objectOf(k8s.toJson_PodDnsConfig, 'a PodDnsConfig', '{ searches: [\'shop.svc\'] }'),
  priorityClassName: text('\'high\''),
  runtimeClassName: text('\'gvisor\''),
  schedulerName: text('\'mine\''),
  affinity: objectOf(k8s.toJson_Affinity, 'an Affinity', '{ podAntiAffinity: {} }'),
  topologySpreadConstraints: objectsOf(
    k8s.toJson_TopologySpreadConstraint, 'a list of constraints with a topologyKey each',
    '[{ maxSkew: 1, topologyKey: \'rack\', whenUnsatisfiable: \'DoNotSchedule\' }]',
    ['topologyKey']),
};

/** Options of a pod. */
export const POD_KINDS: Kinds = {
  labels: mapOf('texts by names of labels', '{ \'example.com/team\': \'shop\' }'),
  annotations: mapOf('texts by names of annotations', '{ \'example.com/team\': \'shop\' }'),
  configChecksum: trueOrFalse,
  ...CONTAINER_KINDS,
  ...NODE_KINDS,
  imagePullSecrets: texts('[\'registry\']'),
  automountServiceAccountToken: trueOrFalse,
  hostFolderImage: text('\'busybox:1.37.0\''),
  initContainers: containers,
  containers,
  volumes: objectsOf(
    k8s.toJson_Volume, 'a list of volumes with a name each',
    '[{ name: \'rules\', configMap: { name: \'rules\' } }]', ['name']),
  shareProcessNamespace: trueOrFalse,
  securityContext: objectOf(
    k8s.toJson_PodSecurityContext, 'a PodSecurityContext', '{ runAsUser: 1000 }'),
};

/** Options of a roll-out. */
export const ROLLOUT_KINDS: Kinds = {
  strategy: text('\'RollingUpdate\''),
  // Numbers and percentages are told with what they hold.
  maxSurge: anyValue,
  maxUnavailable: anyValue,
  partition: wholeFrom(0, 1),
  podManagementPolicy: text('\'Parallel\''),
  minReady: durationOf('seconds', 0, 30),
  revisionHistoryLimit: wholeFrom(0, 3),
};

/** Options of a Service. */
export const SERVICE_KINDS: Kinds = {
  type: oneOf(['ClusterIP', 'NodePort', 'LoadBalancer'], '\'LoadBalancer\''),
  annotations: mapOf('texts by names of annotations', '{ \'example.com/team\': \'shop\' }'),
  labels: mapOf('texts by names of labels', '{ \'example.com/team\': \'shop\' }'),
  loadBalancerClass: text('\'example.com/internal\''),
  loadBalancerIp: text('\'203.0.113.7\''),
  nodePorts: mapOf('ports by grpc, http', '{ grpc: 30317 }'),
  loadBalancerSourceRanges: texts('[\'10.0.0.0/8\']'),
  externalTrafficPolicy: oneOf(['Cluster', 'Local'], '\'Local\''),
  internalTrafficPolicy: oneOf(['Cluster', 'Local'], '\'Local\''),
  trafficDistribution: oneOf(
    ['PreferClose', 'PreferSameZone', 'PreferSameNode'], '\'PreferClose\''),
  sessionAffinity: oneOf(['None', 'ClientIP'], '\'ClientIP\''),
  ipFamilies: texts('[\'IPv6\', \'IPv4\']'),
  ipFamilyPolicy: oneOf(
    ['SingleStack', 'PreferDualStack', 'RequireDualStack'], '\'PreferDualStack\''),
  publishNotReadyAddresses: trueOrFalse,
};

const ports: Kind = {
  is: (value) => Array.isArray(value) && value.length > 0 && value.every(isPort),
  wanted: 'a list of ports from 1 to 65535',
  example: '[53]',
};

/** Options of a NetworkPolicy of egress. */
export const EGRESS_KINDS: Kinds = {
  rules: objectsOf(
    k8s.toJson_NetworkPolicyEgressRule, 'a list of rules',
    '[{ ports: [{ port: k8s.IntOrString.fromNumber(9100) }] }]'),
  dnsPorts: ports,
  apiServerPorts: ports,
};

/** What is wrong with the kinds of options; nothing else needs to be looked at before it is not. */
export function kindProblems(where: string, options: object, kinds: Kinds): string[] {
  return Object.entries(options).flatMap(([name, value]: [string, unknown]) => {
    const kind = kinds[name];
    if (value === undefined || kind === undefined) return [];
    if (!kind.is(value)) {
      return [`${where}: ${name} must be ${kind.wanted}, got ${kindOf(value)}.`
        + `\n→ give \`${name}\` ${kind.example}, for example.`];
    }
    const { convert } = kind;
    return convert === undefined ? [] : [value].flat().flatMap((each) => lostFields(convert, each))
      .map((field) => `${where}: ${name} must hold fields of Kubernetes 1.28, got ${field}.`
        + '\n→ write its name as it is, or leave it out.');
  });
}

/** Fields that the typed objects drop unsaid. Some are written otherwise, such as hostPID. */
function lostFields(convert: Convert, value: unknown): string[] {
  const written = Object.keys(convert(value as never) as object).map((key) => key.toLowerCase());
  return Object.entries(value as object)
    .filter(([key, held]) => held !== undefined && !written.includes(key.toLowerCase()))
    .map(([key]) => key);
}
