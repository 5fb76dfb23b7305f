/** Kinds of clusters that do not take everything that Kubernetes does. */
import type { k8s } from 'cdk8s-plus-28';

/**
 * What of a tier a platform looks at.
 * @internal
 */
export interface PlatformFacts {
  /** What stamps its pods out. */
  readonly workload: 'DaemonSet' | 'Deployment' | 'StatefulSet';
  /** Its pods. */
  readonly pod: k8s.PodSpec;
  /** Whether each pod has a claim. */
  readonly hasClaims: boolean;
}

/** What a pod takes of its node, in the words of a sentence. */
type Taken = readonly (readonly [isTaken: boolean, what: string, wayOut: string])[];

interface Traits {
  readonly name: string;
  readonly refuses: (facts: PlatformFacts) => Taken;
  readonly adapts?: (pod: k8s.PodSpec, facts: PlatformFacts) => k8s.PodSpec;
  readonly constraint?: (pod: k8s.PodSpec) => string | undefined;
}

const GATEWAY_WAY_OUT = 'let applications send to a GatewayDeployment instead';
const LOGS_WAY_OUT = '`containerLogs` needs `hasCheckpoints: false`';
const SERVICE_WAY_OUT = 'leave it out: applications reach agents through their Service';

/** What kind of cluster it is. */
export class Platform {
  /**
   * EKS where all pods run on Fargate. There are no nodes: no agents, nothing of the host, and no
   * volumes of EBS. Where only some pods do, it is `Platform.eks()`.
   */
  public static eksFargate(): Platform {
    return new Platform({
      name: 'EKS Fargate',
      refuses: ({ workload, pod, hasClaims }) => [
        [workload === 'DaemonSet', 'DaemonSets', GATEWAY_WAY_OUT],
        ...hostNamespaces(pod),
        [hostPortsOf(pod).length > 0, 'ports of the node', SERVICE_WAY_OUT],
        [hostPathsOf(pod).length > 0, 'folders of the node', GATEWAY_WAY_OUT],
        [isPrivileged(pod), 'privileged containers', 'leave them out'],
        [hasClaims, 'volumes that are made on request', 'use SendingQueue.ephemeral(…)'],
      ],
    });
  }

  /**
   * EKS with nodes. Agents stay off Fargate's, which have room for one pod only that no DaemonSet
   * can place.
   */
  public static eks(): Platform {
    return new Platform({
      name: 'EKS',
      refuses: () => [],
      adapts: (pod, { workload }) => workload === 'DaemonSet'
        ? without(pod, 'eks.amazonaws.com/compute-type', ['fargate']) : pod,
    });
  }

  /** GKE Autopilot: nothing of the host but reading below /var/log, and no labels of nodes. */
  public static gkeAutopilot(): Platform {
    return new Platform({
      name: 'GKE Autopilot',
      refuses: ({ pod }) => [
        ...hostNamespaces(pod),
        [hostPortsOf(pod).length > 0, 'ports of the node', SERVICE_WAY_OUT],
        [isPrivileged(pod), 'privileged containers', 'leave them out'],
        [hostPathsOf(pod).some((path) => !/^\/var\/log(\/|$)/.test(path)),
          'folders of the node other than /var/log', `leave out what reads them; ${LOGS_WAY_OUT}`],
        [writesLogs(pod), 'writing to folders of the node',
          `keep what must last in another tier, in a GatewayStatefulSet; ${LOGS_WAY_OUT}`],
        [untoleratedLabels(pod).length > 0,
          `the label ${untoleratedLabels(pod)[0]} without a taint of the same name`,
          'use Placement.onPool(key, value)'],
      ],
    });
  }

  /**
   * OpenShift: it chooses users and groups by itself, and pods that take something of the host
   * need a SecurityContextConstraints, which they are then bound to.
   */
  public static openShift(): Platform {
    return new Platform({
      name: 'OpenShift',
      refuses: () => [],
      constraint: openShiftConstraint,
      adapts: (pod) => openShiftConstraint(pod) === 'privileged'
        ? seeingHost(pod) : chosenUser(pod),
    });
  }

  /** AKS. Agents stay off virtual nodes, which have nothing of a host. */
  public static aks(): Platform {
    return new Platform({
      name: 'AKS',
      refuses: () => [],
      adapts: (pod, { workload }) => workload === 'DaemonSet'
        ? without(pod, 'type', ['virtual-kubelet']) : pod,
    });
  }

  private constructor(private readonly traits: Traits) {}

  /** Its name, as errors call it. */
  public get platformName(): string {
    return this.traits.name;
  }

  /**
   * What it does not take of a tier.
   * @internal
   */
  public _problems(facts: PlatformFacts): string[] {
    const { name, refuses } = this.traits;
    return refuses(facts).filter(([isTaken]) => isTaken).map(([, what, wayOut]) =>
      `platform: ${name} does not take ${what}.\n→ ${wayOut}.`);
  }

  /**
   * The pod as it takes it.
   * @internal
   */
  public _adapted(facts: PlatformFacts): k8s.PodSpec {
    return this.traits.adapts?.(facts.pod, facts) ?? facts.pod;
  }

  /**
   * Name of the SecurityContextConstraints that the pod needs beyond what everybody may.
   * @internal
   */
  public _constraint(pod: k8s.PodSpec): string | undefined {
    return this.traits.constraint?.(pod);
  }
}

function containersOf(pod: k8s.PodSpec): k8s.Container[] {
  return [...pod.initContainers ?? [], ...pod.containers];
}

function hostPortsOf(pod: k8s.PodSpec): number[] {
  return containersOf(pod).flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort }) => hostPort ?? []));
}

function hostPathsOf(pod: k8s.PodSpec): string[] {
  return (pod.volumes ?? []).flatMap(({ hostPath }) => hostPath?.path ?? []);
}

function isPrivileged(pod: k8s.PodSpec): boolean {
  return containersOf(pod).some(({ securityContext }) => securityContext?.privileged === true);
}

function hostNamespaces(pod: k8s.PodSpec): Taken {
  return [
    [pod.hostNetwork === true, 'the network of the node', 'leave out what needs it'],
    [pod.hostPid === true, 'the processes of the node', 'leave out what needs them'],
  ];
}

function writesLogs(pod: k8s.PodSpec): boolean {
  const ofHost = new Set((pod.volumes ?? []).filter(({ hostPath }) => hostPath !== undefined)
    .map(({ name }) => name));
  return containersOf(pod).some(({ volumeMounts = [] }) => volumeMounts.some((mount) =>
    ofHost.has(mount.name) && mount.readOnly !== true));
}

const AUTOPILOT_LABELS = /^(kubernetes\.io\/(os|arch)|topology\.|cloud\.google\.com\/)/;

/** Autopilot makes nodes with a label only for pods that tolerate a taint of the same name. */
function untoleratedLabels({ nodeSelector = {}, tolerations = [] }: k8s.PodSpec): string[] {
  return Object.keys(nodeSelector).filter((label) => !AUTOPILOT_LABELS.test(label)
    && !tolerations.some(({ key }) => key === label));
}

/** Keeps a pod off nodes with one of `values` as the label `key`. */
function without(pod: k8s.PodSpec, key: string, values: string[]): k8s.PodSpec {
  const { requiredDuringSchedulingIgnoredDuringExecution: required, ...preferred }
    = pod.affinity?.nodeAffinity ?? {};
  const terms = required?.nodeSelectorTerms ?? [{}];
  return {
    ...pod,
    affinity: {
      ...pod.affinity,
      nodeAffinity: {
        ...preferred,
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: terms.map((term) => ({
            ...term,
            matchExpressions: [
              ...term.matchExpressions ?? [], { key, operator: 'NotIn', values },
            ],
          })),
        },
      },
    },
  };
}

/** Folders and processes of the node need the widest one: SELinux guards them beside users. */
function openShiftConstraint(pod: k8s.PodSpec): string | undefined {
  const isRoot = containersOf(pod).some(({ securityContext }) =>
    (securityContext?.runAsUser ?? pod.securityContext?.runAsUser) === 0);
  const isWide = isRoot || pod.hostPid === true || isPrivileged(pod) || hostPathsOf(pod).length > 0;
  if (isWide) return 'privileged';
  return pod.hostNetwork === true || hostPortsOf(pod).length > 0 ? 'hostnetwork-v2' : undefined;
}

/** OpenShift gives every namespace users of its own; any other is refused. */
function chosenUser(pod: k8s.PodSpec): k8s.PodSpec {
  const { runAsUser, runAsGroup, fsGroup, ...rest } = pod.securityContext ?? {};
  return { ...pod, securityContext: rest };
}

/** The type with which SELinux lets a container see files of the node. */
function seeingHost(pod: k8s.PodSpec): k8s.PodSpec {
  if (hostPathsOf(pod).length === 0) return pod;
  return {
    ...pod, securityContext: { seLinuxOptions: { type: 'spc_t' }, ...pod.securityContext },
  };
}
