/** Permission to learn which pods are behind a Service. */
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { objectLabels, type TierIdentity } from './labels';
import type { ServiceReference } from '../graph/resolver';

/**
 * Lets the ServiceAccount of `sender` read the EndpointSlices in the namespace of `service`, and
 * nowhere else. Names of slices are made up by Kubernetes, so it cannot be narrowed to one Service.
 */
export class EndpointSliceReader {
  /** The permission, in the namespace of what is read. */
  public readonly role: k8s.KubeRole;
  /** Who has it. */
  public readonly roleBinding: k8s.KubeRoleBinding;

  public constructor(
    scope: Construct, id: string, sender: TierIdentity, service: ServiceReference,
    readsEndpoints: boolean,
  ) {
    const namespace = service.namespace ?? sender.namespace;
    const metadata = {
      name: `${sender.name}-finds-${service.name}`,
      namespace,
      labels: objectLabels(sender),
    };
    const verbs = ['get', 'list', 'watch'];
    this.role = new k8s.KubeRole(scope, `${id}-role`, {
      metadata,
      rules: [
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs },
        ...readsEndpoints ? [{ apiGroups: [''], resources: ['endpoints'], verbs }] : [],
      ],
    });
    this.roleBinding = new k8s.KubeRoleBinding(scope, `${id}-role-binding`, {
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name },
      subjects: [{ kind: 'ServiceAccount', name: sender.name, namespace: sender.namespace }],
    });
  }
}
