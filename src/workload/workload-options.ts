/** What the objects of every tier may be told. */
import type { EgressOptions } from './egress-policy';
import type { Platform } from './platform';
import type { PodOptions } from './pod-options';
import type { RolloutOptions } from './rollout';
import type { ServiceAccount } from './service-account';
import type { ServiceOptions } from './service-options';

/** What the objects of every tier may be told. */
export interface WorkloadOptions {
  /**
   * What the pods are told beyond what follows from the tier.
   * @default - nothing
   */
  readonly pod?: PodOptions;
  /**
   * How pods are replaced.
   * @default - new ones first where that is possible
   */
  readonly rollout?: RolloutOptions;
  /**
   * What the Service is told.
   * @default - it is reached from inside the cluster
   */
  readonly service?: ServiceOptions;
  /**
   * Who the pods are.
   * @default ServiceAccount.create()
   */
  readonly serviceAccount?: ServiceAccount;
  /**
   * Writes a NetworkPolicy of whom the pods may reach: name servers, tiers that are forwarded to,
   * other pods of a sampler, ports of backends, the Kubernetes API where it is asked. `{}` is
   * enough where all that follows from the configuration. Policies add up: where a namespace lets
   * nothing out by itself this opens what is needed, elsewhere it closes everything else.
   * @default - none
   */
  readonly egress?: EgressOptions;
  /**
   * What kind of cluster it is. What such a cluster does not take is refused, or written the way
   * it does.
   * @default - one that follows upstream Kubernetes
   */
  readonly platform?: Platform;
}
