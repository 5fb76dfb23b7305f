/** The Kubernetes objects that the local cluster reads, as the published schemas type them. */
import type { IDaemonSet, IDeployment, IStatefulSet } from 'kubernetes-models/apps/v1';
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import type { IClusterRole, IRoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1';
import type { IConfigMap, IPod, ISecret, IService, IServiceAccount } from 'kubernetes-models/v1';

/** What all objects have in common. */
export interface KubeObject {
  /** For example `apps/v1`. */
  readonly apiVersion: string;
  /** For example `Deployment`. */
  readonly kind: string;
  /** Names, labels and the like. */
  readonly metadata?: IPod['metadata'];
}

/** A pool of pods that are interchangeable. */
export type Deployment = IDeployment;
/** A pool of pods that have names of their own. */
export type StatefulSet = IStatefulSet;
/** A pod on every node. */
export type DaemonSet = IDaemonSet;
/** What owns pods. */
export type Workload = Deployment | StatefulSet | DaemonSet;
/** A name and an address for pods. */
export type Service = IService;
/** Files or variables. */
export type ConfigMap = IConfigMap;
/** Files or variables that are not for every eye. */
export type Secret = ISecret;
/** Who a pod is when it asks the API server. */
export type ServiceAccount = IServiceAccount;
/** What may be done; a Role and a ClusterRole have the same rules. */
export type RoleLike = IClusterRole;
/** Who may do it; a RoleBinding and a ClusterRoleBinding have the same fields. */
export type BindingLike = IRoleBinding;
/** Decides how many pods a workload has. */
export type Autoscaler = IHorizontalPodAutoscaler;
/** What cert-manager is asked for. */
export interface WantedCertificate extends KubeObject {
  /** What is asked for. */
  readonly spec?: {
    /** The Secret that it is put into. */
    readonly secretName?: string;
    /** Who it is for; the first name when absent. */
    readonly commonName?: string;
    /** DNS names that it holds. */
    readonly dnsNames?: readonly string[];
    /** Addresses that it holds. */
    readonly ipAddresses?: readonly string[];
    /** What it is good for; as a server when absent. */
    readonly usages?: readonly string[];
    /** Who issues it. */
    readonly issuerRef?: {
      readonly name?: string; readonly kind?: string; readonly group?: string;
    };
  };
}
/** What a pod is to be. */
export type PodSpec = NonNullable<IPod['spec']>;
/** Names, labels and annotations. */
export type ObjectMeta = NonNullable<IPod['metadata']>;
/** What is stamped out for every pod. */
export type PodTemplate = NonNullable<Deployment['spec']>['template'];
/** One process of a pod. */
export type Container = PodSpec['containers'][number];
/** One variable of a container. */
export type EnvVar = NonNullable<Container['env']>[number];
/** How a container is asked whether it is well. */
export type Probe = NonNullable<Container['readinessProbe']>;
/** Where files of a pod come from. */
export type Volume = NonNullable<PodSpec['volumes']>[number];
/** One port of a Service. */
export type ServicePort = NonNullable<NonNullable<Service['spec']>['ports']>[number];
/** One permission. */
export type PolicyRule = NonNullable<RoleLike['rules']>[number];

/** The name of an object; manifests without one are refused when they are read. */
export function nameOf(object: { readonly metadata?: ObjectMeta }): string {
  return object.metadata?.name ?? '';
}

/** The namespace of an object. */
export function namespaceOf(object: { readonly metadata?: ObjectMeta }): string {
  return object.metadata?.namespace ?? 'default';
}

/** Whether `labels` hold all of `selector`; an empty selector holds for nothing, as in Services. */
export function matchesLabels(
  selector: Readonly<Record<string, string>> | undefined,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => labels?.[key] === value);
}
