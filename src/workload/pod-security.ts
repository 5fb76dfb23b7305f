/** What a tier's pods may do, and what they see of their node. */
import type { k8s } from 'cdk8s-plus-28';
import type { CollectorPod } from './collector-pod';
import type { HostAccess } from '../features/part';

/** The user that distroless images call `nonroot`. */
export const NONROOT = 65532;

function needs({ parts }: Pick<CollectorPod, 'parts'>, what: keyof HostAccess): boolean {
  return parts.some(({ host }) => host?.[what] === true);
}

/** Whether the collector is root, by what it reads or by what was asked for. */
export function isRoot({ parts, options }: Pick<CollectorPod, 'parts' | 'options'>): boolean {
  const user = options.containerSecurityContext?.runAsUser ?? options.securityContext?.runAsUser;
  return user === undefined ? needs({ parts }, 'isRoot') : user === 0;
}

/** Whether the pods take all of their ports on the node. */
export function isOnHostNetwork({ parts, options }: Pick<CollectorPod, 'parts' | 'options'>) {
  return options.hostNetwork ?? needs({ parts }, 'network');
}

/** What all containers of a pod may do. Root only where nobody else can read files of the node. */
export function podSecurity(pod: CollectorPod): k8s.PodSecurityContext {
  const user: k8s.PodSecurityContext = needs(pod, 'isRoot')
    ? { runAsNonRoot: false, runAsUser: 0, runAsGroup: 0 }
    : { runAsNonRoot: true, runAsUser: NONROOT, runAsGroup: NONROOT, fsGroup: NONROOT };
  const hasClaims = pod.parts.some(({ claims = [] }) => claims.length > 0);
  return {
    ...user,
    seccompProfile: { type: 'RuntimeDefault' },
    // To change the owner of every file of a full queue would take minutes at each start.
    ...hasClaims ? { fsGroupChangePolicy: 'OnRootMismatch' } : {},
    ...pod.options.securityContext?.runAsUser === 0 ? { runAsNonRoot: false } : {},
    ...pod.options.securityContext,
  };
}

/** What the collector's container may do. */
export function containerSecurity({ options }: CollectorPod): k8s.SecurityContext {
  return {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
    ...options.containerSecurityContext?.runAsUser === 0 ? { runAsNonRoot: false } : {},
    ...options.containerSecurityContext,
  };
}

/** Who the collector is in the end: its container's word goes before its pod's. */
export function runsAs(
  pod: CollectorPod,
): { readonly user?: number; readonly group?: number; readonly isNonRoot: boolean } {
  const { runAsUser, runAsGroup, runAsNonRoot } = podSecurity(pod);
  const container = containerSecurity(pod);
  return {
    user: container.runAsUser ?? runAsUser,
    group: container.runAsGroup ?? runAsGroup,
    isNonRoot: container.runAsNonRoot ?? runAsNonRoot ?? false,
  };
}

/** What a pod sees of its node. */
export function hostAccess(pod: CollectorPod): Pick<
  k8s.PodSpec, 'hostPid' | 'hostNetwork' | 'hostUsers' | 'dnsPolicy'
> {
  const { hostPid, hostUsers, dnsPolicy } = pod.options;
  const isOnNetwork = isOnHostNetwork(pod);
  const policy = dnsPolicy ?? (isOnNetwork ? 'ClusterFirstWithHostNet' : undefined);
  return {
    ...hostPid ?? needs(pod, 'pid') ? { hostPid: true } : {},
    ...isOnNetwork ? { hostNetwork: true } : {},
    ...hostUsers === undefined ? {} : { hostUsers },
    ...policy === undefined ? {} : { dnsPolicy: policy },
  };
}
