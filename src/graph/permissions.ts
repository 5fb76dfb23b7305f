/**
 * What a collector must be allowed to ask Kubernetes for, by its configuration: the least that
 * does. It follows from the data after overrides, so that it is the same however that was written.
 */
import { k8sAttributes } from './permissions/k8s-attributes';
import { k8sCluster } from './permissions/k8s-cluster';
import { k8sLeaderElector, k8sObserver } from './permissions/k8s-extensions';
import { k8sEvents, k8sObjects } from './permissions/k8s-objects';
import { kubeletStats } from './permissions/kubelet-stats';
import { loadBalancing } from './permissions/load-balancing';
import { merged } from './permissions/merged';
import type { Needs, Permission, PermissionFacts } from './permissions/permission';
import { prometheus } from './permissions/prometheus';
import { resourceDetection } from './permissions/resource-detection';
import { tokenReaders } from './permissions/token-files';
import { usedComponents } from './permissions/used-components';
import type { CollectorData } from './tier-facts';

export type { Permission, PermissionFacts, PermissionRule } from './permissions/permission';

/** By section and type, without `_`: upstream's old names and new ones are the same then. */
const NEEDS: ReadonlyMap<string, Needs> = new Map([
  ['receivers.k8scluster', k8sCluster],
  ['receivers.k8sevents', k8sEvents],
  ['receivers.k8sobjects', k8sObjects],
  ['receivers.kubeletstats', kubeletStats],
  ['receivers.prometheus', prometheus],
  ['processors.k8sattributes', k8sAttributes],
  ['processors.resourcedetection', resourceDetection],
  ['exporters.loadbalancing', loadBalancing],
  ['extensions.k8sleaderelector', k8sLeaderElector],
  ['extensions.k8sobserver', k8sObserver],
  ['extensions.tracepeers', loadBalancing],
]);

/** What the components that run need, in as few rules as there can be. */
export function permissionsFor(data: CollectorData, facts: PermissionFacts): Permission[] {
  return merged(usedComponents(data).flatMap((component) =>
    NEEDS.get(component.kind)?.(component, facts) ?? []));
}

/** Whether pods need a token: to use permissions, or because something reads its file. */
export function needsToken(permissions: readonly Permission[], data: CollectorData): boolean {
  return permissions.length > 0 || tokenReaders(data).length > 0;
}
