/**
 * The contract of upstream's resource detection processor.
 */
import type { Duration } from 'cdk8s';
import { component } from '../contract';
import { choice, duration, flag, list, openMap, ratio, text } from '../fields';
import { section } from '../section';
import {
  DETECTORS, platformDetectorFields, type PlatformDetectorsConfig,
} from './platform-detectors';
import { HTTP_CLIENT_KEYS } from '../sections/http-client';
import { authType, KUBERNETES_API_UPSTREAM_ONLY } from '../sections/kubernetes-api';

/** Tries again to detect what could not be detected. */
export interface DetectionRetryConfig {
  /**
   * Whether it is tried again.
   * @default true
   */
  readonly enabled?: boolean;
  /**
   * Pause before the first retry.
   * @default Duration.seconds(1)
   */
  readonly initialInterval?: Duration;
  /**
   * Longest pause, before it is scattered.
   * @default Duration.seconds(30)
   */
  readonly maxInterval?: Duration;
  /**
   * Time after which a detector is given up; zero is the processor's timeout.
   * @default Duration.millis(0)
   */
  readonly maxElapsedTime?: Duration;
  /**
   * What each pause is multiplied with to get the next one.
   * @default 2
   */
  readonly multiplier?: number;
  /**
   * Share of the pause by which it is scattered at random, from 0 to 1.
   * @default 0.5
   */
  readonly randomizationFactor?: number;
}

/** Detects the machine's name and system. */
export interface SystemDetectorConfig {
  /**
   * Where the name comes from, the first that gives one: dns, os, cname or lookup.
   * @default ["dns", "os"]
   */
  readonly hostnameSources?: string[];
  /**
   * Attributes by name, with `enabled`.
   * @default {}
   */
  readonly resourceAttributes?: Record<string, any>;
}

/** Detects the Kubernetes node and cluster. */
export interface K8sApiDetectorConfig {
  /**
   * Who the detector is to the Kubernetes API: serviceAccount, kubeConfig, tls or none.
   * @default "serviceAccount"
   */
  readonly authType?: string;
  /**
   * Environment variable with the name of the node; K8S_NODE_NAME when empty.
   * @default ""
   */
  readonly nodeFromEnvVar?: string;
  /**
   * Attributes by name, with `enabled`.
   * @default {}
   */
  readonly resourceAttributes?: Record<string, any>;
}

/** Adds attributes of the machine, the cluster and the cloud that the collector runs on. */
export interface ResourceDetectionProcessorConfig extends PlatformDetectorsConfig {
  /**
   * Names of the detectors; where two find the same attribute the first one counts.
   * @default ["env"]
   */
  readonly detectors?: string[];
  /**
   * Whether attributes that are there already are replaced.
   * @default true
   */
  readonly override?: boolean;
  /**
   * Time that detection may take at the start.
   * @default Duration.seconds(5)
   */
  readonly timeout?: Duration;
  /**
   * Time after which is detected anew; zero is never.
   * @default Duration.millis(0)
   */
  readonly refreshInterval?: Duration;
  /**
   * Whether the start fails when a detector does.
   * @default false
   */
  readonly failOnMissingMetadata?: boolean;
  /**
   * When a detector that failed is tried again.
   * @default - on, with its defaults
   */
  readonly retry?: DetectionRetryConfig;
  /**
   * Settings of the detector of the machine.
   * @default - as the detector has them
   */
  readonly system?: SystemDetectorConfig;
  /**
   * Settings of the detector of the Kubernetes node.
   * @default - as the detector has them
   */
  readonly k8sApi?: K8sApiDetectorConfig;
  /**
   * Settings of that detector under its old name, for upstream before 0.154.
   * @default - as the detector has them
   */
  readonly k8snode?: K8sApiDetectorConfig;
}

const kubernetes = section<K8sApiDetectorConfig>()({
  authType: authType(), nodeFromEnvVar: text({ fallback: '' }), resourceAttributes: openMap(),
}, { upstreamOnly: KUBERNETES_API_UPSTREAM_ONLY });

/** The contract of the resource detection processor. */
export const resourceDetectionProcessor = component<ResourceDetectionProcessorConfig>()(
  'processors', 'resource_detection', {
    detectors: list(choice(DETECTORS), ['env']),
    override: flag({ fallback: true }),
    timeout: duration('5s'),
    refreshInterval: duration('0s'),
    failOnMissingMetadata: flag({ fallback: false }),
    retry: section<DetectionRetryConfig>()({
      enabled: flag({ fallback: true }),
      initialInterval: duration('1s'),
      maxInterval: duration('30s'),
      maxElapsedTime: duration('0s'),
      multiplier: ratio({ fallback: 2 }),
      randomizationFactor: ratio({ fallback: 0.5, max: 1 }),
    }),
    system: section<SystemDetectorConfig>()({
      hostnameSources: list(choice(['dns', 'os', 'cname', 'lookup']), ['dns', 'os']),
      resourceAttributes: openMap(),
    }),
    k8sApi: kubernetes,
    k8snode: kubernetes,
    ...platformDetectorFields,
  }, {
    aliases: ['resourcedetection'],
    check: ({ retry, timeout }, report) => {
      if (retry.enabled && timeout === 0 && retry.maxElapsedTime === 0) {
        report(['timeout'], 'must be more than 0s, or else retry.max_elapsed_time, got 0s');
      }
    },
    upstreamOnly: [
      'endpoint', 'compression', 'compression_params', 'headers', 'tls', 'auth',
      ...HTTP_CLIENT_KEYS,
    ],
  });
