/**
 * The contract of upstream's kubelet stats receiver.
 */
import type { Duration } from 'cdk8s';
import { component } from '../contract';
import { choice, duration, flag, list, openMap, optional, text } from '../fields';
import { givenSection, section } from '../section';
import { authType, KUBERNETES_API_UPSTREAM_ONLY } from '../sections/kubernetes-api';

/** How the node's capacity is looked up. */
export interface KubeletStatsApiConfig {
  /**
   * Who the receiver is to the Kubernetes API: serviceAccount, kubeConfig, tls or none.
   */
  readonly authType: string;
}

/** Whose network interfaces are all looked at, rather than the default one. */
export interface KubeletStatsInterfacesConfig {
  /**
   * Whether those of pods are.
   * @default false
   */
  readonly pod?: boolean;
  /**
   * Whether those of the node are.
   * @default false
   */
  readonly node?: boolean;
}

/** Asks the kubelet what its node, pods, containers and volumes use. */
export interface KubeletStatsReceiverConfig {
  /**
   * Time between two questions.
   * @default Duration.seconds(10)
   */
  readonly collectionInterval?: Duration;
  /**
   * Time before the first question.
   * @default Duration.seconds(1)
   */
  readonly initialDelay?: Duration;
  /**
   * Time that a question may take; zero is the interval.
   * @default Duration.millis(0)
   */
  readonly timeout?: Duration;
  /**
   * Who the receiver is to the kubelet: serviceAccount, kubeConfig, tls or none.
   * @default "tls"
   */
  readonly authType?: string;
  /**
   * The kubelet, as `host:port`; with the scheme https:// where that is asked for.
   * @default - the node's own name and port 10250
   */
  readonly endpoint?: string;
  /**
   * Trusts any certificate: kubelets often have one that nobody signed.
   * @default false
   */
  readonly insecureSkipVerify?: boolean;
  /**
   * File with the authorities to trust.
   * @default ""
   */
  readonly caFile?: string;
  /**
   * File with the receiver's certificate chain, for tls.
   * @default ""
   */
  readonly certFile?: string;
  /**
   * File with the certificate's private key.
   * @default ""
   */
  readonly keyFile?: string;
  /**
   * What is asked about: container, pod, node or volume.
   * @default ["container", "pod", "node"]
   */
  readonly metricGroups?: string[];
  /**
   * Attributes that cost another question: container.id or k8s.volume.type.
   * @default []
   */
  readonly extraMetadataLabels?: string[];
  /**
   * Name of the node, for metrics that are shares of its capacity.
   * @default ""
   */
  readonly node?: string;
  /**
   * How the node's capacity and details of volumes are looked up.
   * @default - they are not
   */
  readonly k8sApiConfig?: KubeletStatsApiConfig;
  /**
   * Whose network interfaces are all looked at, rather than the default one.
   * @default - nobody's
   */
  readonly collectAllNetworkInterfaces?: KubeletStatsInterfacesConfig;
  /**
   * Metrics by name, such as `k8s.pod.uptime`, with `enabled` and others.
   * @default {}
   */
  readonly metrics?: Record<string, any>;
  /**
   * Attributes of resources by name, with `enabled`.
   * @default {}
   */
  readonly resourceAttributes?: Record<string, any>;
}

/** The contract of the kubelet stats receiver. */
export const kubeletStatsReceiver = component<KubeletStatsReceiverConfig>()(
  'receivers', 'kubelet_stats', {
    collectionInterval: duration('10s'),
    initialDelay: duration('1s'),
    timeout: duration('0s'),
    authType: authType('tls'),
    endpoint: optional(text()),
    insecureSkipVerify: flag({ fallback: false }),
    caFile: text({ fallback: '' }),
    certFile: text({ fallback: '' }),
    keyFile: text({ fallback: '' }),
    metricGroups: list(
      choice(['container', 'pod', 'node', 'volume']), ['container', 'pod', 'node']),
    extraMetadataLabels: list(choice(['container.id', 'k8s.volume.type']), []),
    node: text({ fallback: '' }),
    k8sApiConfig: givenSection<KubeletStatsApiConfig>()('off',
      { authType: choice(['none', 'serviceAccount', 'kubeConfig', 'tls']) },
      { upstreamOnly: KUBERNETES_API_UPSTREAM_ONLY }),
    collectAllNetworkInterfaces: section<KubeletStatsInterfacesConfig>()(
      { pod: flag({ fallback: false }), node: flag({ fallback: false }) }),
    metrics: openMap(),
    resourceAttributes: openMap(),
  }, {
    aliases: ['kubeletstats'],
    upstreamSignals: ['metrics'],
    upstreamOnly: [
      ...KUBERNETES_API_UPSTREAM_ONLY, 'ca_pem', 'cert_pem', 'key_pem', 'min_version',
      'max_version', 'cipher_suites', 'include_insecure_cipher_suites', 'curve_preferences',
      'include_system_ca_certs_pool', 'reload_interval', 'tpm',
    ],
  });
