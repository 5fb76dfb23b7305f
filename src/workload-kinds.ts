/** What the props of a tier's objects must be. */
import { withMember, type Kind } from './prop-kinds';
import { EGRESS_KINDS, POD_KINDS, ROLLOUT_KINDS, SERVICE_KINDS } from './workload/option-kinds';

/** Options of these names, and no others: a slip would be overheard. */
function optionsNamed(kinds: Readonly<Record<string, Kind>>, example: string): Kind {
  return {
    is: (value) => typeof value === 'object' && value !== null && !Array.isArray(value)
      && Object.keys(value).every((name) => Object.hasOwn(kinds, name)),
    wanted: `options, which are ${Object.keys(kinds).join(', ')}`,
    example,
  };
}

const pod = optionsNamed(POD_KINDS, '{ priorityClassName: \'high\' }');
const { envVars } = POD_KINDS;

/** Props of all tiers that are about their objects. */
export const WORKLOAD_KINDS: Readonly<Record<string, Kind>> = {
  pod: {
    ...pod,
    // Configurations look at variables before anything else looks at pods.
    is: (value) => {
      const given = (value as { readonly envVars?: unknown } | null)?.envVars;
      return pod.is(value) && (given === undefined || envVars.is(given));
    },
    wanted: pod.wanted.replace(/\benvVars\b/, `envVars (${envVars.wanted})`),
  },
  rollout: optionsNamed(ROLLOUT_KINDS, '{ revisionHistoryLimit: 3 }'),
  service: optionsNamed(SERVICE_KINDS, '{ type: \'LoadBalancer\' }'),
  serviceAccount: withMember(
    '_isExisting', 'a ServiceAccount', 'ServiceAccount.existing(\'collector\')'),
  egress: optionsNamed(EGRESS_KINDS, '{}'),
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
