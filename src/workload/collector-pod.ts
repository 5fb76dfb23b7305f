/** The pod template that every tier stamps out. */
import { createHash } from 'crypto';
import type { k8s } from 'cdk8s-plus-28';
import { collectorContainer } from './container';
import type { HostPortOptions } from './host-ports';
import { podLabels, type TierIdentity } from './labels';
import type { Placement } from './placement';
import type { PodOptions } from './pod-options';
import { nodeChoice } from './pod-placement';
import { hostAccess, podSecurity } from './pod-security';
import { folderOwner, podVolumes } from './pod-volumes';
import type { PodPorts } from './ports';
import type { TierAccount } from './service-account';
import type { CollectorImage } from '../distribution/collector-image';
import type { TierPart } from '../features/part';
import type { MemoryBudget } from '../graph/memory-budget';
import type { SecretReference } from '../graph/secret-reference';
import type { CollectorData } from '../graph/tier-facts';

export { CONFIG_FILE, POD_FIELDS } from './container';

/** What a tier's pods are made of. */
export interface CollectorPod {
  /** The tier. */
  readonly tier: TierIdentity;
  /** Runs in the pod. */
  readonly image: CollectorImage;
  /** Name of the ConfigMap with the configuration. */
  readonly configMapName: string;
  /** The configuration as data, of which the checksum is made. */
  readonly configData: CollectorData;
  /** Who it is. */
  readonly account: TierAccount;
  /** Whether the pod asks the Kubernetes API for something. */
  readonly needsToken: boolean;
  /** Its ports. */
  readonly ports: PodPorts;
  /** Ports of the node that lead to it. */
  readonly hostPorts?: HostPortOptions;
  /** Its memory. */
  readonly memory: MemoryBudget;
  /** CPU that it asks for, in thousandths. */
  readonly cpuMillis: number;
  /** Values of Secrets by environment variable. */
  readonly secrets: ReadonlyMap<string, SecretReference>;
  /** Where it stands. */
  readonly placement?: Placement;
  /** What its features need. */
  readonly parts: readonly TierPart[];
  /** What else it was told. */
  readonly options: PodOptions;
  /** Time that it gets to end. */
  readonly graceSeconds: number;
  /** How much of that leaving a pool may take, before anything is shut down. */
  readonly leaveSeconds?: number;
  /** Whether it holds spans until traces are decided. */
  readonly holdsTraces?: boolean;
  /** What stamps it out. */
  readonly workload: 'DaemonSet' | 'Deployment' | 'StatefulSet';
}

/** The pod template. */
export function podTemplate(pod: CollectorPod): k8s.PodTemplateSpec {
  const { tier, options, account } = pod;
  const initContainers = [...folderOwner(pod), ...options.initContainers ?? []];
  return {
    metadata: {
      labels: { ...options.labels, ...account.podLabels, ...podLabels(tier) },
      annotations: {
        ...options.annotations,
        ...options.configChecksum === false ? {} : { 'checksum/config': checksum(pod.configData) },
      },
    },
    spec: {
      serviceAccountName: account.name,
      automountServiceAccountToken: options.automountServiceAccountToken ?? pod.needsToken,
      terminationGracePeriodSeconds: pod.graceSeconds,
      securityContext: podSecurity(pod),
      ...hostAccess(pod),
      ...nodeChoice(pod),
      ...given({
        dnsConfig: options.dnsConfig,
        hostAliases: options.hostAliases,
        imagePullSecrets: options.imagePullSecrets?.map((name) => ({ name })),
        priorityClassName: options.priorityClassName,
        runtimeClassName: options.runtimeClassName,
        schedulerName: options.schedulerName,
        shareProcessNamespace: options.shareProcessNamespace,
        initContainers: initContainers.length === 0 ? undefined : initContainers,
      }),
      containers: [collectorContainer(pod), ...options.containers ?? []],
      volumes: podVolumes(pod),
    },
  };
}

/** Only what was given. */
function given(fields: Partial<k8s.PodSpec>): Partial<k8s.PodSpec> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** A digest of the configuration itself: labels and comments beside it restart nothing. */
export function checksum(data: unknown): string {
  return createHash('sha256').update(JSON.stringify(sorted(data))).digest('hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, held]) => [key, sorted(held)]));
}
