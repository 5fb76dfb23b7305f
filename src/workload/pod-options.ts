/** What pods may be told beyond what follows from their tier, in the words of Kubernetes. */
import type { Duration, Size } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';

/** How often a probe asks, and when it gives up. What it asks follows from the tier. */
export interface ProbeOptions {
  /**
   * Time between two probes: whole seconds, one at least.
   * @default - 2 s for the startup probe, 10 s for liveness, 5 s for readiness
   */
  readonly period?: Duration;
  /**
   * Time that an answer may take: whole seconds, one at least.
   * @default - 1 s for the startup probe, 5 s for liveness, 3 s for readiness
   */
  readonly timeout?: Duration;
  /**
   * How many answers in a row must be missing: a whole number from 1 on.
   * @default - 60 for the startup probe, 6 for liveness, 2 for readiness
   */
  readonly failureThreshold?: number;
  /**
   * Time before the first probe: whole seconds.
   * @default - none
   */
  readonly initialDelay?: Duration;
  /**
   * How many answers in a row must come after one was missing: a whole number from 1 on. More than
   * 1 only for readiness.
   * @default - as Kubernetes does: 1
   */
  readonly successThreshold?: number;
  /**
   * Time that the collector gets to end when this probe gave it up: whole seconds, one at least.
   * Not for readiness, which ends nothing.
   * @default - that of the tier
   */
  readonly terminationGracePeriod?: Duration;
}

/** What pods may be told about their containers. */
export interface ContainerOptions {
  /**
   * Environment variables of the collector by name. They replace what is written by itself, such
   * as GOMEMLIMIT, but not the pod's own (POD_IP, POD_NAME, POD_NAMESPACE, NODE_NAME) and not
   * those that hold Secrets. The configuration may refer to them.
   * @default - none
   */
  readonly env?: Record<string, string>;
  /**
   * The same in the words of Kubernetes, for values that come from fields of the pod.
   * @default - none
   */
  readonly envVars?: k8s.EnvVar[];
  /**
   * ConfigMaps and Secrets of which every key becomes a variable of the collector. Which ones is
   * not known here, so that the configuration cannot refer to them.
   * @default - none
   */
  readonly envFrom?: k8s.EnvFromSource[];
  /**
   * What the collector is started as, in place of the image's entry point.
   * @default - as the image says
   */
  readonly command?: string[];
  /**
   * Arguments after those that are written by themselves.
   * @default - none
   */
  readonly extraArgs?: string[];
  /**
   * Feature gates of the collector; `-` before one turns it off. The runtime image knows
   * `processor.tailsamplingprocessor.` with `usetracestate`, `recordpolicy`,
   * `metricstatcountspanssampled` or `metricstatcountbytessampled` behind it, and others are
   * refused.
   * @default - as that version has them
   */
  readonly featureGates?: string[];
  /**
   * When the image is pulled: Always, IfNotPresent or Never.
   * @default "IfNotPresent"
   */
  readonly imagePullPolicy?: string;
  /**
   * CPU of the collector at most, in thousandths of a core: a whole number, not below what it
   * requests. It makes telemetry late when there is most of it. Collectors of upstream before
   * 0.137.0 learn it by GOMAXPROCS, later ones by themselves.
   * @default - no limit
   */
  readonly cpuLimitMillis?: number;
  /**
   * Memory that the collector requests, when that is less than `memory`, its limit: whole
   * mebibytes. A node that runs out of memory then takes this pod away before others.
   * @default - all of it
   */
  readonly memoryRequest?: Size;
  /**
   * Disk of the node for what the collector writes and logs, requested and at most: whole
   * mebibytes.
   * @default - not said
   */
  readonly ephemeralStorage?: Size;
  /**
   * What becomes of the collector when its resources are changed while it runs (Kubernetes 1.27
   * and later). It learns its memory limit only when it starts.
   * @default - Kubernetes resizes without a restart
   */
  readonly resizePolicy?: k8s.ContainerResizePolicy[];
  /**
   * Whether the collector has started.
   * @default - asked every 2 s, for 2 minutes at most
   */
  readonly startupProbe?: ProbeOptions;
  /**
   * Whether the collector still works.
   * @default - asked every 10 s, restarted after a minute without an answer
   */
  readonly livenessProbe?: ProbeOptions;
  /**
   * Whether the collector takes telemetry.
   * @default - asked every 5 s, left out after 10 s without an answer
   */
  readonly readinessProbe?: ProbeOptions;
  /**
   * What happens after the start and before the end. In place of the pause before the end of an
   * upstream collector, without which senders lose what they send while their lists are old.
   * @default - an upstream collector pauses before its end; ours does so by itself
   */
  readonly lifecycle?: k8s.Lifecycle;
  /**
   * What the collector's container may do; what is not said stays as it is written.
   * @default - no privileges, no capabilities, a root file system that is read only
   */
  readonly containerSecurityContext?: k8s.SecurityContext;
  /**
   * Where the collector finds `volumes`; each names one of them.
   * @default - none
   */
  readonly volumeMounts?: k8s.VolumeMount[];
}

/** What pods may be told about the node that they stand on. */
export interface NodeOptions {
  /**
   * Whether the pods share the network of their node. Each then takes all of its ports there.
   * @default false
   */
  readonly hostNetwork?: boolean;
  /**
   * Whether the pods see the processes of their node.
   * @default false
   */
  readonly hostPid?: boolean;
  /**
   * Whether users in the pods are those of the node; false puts them into a space of their own.
   * @default - as Kubernetes does: true
   */
  readonly hostUsers?: boolean;
  /**
   * Names that are known beside DNS.
   * @default - none
   */
  readonly hostAliases?: k8s.HostAlias[];
  /**
   * Who answers for names: ClusterFirst, ClusterFirstWithHostNet, Default or None.
   * @default - ClusterFirst, with the network of the node ClusterFirstWithHostNet
   */
  readonly dnsPolicy?: string;
  /**
   * Servers and search domains of DNS.
   * @default - those of the cluster
   */
  readonly dnsConfig?: k8s.PodDnsConfig;
  /**
   * Name of a PriorityClass, such as that of `new PriorityClass(…)`. With a higher one the pods
   * displace others where there is no room, which an agent needs on nodes that are full.
   * @default - that of the cluster
   */
  readonly priorityClassName?: string;
  /**
   * Name of a RuntimeClass.
   * @default - that of the cluster
   */
  readonly runtimeClassName?: string;
  /**
   * Who chooses nodes.
   * @default - Kubernetes itself
   */
  readonly schedulerName?: string;
  /**
   * Rules for nodes beyond `placement`, and for other pods on them.
   * @default - none
   */
  readonly affinity?: k8s.Affinity;
  /**
   * How the pods are spread, in place of what is written by itself.
   * @default - over zones, then nodes, as well as can be
   */
  readonly topologySpreadConstraints?: k8s.TopologySpreadConstraint[];
}

/** What pods may be told beyond what follows from their tier. */
export interface PodOptions extends ContainerOptions, NodeOptions {
  /**
   * Labels of the pods beside their own. No selector looks at them.
   * @default - none
   */
  readonly labels?: Record<string, string>;
  /**
   * Annotations of the pods beside the checksum of their configuration.
   * @default - none
   */
  readonly annotations?: Record<string, string>;
  /**
   * Whether a new configuration replaces the pods, by a checksum of it among their annotations.
   * Without, they go on with the old one until a sidecar tells them to read it anew, or something
   * else replaces them.
   * @default true
   */
  readonly configChecksum?: boolean;
  /**
   * Names of Secrets with which images are pulled.
   * @default - those of the ServiceAccount
   */
  readonly imagePullSecrets?: string[];
  /**
   * Whether the pods get a token for the Kubernetes API.
   * @default - when their configuration asks the API for something
   */
  readonly automountServiceAccountToken?: boolean;
  /**
   * Image with `chown`, which gives folders of the node to the collector's user before an agent
   * that keeps something there starts.
   * @default "busybox:1.37.0"
   */
  readonly hostFolderImage?: string;
  /**
   * Containers that end before the collector starts.
   * @default - none
   */
  readonly initContainers?: k8s.Container[];
  /**
   * Containers beside the collector, which is the first one.
   * @default - none
   */
  readonly containers?: k8s.Container[];
  /**
   * Volumes for `volumeMounts` and for other containers.
   * @default - none
   */
  readonly volumes?: k8s.Volume[];
  /**
   * Whether the containers of a pod see each other's processes.
   * @default false
   */
  readonly shareProcessNamespace?: boolean;
  /**
   * What all containers of a pod may do; what is not said stays as it is written.
   * @default - user, group and group of volumes 65532, never root, the seccomp profile of the
   * runtime
   */
  readonly securityContext?: k8s.PodSecurityContext;
}
