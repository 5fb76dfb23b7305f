/**
 * The contract of upstream's Kubernetes leader elector extension.
 */
import type { Duration } from 'cdk8s';
import { component } from '../contract';
import { duration, text } from '../fields';
import { authType, KUBERNETES_API_UPSTREAM_ONLY } from '../sections/kubernetes-api';

/** Lets one pod of all do what must be done once only, by a Lease. */
export interface K8sLeaderElectorExtensionConfig {
  /**
   * Who the extension is to the Kubernetes API: serviceAccount, kubeConfig, tls or none.
   * @default "serviceAccount"
   */
  readonly authType?: string;
  /**
   * Name of the Lease.
   */
  readonly leaseName: string;
  /**
   * Namespace of the Lease.
   */
  readonly leaseNamespace: string;
  /**
   * Time after which a leader that is silent is none any more.
   * @default Duration.seconds(15)
   */
  readonly leaseDuration?: Duration;
  /**
   * Time that the leader has to say that it is there, less than that.
   * @default Duration.seconds(10)
   */
  readonly renewDeadline?: Duration;
  /**
   * Time between two tries, less than that.
   * @default Duration.seconds(2)
   */
  readonly retryPeriod?: Duration;
}

/** The contract of the Kubernetes leader elector extension. */
export const k8sLeaderElectorExtension = component<K8sLeaderElectorExtensionConfig>()(
  'extensions', 'k8s_leader_elector', {
    authType: authType(),
    leaseName: text(),
    leaseNamespace: text(),
    leaseDuration: duration('15s'),
    renewDeadline: duration('10s'),
    retryPeriod: duration('2s'),
  }, {
    check: ({ leaseName, leaseNamespace, leaseDuration, renewDeadline, retryPeriod }, report) => {
      if (leaseName === '') report(['lease_name'], 'must not be empty');
      if (leaseNamespace === '') report(['lease_namespace'], 'must not be empty');
      if (leaseDuration <= renewDeadline) {
        report(['lease_duration'], 'must be more than renew_deadline');
      }
      if (renewDeadline <= 1.2 * retryPeriod) {
        report(['renew_deadline'], 'must be more than 1.2 times retry_period');
      }
    },
    upstreamOnly: KUBERNETES_API_UPSTREAM_ONLY,
  });
