/**
 * The contract of upstream's Kubernetes events receiver.
 */
import { component } from '../contract';
import { list, optional, text } from '../fields';
import { authType, KUBERNETES_API_UPSTREAM_ONLY } from '../sections/kubernetes-api';

/** Turns the events of a cluster into logs; one pod of all must do so. */
export interface K8sEventsReceiverConfig {
  /**
   * Who the receiver is to the Kubernetes API: serviceAccount, kubeConfig, tls or none.
   * @default "serviceAccount"
   */
  readonly authType?: string;
  /**
   * Namespaces whose events are taken; all of them when empty.
   * @default []
   */
  readonly namespaces?: string[];
  /**
   * Extension that keeps which event was the last, such as `file_storage`.
   * @default - a restart takes what happens from then on
   */
  readonly storage?: string;
  /**
   * Extension that lets one pod of all take events, such as `k8s_leader_elector`.
   * @default - every pod takes them
   */
  readonly k8sLeaderElector?: string;
}

/** The contract of the Kubernetes events receiver. */
export const k8sEventsReceiver = component<K8sEventsReceiverConfig>()(
  'receivers', 'k8s_events', {
    authType: authType(),
    namespaces: list(text(), []),
    storage: optional(text()),
    k8sLeaderElector: optional(text()),
  }, {
    upstreamSignals: ['logs'],
    upstreamOnly: [...KUBERNETES_API_UPSTREAM_ONLY, 'dedup_interval'],
  });
