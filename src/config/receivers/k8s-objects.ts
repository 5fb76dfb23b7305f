/**
 * The contract of upstream's Kubernetes objects receiver.
 */
import type { Duration } from 'cdk8s';
import { component } from '../contract';
import { choice, duration, flag, list, optional, text } from '../fields';
import { section } from '../section';
import { authType, KUBERNETES_API_UPSTREAM_ONLY } from '../sections/kubernetes-api';

/** One kind of object. */
export interface K8sObjectConfig {
  /**
   * The kind, as plural in small letters: pods.
   */
  readonly name: string;
  /**
   * Group of the kind, such as events.k8s.io, where several have the name.
   * @default ""
   */
  readonly group?: string;
  /**
   * Whether objects are listed from time to time (pull) or changes are told (watch).
   * @default "pull"
   */
  readonly mode?: string;
  /**
   * Time between two lists; zero is the receiver's own, or an hour.
   * @default Duration.millis(0)
   */
  readonly interval?: Duration;
  /**
   * Namespaces that are looked at; all of them when empty.
   * @default []
   */
  readonly namespaces?: string[];
  /**
   * Labels that objects must have, as `app=web`.
   * @default ""
   */
  readonly labelSelector?: string;
  /**
   * Fields that objects must have, as `status.phase=Running`.
   * @default ""
   */
  readonly fieldSelector?: string;
  /**
   * Changes that are left out while watching: ADDED, MODIFIED, DELETED, BOOKMARK or ERROR.
   * @default []
   */
  readonly excludeWatchType?: string[];
}

/** Turns objects of a cluster into logs; one pod of all must do so. */
export interface K8sObjectsReceiverConfig {
  /**
   * Who the receiver is to the Kubernetes API: serviceAccount, kubeConfig, tls or none.
   * @default "serviceAccount"
   */
  readonly authType?: string;
  /**
   * What is looked at.
   */
  readonly objects: K8sObjectConfig[];
  /**
   * What becomes of objects that are not there or not allowed: propagate (fails the start),
   * ignore or silent.
   * @default "propagate"
   */
  readonly errorMode?: string;
  /**
   * Whether watching begins with all that is there.
   * @default false
   */
  readonly includeInitialState?: boolean;
  /**
   * Extension that keeps which change was the last, such as `file_storage`.
   * @default - a restart takes what happens from then on
   */
  readonly storage?: string;
  /**
   * Extension that lets one pod of all look, such as `k8s_leader_elector`.
   * @default - every pod looks
   */
  readonly k8sLeaderElector?: string;
}

const object = section<K8sObjectConfig>()({
  name: text(),
  group: text({ fallback: '' }),
  mode: choice(['pull', 'watch'], 'pull'),
  interval: duration('0s'),
  namespaces: list(text(), []),
  labelSelector: text({ fallback: '' }),
  fieldSelector: text({ fallback: '' }),
  excludeWatchType: list(choice(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']), []),
}, {
  check: ({ mode, excludeWatchType }, report) => {
    if (mode === 'pull' && excludeWatchType.length > 0) {
      report(['exclude_watch_type'], 'needs mode watch: lists know no changes');
    }
  },
  upstreamOnly: ['exclude_namespaces', 'initial_delay', 'resource_version'],
});

/** The contract of the Kubernetes objects receiver. */
export const k8sObjectsReceiver = component<K8sObjectsReceiverConfig>()(
  'receivers', 'k8s_objects', {
    authType: authType(),
    objects: list(object),
    errorMode: choice(['propagate', 'ignore', 'silent'], 'propagate'),
    includeInitialState: flag({ fallback: false }),
    storage: optional(text()),
    k8sLeaderElector: optional(text()),
  }, {
    aliases: ['k8sobjects'],
    upstreamSignals: ['logs'],
    check: ({ objects, includeInitialState }, report) => {
      objects.forEach(({ mode }, index) => {
        if (mode === 'pull' && includeInitialState) {
          report(['objects', index, 'mode'], 'must be watch beside include_initial_state');
        }
      });
    },
    upstreamOnly: [...KUBERNETES_API_UPSTREAM_ONLY, 'interval'],
  });
