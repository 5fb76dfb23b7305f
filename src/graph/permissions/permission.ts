/** What a permission is, and how the families of components say which ones they need. */
import type { UsedComponent } from './used-components';
import { holdsReference } from '../../config/environment-references';
import { valueAt } from '../tier-facts';

/** One rule of a Role or ClusterRole, and the reason for it. */
export interface PermissionRule {
  /**
   * Groups of the API that the resources are in; the empty one is the core's. None with
   * `nonResourceUrls`.
   */
  readonly apiGroups: string[];
  /**
   * What is asked for, in the plural, such as pods or nodes/stats.
   * @default - nothing but `nonResourceUrls`
   */
  readonly resources?: string[];
  /** What is done with it, such as get. */
  readonly verbs: string[];
  /**
   * The only objects that are meant.
   * @default - all objects
   */
  readonly resourceNames?: string[];
  /**
   * Paths of the API that are no resources, such as /metrics.
   * @default - none
   */
  readonly nonResourceUrls?: string[];
  /** Who needs it: the component and the key. */
  readonly why: string;
}

/** A rule and where it holds. */
export interface Permission {
  /** Whether it holds everywhere or in one namespace. */
  readonly scope: 'cluster' | 'namespace';
  /**
   * The namespace where it holds, when it does not hold everywhere.
   * @default - the tier's own, whose name is not known
   */
  readonly namespace?: string;
  /**
   * Name of the Service whose pods it finds; such a rule gets a Role of its own.
   * @default - it is not about one Service
   */
  readonly finds?: string;
  /** What may be done. */
  readonly rule: PermissionRule;
}

/** What permissions depend on beside the configuration. */
export interface PermissionFacts {
  /**
   * Namespace of the tier.
   * @default - whoever applies it decides
   */
  readonly namespace?: string;
  /**
   * Minor version of the upstream collector: 159 for v0.159.
   * @default - our own runtime, or the newest that is known
   */
  readonly collectorMinor?: number;
  /**
   * Minor version of Kubernetes: 33 for 1.33.
   * @default 33
   */
  readonly kubernetesMinor?: number;
}

/** Where a rule holds. */
export type Place = Omit<Permission, 'rule'>;

/** What one component needs. */
export type Needs = (component: UsedComponent, facts: PermissionFacts) => Permission[];

/** What list-and-watch clients are given, as upstream's pages ask for. */
export const READ = ['get', 'list', 'watch'];

/** Everywhere. */
export const CLUSTER: Place = { scope: 'cluster' };

/** Some resources of one group. */
export function permission(
  place: Place, group: string, resources: string[], verbs: string[], why: string,
  resourceNames?: string[],
): Permission {
  const names = resourceNames === undefined ? {} : { resourceNames };
  return { ...place, rule: { apiGroups: [group], resources, verbs, ...names, why } };
}

/** Whether a switch is on for certain. */
export function isOn(value: unknown, fallback: boolean): boolean {
  return value === undefined || value === null ? fallback : value === true || value === 'true';
}

/** Whether a switch is on, or a variable that may turn it on decides. */
export function mayBeOn(value: unknown, fallback: boolean): boolean {
  return isOn(value, fallback) || holdsReference(value);
}

/** Whether a component asks as the pod's ServiceAccount: key `auth_type` of all that ask. */
export function asksAsPod(config: unknown, fallback = 'serviceAccount'): boolean {
  const type = valueAt(config, 'auth_type') ?? fallback;
  return type === 'serviceAccount' || holdsReference(type);
}

/** The texts in a list; none when it is none. */
export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** The items of a list; none when it is none. */
export function items(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The entries of a mapping; none when it is none. */
export function entries(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value) : [];
}
