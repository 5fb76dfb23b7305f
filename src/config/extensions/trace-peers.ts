/**
 * The contract of the extension that makes a pool of tail samplers one sampler.
 */
import type { Duration } from 'cdk8s';
import { component } from '../contract';
import { choice, count, duration, text } from '../fields';
import { hostPortFault } from '../host-port';
import { shown } from '../problem';
import { optionalSection, section, type Report, type SettingsOf } from '../section';
import {
  resolverFields, type DnsResolverConfig, type K8sResolverConfig, type StaticResolverConfig,
} from '../sections/resolver';

/** How a pod learns the pods of its pool: exactly one of these. */
export interface TracePeersResolverConfig {
  /**
   * Pods that are listed by hand.
   * @default - not used
   */
  readonly static?: StaticResolverConfig;
  /**
   * Pods that a DNS name resolves to.
   * @default - not used
   */
  readonly dns?: DnsResolverConfig;
  /**
   * Pods that are the endpoints of a Kubernetes Service, ready or not.
   * @default - not used
   */
  readonly k8s?: K8sResolverConfig;
}

/** TLS between pods. Each of them shows its certificate, whether it calls or is called. */
export interface TracePeersTlsConfig {
  /**
   * File with the authorities that certificates of pods are from.
   */
  readonly caFile: string;
  /**
   * File with the certificate chain that all pods of the pool show.
   */
  readonly certFile: string;
  /**
   * File with the certificate's private key.
   */
  readonly keyFile: string;
  /**
   * Name that a pod's certificate must hold, whether it calls or is called. When empty it must hold
   * the pod's address where it is called, and whoever calls needs one of the authorities only.
   * @default ""
   */
  readonly serverNameOverride?: string;
  /**
   * Oldest version of TLS that is spoken: 1.2 or 1.3.
   * @default "1.3"
   */
  readonly minVersion?: string;
  /**
   * Time after which the files are read again; zero is never.
   * @default Duration.minutes(1)
   */
  readonly reloadInterval?: Duration;
}

/** Which release of upstream routes to the pool. */
export interface TracePeersCompatibilityConfig {
  /**
   * Generation of the hash ring of the senders: 1 up to v0.130, 2 up to v0.156, 3 since. What a
   * sender with another ring brings takes a hop more. All pods of a pool must have the same: one
   * that has another is refused and stays unready, so that it is changed for all of them at once.
   * @default 3
   */
  readonly ring?: number;
}

/** Makes a pool of pods with a tail sampler one sampler, so that no trace is split. */
export interface TracePeersExtensionConfig {
  /**
   * Address of this pod, as the resolver finds it; the port may be left out.
   * @default - the variable POD_IP
   */
  readonly address?: string;
  /**
   * Address to listen on for other pods, as `host:port`. They are called on the same port, so that
   * all pods of a pool must have the same.
   * @default - the address of this pod, port 4319
   */
  readonly endpoint?: string;
  /**
   * How the pods of the pool are found: as the senders find them, so that both have the same ring.
   */
  readonly resolver: TracePeersResolverConfig;
  /**
   * Name whose addresses are all pods, those that are not ready, too: of a headless Service with
   * `publishNotReadyAddresses`. Only beside `resolver.dns`.
   * @default ""
   */
  readonly allPodsHostname?: string;
  /**
   * Longest time until every pod and every sender has heard of a change of the pool.
   * @default Duration.seconds(10)
   */
  readonly resolverDelay?: Duration;
  /**
   * TLS between pods.
   * @default - plain text
   */
  readonly tls?: TracePeersTlsConfig;
  /**
   * How messages between pods are compressed: gzip, zstd, snappy or none.
   * @default "none"
   */
  readonly compression?: string;
  /**
   * Largest message of another pod, in MiB: more than receivers take.
   * @default 64
   */
  readonly maxRecvMsgSizeMib?: number;
  /**
   * Spans that may wait for answers of other pods, in MiB. Senders are asked to wait beyond that,
   * and other pods beyond twice that.
   * @default 64
   */
  readonly maxQueuedMib?: number;
  /**
   * Time that leaving the pool may take; zero is the sampler's decision_wait, twice resolver_delay
   * and 10 seconds. What is held then is decided with what is there.
   * @default Duration.millis(0)
   */
  readonly leaveTimeout?: Duration;
  /**
   * Which release of upstream routes to the pool.
   * @default - the newest
   */
  readonly compatibility?: TracePeersCompatibilityConfig;
}

const NEWEST = 3;

const fields = {
  address: text({ fallback: '' }),
  endpoint: text({ fallback: '' }),
  resolver: section<TracePeersResolverConfig>()({
    static: resolverFields.static,
    dns: resolverFields.dns,
    k8s: resolverFields.k8s,
  }, { check: isOneResolver }),
  allPodsHostname: text({ fallback: '' }),
  resolverDelay: duration('10s'),
  tls: optionalSection<TracePeersTlsConfig>()({ absent: 'off', empty: 'off' }, {
    caFile: text(),
    certFile: text(),
    keyFile: text(),
    serverNameOverride: text({ fallback: '' }),
    minVersion: choice(['1.2', '1.3'], '1.3'),
    reloadInterval: duration('1m'),
  }, { check: filesAreNamed }),
  compression: choice(['gzip', 'zstd', 'snappy', 'none'], 'none'),
  maxRecvMsgSizeMib: count({ fallback: 64, min: 4, max: 1024 }),
  maxQueuedMib: count({ fallback: 64, min: 1, max: 1_048_576 }),
  leaveTimeout: duration('0s'),
  compatibility: section<TracePeersCompatibilityConfig>()({
    ring: count({ fallback: NEWEST, min: 1, max: NEWEST }),
  }),
};

/** What the pool's extension works with. */
export type TracePeersSettings = SettingsOf<typeof fields>;

function isOneResolver(
  settings: { readonly static?: unknown; readonly dns?: unknown; readonly k8s?: unknown },
  report: Report,
): void {
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  if (given.length === 1) return;
  const got = given.length === 0 ? 'none' : given.map(([name]) => name).join(' and ');
  report([], `must hold exactly one of static, dns and k8s, got ${got}`);
}

function filesAreNamed(
  files: { readonly caFile: string; readonly certFile: string; readonly keyFile: string },
  report: Report,
): void {
  const keys = { ca_file: files.caFile, cert_file: files.certFile, key_file: files.keyFile };
  for (const [key, path] of Object.entries(keys)) {
    if (path === '') report([key], 'must name a file: pods know each other by certificates');
  }
}

function poolFits(settings: TracePeersSettings, report: Report): void {
  const { address, allPodsHostname, endpoint, resolver, resolverDelay } = settings;
  if (/\s/.test(address)) report(['address'], `must not hold spaces, got ${shown(address)}`);
  const fault = endpoint === '' ? undefined : hostPortFault(endpoint);
  if (fault !== undefined) report(['endpoint'], `${fault}, got ${shown(endpoint)}`);
  if ((resolver.k8s?.ports.length ?? 0) > 1) {
    report(['resolver', 'k8s', 'ports'], 'must hold one port at most: a pod is one member of the'
      + ` pool, got ${resolver.k8s?.ports.length}`);
  }
  if (allPodsHostname !== '' && resolver.dns === undefined) {
    report(['all_pods_hostname'], 'needs resolver.dns beside it: other resolvers know all pods');
  }
  if (/[\s:/]/.test(allPodsHostname)) {
    report(['all_pods_hostname'],
      `must name a host, without scheme and port, got ${shown(allPodsHostname)}`);
  }
  if (resolverDelay === 0) report(['resolver_delay'], 'must be more than 0s, got 0s');
}

/** The contract of the pool's extension. */
export const tracePeersExtension = component<TracePeersExtensionConfig>()(
  'extensions', 'trace_peers', fields, { check: poolFits });
