/** What the props of a tier's objects must be. */
import { withMember, type Kind } from './prop-kinds';

/** Options of these names, and no others: a slip would be overheard. */
function optionsNamed(names: string, example: string): Kind {
  const known = new Set(names.split(' '));
  return {
    is: (value) => typeof value === 'object' && value !== null && !Array.isArray(value)
      && Object.keys(value).every((name) => known.has(name)),
    wanted: `options, which are ${[...known].join(', ')}`,
    example,
  };
}

/** Props of all tiers that are about their objects. */
export const WORKLOAD_KINDS: Readonly<Record<string, Kind>> = {
  pod: optionsNamed(
    'labels annotations configChecksum env envVars envFrom command extraArgs featureGates'
    + ' imagePullPolicy imagePullSecrets cpuLimitMillis memoryRequest ephemeralStorage'
    + ' resizePolicy startupProbe livenessProbe readinessProbe lifecycle containerSecurityContext securityContext'
    + ' volumeMounts volumes initContainers containers hostFolderImage hostNetwork hostPid'
    + ' hostUsers hostAliases dnsPolicy dnsConfig priorityClassName runtimeClassName schedulerName'
    + ' affinity topologySpreadConstraints automountServiceAccountToken shareProcessNamespace',
    '{ priorityClassName: \'high\' }'),
  rollout: optionsNamed(
    'strategy maxSurge maxUnavailable partition podManagementPolicy minReady'
    + ' revisionHistoryLimit',
    '{ revisionHistoryLimit: 3 }'),
  service: optionsNamed(
    'type annotations labels loadBalancerClass loadBalancerIp nodePorts loadBalancerSourceRanges'
    + ' externalTrafficPolicy internalTrafficPolicy trafficDistribution sessionAffinity ipFamilies'
    + ' ipFamilyPolicy publishNotReadyAddresses', '{ type: \'LoadBalancer\' }'),
  serviceAccount: withMember(
    '_isExisting', 'a ServiceAccount', 'ServiceAccount.existing(\'collector\')'),
  platform: withMember('platformName', 'a Platform', 'Platform.openShift()'),
};

/** Ports of the node, which agents may take. */
export const HOST_PORTS_KIND: Kind = withMember(
  '_numbers', 'HostPorts', 'HostPorts.same()');

/** The same on other tiers, which have several pods on a node or none. */
export const NO_HOST_PORTS_KIND: Kind = {
  is: () => false,
  wanted: 'left to agents, for senders reach other tiers through their Service',
  example: 'to the AgentDaemonSet',
};
